import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'libstrophe',
  name: 'libstrophe',
  family: 'libstrophe',
  homepage: 'https://strophe.im/libstrophe/',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: ['starttls', 'direct-tls', 'srv', 'query', 'anonymous', 'external', 'sm', 'resumption'],
  lacks: {
    'direct-tls-records': 'asks for no records of xmpps-client',
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
    'iq-requests': 'hands IQ requests to its user, and answers none by itself',
    ping: 'leaves XEP-0199 to its user',
    roster: 'leaves the roster to its user',
    'roster-push': 'leaves the roster to its user',
    carbons: 'leaves message carbons to its user',
    mam: 'leaves the message archive to its user',
    disco: 'leaves service discovery to its user',
    version: 'leaves XEP-0092 to its user; an example shows how',
    receipts: 'leaves delivery receipts to its user',
    caps: 'leaves entity capabilities to its user',
    'caps-cache': 'leaves entity capabilities to its user',
    blocklist: 'leaves blocking to its user',
    bookmarks: 'leaves bookmarks to its user',
    join: 'leaves rooms to its user',
    'roster-versioning': 'leaves the roster to its user',
    'binding-types': 'does not look at the types of channel binding that a server announces',
    'tls-server-end-point': 'binds to nothing but the exporter, and to tls-unique before TLS 1.3',
    sasl2: 'knows nothing of SASL2',
    bind2: 'knows nothing of Bind 2',
    fast: 'knows nothing of tokens',
    ssdp: 'its SCRAM knows nothing of XEP-0474',
  },
  quirks: [
    {
      what: 'uses TLS where it is offered, unless its user sets XMPP_CONN_FLAG_MANDATORY_TLS; the driver sets what its examples set by default, which is nothing',
    },
    {
      what: 'leaves connecting again to its user, who hands the state of the stream over; the driver does as an example does',
    },
    { what: 'tells of a login that was refused only that the connection is gone' },
  ],
  variants: [
    {
      version: '0.12.2',
      source: {
        kind: 'image',
        context: 'client-libstrophe',
        buildArgs: { SUITE: 'bookworm', VERSION: '0.12.2' },
      },
      lacks: {
        'channel-binding': 'came with 0.13',
        'tls-exporter': 'came with 0.13',
        'tls-server-end-point': 'has no channel binding',
      },
    },
    {
      version: '0.14.0',
      source: { kind: 'image', context: 'client-libstrophe', buildArgs: { SUITE: 'trixie', VERSION: '0.14.0' } },
      capabilities: ['channel-binding', 'tls-exporter'],
    },
  ],
})
