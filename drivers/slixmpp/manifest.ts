import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'slixmpp',
  name: 'slixmpp',
  family: 'slixmpp',
  homepage: 'https://codeberg.org/poezio/slixmpp',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'direct-tls',
    'query',
    'ping',
    'roster',
    'roster-push',
    'carbons',
    'mam',
    'disco',
    'version',
    'receipts',
    'caps',
  ],
  lacks: {
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
  },
  variants: [
    {
      version: '1.8.3',
      source: {
        kind: 'image',
        context: 'client-python',
        buildArgs: {
          SUITE: 'bookworm',
          PACKAGES: 'python3-slixmpp python3-slixmpp-lib',
          EXPECT: 'python3-slixmpp=1.8.3',
        },
      },
    },
    {
      version: '1.17.0',
      source: {
        kind: 'image',
        context: 'client-python',
        buildArgs: { SUITE: 'trixie', PYPI: 'requirements.txt' },
      },
    },
  ],
})
