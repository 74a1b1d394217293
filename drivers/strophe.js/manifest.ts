import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'strophe.js',
  name: 'Strophe.js',
  family: 'strophe.js',
  homepage: 'https://strophe.im/strophejs/',
  roles: ['xmpp-client'],
  runtime: 'embedded',
  capabilities: ['websocket', 'query', 'anonymous'],
  lacks: {
    starttls: 'it speaks WebSocket and BOSH only',
    'direct-tls': 'it speaks WebSocket and BOSH only',
    ping: 'leaves XEP-0199 to its user',
    'roster-push': 'the roster is a plugin of its own',
    roster: 'the roster is a plugin of its own',
    carbons: 'carbons are a plugin of its own',
    mam: 'the message archive is a plugin of its own',
    receipts: 'delivery receipts are a plugin of its own',
    disco: 'service discovery is a plugin of its own',
    version: 'leaves XEP-0092 to its user',
    sasl2: 'knows nothing of SASL2',
    bind2: 'knows nothing of Bind 2',
    fast: 'knows nothing of tokens',
    ssdp: 'its SCRAM knows nothing of XEP-0474',
    'channel-binding': 'browsers give no channel binding data',
    external: 'the certificate is the browser’s business',
  },
  quirks: [
    {
      what: 'on Node it wants the packages ws and @xmldom/xmldom',
      link: 'https://github.com/strophe/strophejs#nodejs',
    },
  ],
  variants: [
    { version: '1.6.2', source: { kind: 'npm', package: 'strophe.js-1.6' } },
    { version: '5.0.0', source: { kind: 'npm', package: 'strophe.js' } },
  ],
})
