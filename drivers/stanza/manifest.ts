import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'stanza',
  name: 'StanzaJS',
  family: 'stanza',
  homepage: 'https://github.com/legastero/stanza',
  roles: ['xmpp-client'],
  runtime: 'embedded',
  capabilities: [
    'websocket',
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
    starttls: 'it speaks WebSocket and BOSH only',
    'direct-tls': 'it speaks WebSocket and BOSH only',
  },
  variants: [
    { version: '12.18.0', source: { kind: 'npm', package: 'stanza-12.18' } },
    { version: '12.22.1', source: { kind: 'npm', package: 'stanza' } },
  ],
})
