import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'profanity',
  name: 'Profanity',
  family: 'libstrophe',
  homepage: 'https://profanity-im.github.io',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'direct-tls',
    'srv',
    'query',
    'ping',
    'roster',
    'roster-push',
    'carbons',
    'disco',
    'version',
    'receipts',
    'caps',
    'caps-cache',
    'sm',
    'blocklist',
  ],
  lacks: {
    'direct-tls-records': 'asks for no records of xmpps-client',
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
    'roster-versioning': 'keeps no roster from one login to the next',
    bookmarks: 'keeps bookmarks in private storage, as XEP-0048 had it',
    'binding-types': 'does not look at the types of channel binding that a server announces',
    'tls-server-end-point': 'binds to nothing but the exporter, and to tls-unique before TLS 1.3',
    external: 'has no setting for a certificate of its own',
    sasl2: 'its library knows nothing of SASL2',
    bind2: 'its library knows nothing of Bind 2',
    fast: 'its library knows nothing of tokens',
    ssdp: 'its SCRAM knows nothing of XEP-0474',
    mam: 'it shows an archive as the history of one contact, and has no command that asks for the whole',
  },
  quirks: [
    { what: 'direct TLS is what it calls legacy TLS (`tls legacy`)' },
    {
      what: 'a certificate that it does not trust is shown with the question whether to accept it; nobody answers, and the connection waits',
    },
    {
      what: 'messages are read from the data base in which it keeps what its chat windows show, all else from its screen',
    },
  ],
  variants: [
    {
      version: '0.13.1',
      source: {
        kind: 'image',
        context: 'client-terminal',
        buildArgs: { SUITE: 'bookworm', PROGRAM: 'profanity', VERSION: '0.13.1' },
      },
      lacks: {
        anonymous: 'came with 0.15',
        resumption: 'keeps nothing of a stream that broke',
        'channel-binding': 'its library learnt that with 0.13',
        'tls-exporter': 'its library learnt that with 0.13',
      },
    },
    {
      version: '0.15.0',
      source: {
        kind: 'image',
        context: 'client-terminal',
        buildArgs: { SUITE: 'trixie', PROGRAM: 'profanity', VERSION: '0.15.0' },
      },
      capabilities: ['anonymous', 'resumption', 'channel-binding', 'tls-exporter'],
    },
  ],
})
