import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'xmpp.js',
  name: 'xmpp.js (@xmpp/client)',
  family: 'xmpp.js',
  homepage: 'https://github.com/xmppjs/xmpp.js',
  roles: ['xmpp-client'],
  runtime: 'embedded',
  capabilities: [
    'starttls',
    'direct-tls',
    'websocket',
    'srv',
    'direct-tls-records',
    'query',
    'ping',
    'anonymous',
    'sm',
    'resumption',
  ],
  lacks: {
    'roster-push': 'leaves the roster to its user',
    roster: 'leaves the roster to its user: it has no API for it and answers pushes like any unknown query',
    carbons: 'leaves message carbons to its user',
    mam: 'leaves the message archive to its user',
    receipts: 'leaves delivery receipts to its user',
    disco: 'leaves service discovery to its user',
    version: 'leaves XEP-0092 to its user',
    caps: 'leaves entity capabilities to its user',
    'caps-cache': 'leaves entity capabilities to its user',
    'roster-versioning': 'leaves the roster to its user',
    blocklist: 'leaves the blocking command to its user',
    join: 'leaves rooms to its user',
    bookmarks: 'leaves bookmarks to its user',
    'channel-binding': 'has no channel binding',
    external: 'has no EXTERNAL',
    ssdp: 'its SCRAM knows nothing of XEP-0474',
  },
  quirks: [
    {
      what: 'where the address of the server is given, certificates on direct TLS are checked against that address and no server name is sent; its own look-up by domain needs DNS',
      link: 'https://github.com/xmppjs/xmpp.js/tree/main/packages/tls',
    },
  ],
  variants: [
    {
      version: '0.11.1',
      source: { kind: 'npm', package: '@xmpp/client-0.11' },
      lacks: {
        ping: 'leaves XEP-0199 to its user',
        sasl2: 'came with a later version',
        bind2: 'came with a later version',
        fast: 'came with a later version',
      },
    },
    {
      version: '0.14.0',
      source: { kind: 'npm', package: '@xmpp/client' },
      capabilities: ['sasl2', 'bind2', 'fast'],
    },
  ],
})
