import { defineManifest } from '../../harness/lab/implementation.ts'

const image = (version: string) =>
  ({
    kind: 'image',
    context: 'client-jvm',
    buildArgs: { SUITE: 'trixie', JDK: '21', NAME: 'smack', VERSION: version },
  }) as const

const unbound = 'SCRAM-SHA-1-PLUS, its one mechanism with channel binding, is switched off unless its user asks for it'
const older = 'it knows SASL and resource binding as RFC 6120 has them'

export default defineManifest({
  id: 'smack',
  name: 'Smack',
  family: 'smack',
  homepage: 'https://github.com/igniterealtime/Smack',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'srv',
    'query',
    'ping',
    'roster',
    'roster-push',
    'roster-versioning',
    'carbons',
    'mam',
    'disco',
    'version',
    'receipts',
    'caps',
    'anonymous',
    'external',
    'sm',
    'resumption',
  ],
  lacks: {
    'direct-tls-records': 'asks for no records of xmpps-client',
    'direct-tls': 'its connection over TCP knows STARTTLS only',
    websocket: 'its WebSocket modules are not in the image',
    bosh: 'its BOSH module is not in the image',
    'channel-binding': unbound,
    'binding-types': unbound,
    'tls-server-end-point': unbound,
    'tls-exporter': unbound,
    'tls-unique': unbound,
    sasl2: older,
    bind2: older,
    fast: older,
    ssdp: older,
    'caps-cache': 'it asks nobody by itself what a presence announces',
    bookmarks: 'leaves it to its user to enter the rooms that are bookmarked',
  },
  quirks: [
    {
      what: 'does not come back by itself unless its user switches that on: the driver connects again where it is told to',
    },
    { what: 'keeps versions of the roster in a store that the driver gives it' },
    {
      what: 'the driver sets its patience with the server to five minutes, as its own WebSocket example does: the usual five seconds can be over before a young JVM on a busy machine is through with TLS',
      link: 'https://github.com/igniterealtime/Smack/blob/master/smack-examples/src/main/java/org/igniterealtime/smack/examples/WebSocketConnection.java',
    },
  ],
  variants: [
    { version: '4.5.0-rc1', source: image('4.5.0-rc1') },
    { version: '4.4.8', source: image('4.4.8') },
  ],
})
