import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'tokio-xmpp',
  name: 'tokio-xmpp',
  family: 'tokio-xmpp',
  homepage: 'https://xmpp.rs/',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: ['starttls', 'direct-tls', 'query', 'sm', 'resumption', 'channel-binding', 'tls-exporter'],
  lacks: {
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
    'iq-requests': 'hands IQ requests to its user, and answers none by itself',
    ping: 'leaves XEP-0199 to its user',
    roster: 'leaves the roster to its user',
    'roster-push': 'leaves the roster to its user',
    carbons: 'leaves message carbons to its user',
    mam: 'leaves the message archive to its user',
    disco: 'leaves service discovery to its user',
    version: 'leaves XEP-0092 to its user',
    receipts: 'leaves delivery receipts to its user',
    caps: 'leaves entity capabilities to its user',
    'caps-cache': 'leaves entity capabilities to its user',
    blocklist: 'leaves blocking to its user',
    bookmarks: 'leaves bookmarks to its user',
    join: 'leaves rooms to its user',
    'roster-versioning': 'leaves the roster to its user',
    anonymous: 'wants an account: a JID without a localpart stops it',
    external: 'has no EXTERNAL',
    'tls-server-end-point': 'binds to nothing but the exporter',
    sasl2: 'knows nothing of SASL2',
    bind2: 'knows nothing of Bind 2',
    fast: 'knows nothing of tokens',
    ssdp: 'its SCRAM knows nothing of XEP-0474',
  },
  quirks: [
    {
      what: 'connects again by itself, without end, and tells its user of no failed attempt',
      link: 'https://docs.rs/tokio-xmpp/6.0.0/tokio_xmpp/stanzastream/index.html',
    },
    { what: 'the driver runs it on one thread, so that a step that blocks the executor shows' },
  ],
  variants: [
    {
      version: '6.0.0',
      source: {
        kind: 'image',
        context: 'client-tokio-xmpp',
        buildArgs: { SUITE: 'sid', RUST_SUITE: 'sid', VERSION: '6.0.0' },
      },
    },
  ],
})
