import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'mellium',
  name: 'Mellium (mellium.im/xmpp)',
  family: 'mellium',
  homepage: 'https://mellium.im/xmpp',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'direct-tls',
    'websocket',
    'iq-requests',
    'query',
    'ping',
    'roster',
    'roster-push',
    'carbons',
    'mam',
    'disco',
    'version',
    'receipts',
  ],
  lacks: {
    bosh: 'it speaks TCP and WebSocket only',
    caps: 'computes the hash of entity capabilities, and leaves sending it to its user',
  },
  quirks: [
    { what: 'finds servers by SRV records alone; the driver answers its look-ups with the address it was given' },
    {
      what: 'on WebSocket it asks for a certificate for the host with its port, unless a TLSConfig names the host; and takes a session for one in clear unless the Origin is a wss: URL too. The driver does what its own tests do',
      link: 'https://pkg.go.dev/mellium.im/xmpp/websocket',
    },
  ],
  variants: [
    {
      version: '0.22.0',
      source: {
        kind: 'image',
        context: 'client-go',
        buildArgs: { SUITE: 'trixie', GO_SUITE: 'sid', MODULE: 'mellium.im/xmpp', VERSION: '0.22.0' },
      },
    },
  ],
})
