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
    sasl2: 'knows nothing of SASL2',
    bind2: 'knows nothing of Bind 2',
    fast: 'knows nothing of tokens',
    ssdp: 'its SCRAM knows nothing of XEP-0474',
    'channel-binding': 'browsers give no channel binding data',
    anonymous: 'tries every other mechanism of the server first, and has no setting for that',
    external: 'the certificate is the browser’s business',
  },
  variants: [
    { version: '12.18.0', source: { kind: 'npm', package: 'stanza-12.18' } },
    { version: '12.22.1', source: { kind: 'npm', package: 'stanza' } },
  ],
})
