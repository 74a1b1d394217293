import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'jackal',
  name: 'jackal',
  family: 'jackal',
  homepage: 'https://github.com/ortuman/jackal',
  roles: ['xmpp-server'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'direct-tls',
    'roster',
    'roster-versioning',
    'offline',
    'disco',
    'caps',
    'vcard',
    'private',
    'blocking',
    'version',
    'time',
    'last',
    'ping',
    'sm',
    'carbons',
    'mam',
    'stanza-ids',
  ],
  lacks: {
    websocket: 'jackal has no WebSocket listener',
    muc: 'jackal has no multi-user chat',
    'muc-mam': 'jackal has no multi-user chat',
    pubsub: 'jackal has no publish-subscribe service',
    pep: 'jackal has no personal eventing',
    csi: 'jackal has no client state indication',
    upload: 'jackal has no HTTP upload',
  },
  quirks: [
    { what: 'the Go module 0.64.0 calls itself 0.63.0 in its log and over XEP-0092' },
    { what: 'a query for MAM preferences (XEP-0313 §6) is never answered' },
    { what: 'making an account takes it 35 ms: 900 of them, pool-001 and so on, are made into the image' },
  ],
  variants: [
    {
      version: '0.64.0',
      source: {
        kind: 'image',
        context: 'jackal',
        buildArgs: { SUITE: 'trixie', GO_SUITE: 'sid', VERSION: '0.64.0', POOL: '900' },
      },
    },
  ],
})
