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
    'srv',
    'direct-tls-records',
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
    'caps-cache',
    'roster-versioning',
    'sm',
    'anonymous',
    'external',
  ],
  lacks: {
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
    resumption: 'leaves coming back to its user',
    bookmarks: 'leaves entering bookmarked rooms to its user',
    'channel-binding': 'has from Python the data of tls-unique alone, which TLS 1.3 does without',
    sasl2: 'knows nothing of SASL2',
    bind2: 'knows nothing of Bind 2',
    fast: 'knows nothing of tokens',
    ssdp: 'its SCRAM knows nothing of XEP-0474',
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
