import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'go-xmpp',
  name: 'go-xmpp (xmppo)',
  family: 'go-xmpp',
  homepage: 'https://github.com/xmppo/go-xmpp',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: ['starttls', 'direct-tls', 'query', 'ping'],
  lacks: {
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
    'iq-requests': 'hands IQ requests to its user, and answers none by itself but pings',
    roster: 'asks for the roster, and hands its user the answer as XML',
    'roster-push': 'hands its user a roster push as XML, to be answered by hand',
    carbons: 'leaves message carbons to its user',
    mam: 'leaves the message archive to its user',
    disco: 'asks for service discovery, and leaves answering to its user',
    version: 'leaves XEP-0092 to its user',
    receipts: 'leaves delivery receipts to its user',
    caps: 'leaves entity capabilities to its user',
  },
  quirks: [
    {
      what: 'on direct TLS to a given address it asks for a certificate for that address; the driver names the domain in TLSConfig',
      link: 'https://pkg.go.dev/github.com/xmppo/go-xmpp#Options',
    },
    { what: 'every error of Recv ends the session: its example ends the program there, and the driver closes' },
    { what: 'the one query that it matches with its answer is disco#info' },
  ],
  variants: [
    {
      version: '0.2.10',
      source: {
        kind: 'image',
        context: 'client-go',
        buildArgs: { SUITE: 'trixie', GO_SUITE: 'sid', MODULE: 'github.com/xmppo/go-xmpp', VERSION: '0.2.10' },
      },
    },
  ],
})
