import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'aioxmpp',
  name: 'aioxmpp',
  family: 'aioxmpp',
  homepage: 'https://github.com/horazont/aioxmpp',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'direct-tls',
    'srv',
    'direct-tls-records',
    'query',
    'ping',
    'roster',
    'roster-push',
    'carbons',
    'disco',
    'version',
    'caps',
    'sm',
    'resumption',
    'anonymous',
  ],
  lacks: {
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
    'roster-versioning': 'asks for the roster, and names its version, only when it connects',
    'caps-cache': 'asks nobody what an announcement means before its user wants to know',
    mam: 'it has no message archive management',
    receipts: 'leaves answering a request for a receipt to its user',
    bookmarks: 'leaves entering bookmarked rooms to its user',
    external: 'has no EXTERNAL',
    'channel-binding': 'has no channel binding',
    sasl2: 'knows nothing of SASL2',
    bind2: 'knows nothing of Bind 2',
    fast: 'knows nothing of tokens',
    ssdp: 'its SCRAM knows nothing of XEP-0474',
  },
  quirks: [
    { what: 'the service that it has for rooms switches message copies on by itself where the server announces them' },
    {
      what: 'after a connection that fails it looks the domain up in DNS and tries again, four times in all before it gives up',
    },
    { what: 'it needs Python before 3.12' },
  ],
  variants: [
    {
      version: '0.13.3',
      source: {
        kind: 'image',
        context: 'client-python',
        buildArgs: { SUITE: 'bookworm', PACKAGES: 'python3-aioxmpp', EXPECT: 'python3-aioxmpp=0.13.3' },
      },
    },
  ],
})
