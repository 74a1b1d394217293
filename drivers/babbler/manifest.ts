import { defineManifest } from '../../harness/lab/implementation.ts'

const unbound = 'it has no channel binding'
const older = 'it knows SASL and resource binding as RFC 6120 has them'

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
    'roster-versioning',
    'carbons',
    'disco',
    'version',
    'receipts',
    'caps',
    'caps-cache',
    'anonymous',
    'sm',
    'resumption',
  ],
  lacks: {
    websocket: 'its WebSocket module is not in the image',
    mam: 'it has no message archive',
    external: 'EXTERNAL is not among the mechanisms that it tries',
    'channel-binding': unbound,
    'binding-types': unbound,
    'tls-server-end-point': unbound,
    'tls-exporter': unbound,
    'tls-unique': unbound,
    sasl2: older,
    bind2: older,
    fast: older,
    ssdp: older,
    bookmarks: 'leaves it to its user to enter the rooms that are bookmarked',
  },
  quirks: [
    {
      what: 'the driver tells what a carbon holds as its documentation shows it, which leaves who sent it to its user',
      link: 'https://github.com/sco0ter/babbler/blob/master/xmpp-documentation/src/site/markdown/xep/carbons.md',
    },
    { what: 'comes back by itself after a random time of up to ten seconds' },
    {
      what: 'the driver sets its patience with the server to five minutes: the usual five seconds can be over before a young JVM on a busy machine is through with TLS',
    },
  ],
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
