import { defineManifest } from '../../harness/lab/implementation.ts'

const browser = 'a page speaks WebSocket and BOSH only'
const older = 'it knows SASL and resource binding as RFC 6120 has them'
const unbound = 'browsers give no channel binding data'

export default defineManifest({
  id: 'converse.js',
  name: 'Converse.js',
  family: 'strophe.js',
  homepage: 'https://conversejs.org',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'websocket',
    'bosh',
    'query',
    'ping',
    'roster',
    'roster-push',
    'roster-versioning',
    'carbons',
    'mam',
    'disco',
    'receipts',
    'caps',
    'sm',
    'resumption',
    'anonymous',
    'blocklist',
  ],
  lacks: {
    starttls: browser,
    'direct-tls': browser,
    srv: 'a page cannot look up SRV records',
    bookmarks: 'asks for none where the account announces no PEP, as the scripted server’s does not',
    version: 'it asks others for their version, and answers nobody',
    'caps-cache': 'it asks nobody what a presence announces',
    sasl2: older,
    bind2: older,
    fast: older,
    ssdp: older,
    'channel-binding': unbound,
    'binding-types': unbound,
    'tls-server-end-point': unbound,
    'tls-exporter': unbound,
    'tls-unique': unbound,
    external: 'certificates are the browser’s business',
  },
  quirks: [
    {
      what: 'runs in headless Chromium, without its sandbox, and with the authority of the lab in the certificate data base of its user',
    },
    { what: 'what it shows is read from its models by a plug-in of the driver’s' },
  ],
  variants: [
    {
      version: '14.0.0',
      source: {
        kind: 'image',
        context: 'client-converse',
        buildArgs: {
          SUITE: 'trixie',
          VERSION: '14.0.0',
          SHA512:
            '2c5520d37d230da955e3bbc8fefc953ea60f65f2585c56ee6eaf2fd1c1437b6cd735e786124dd4a74163fd64f34fab7ee9da3e700213a32ef77808fb44d0e3d9',
        },
      },
    },
  ],
})
