import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'babbler',
  name: 'Babbler',
  family: 'babbler',
  homepage: 'https://github.com/sco0ter/babbler',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'direct-tls',
    'bosh',
    'query',
    'ping',
    'roster',
    'roster-push',
    'carbons',
    'disco',
    'version',
    'receipts',
    'caps',
    'roster-versioning',
    'anonymous',
    'sm',
    'resumption',
  ],
  lacks: {
    websocket: 'its WebSocket module is not in the image',
    mam: 'it has no message archive',
  },
  variants: [
    {
      version: '0.8.2',
      source: {
        kind: 'image',
        context: 'client-jvm',
        buildArgs: { SUITE: 'trixie', JDK: '21', NAME: 'babbler', VERSION: '0.8.2' },
      },
    },
  ],
})
