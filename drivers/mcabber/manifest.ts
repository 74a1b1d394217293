import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'mcabber',
  name: 'MCabber',
  family: 'loudmouth',
  homepage: 'https://mcabber.com',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'direct-tls',
    'srv',
    'ping',
    'roster-push',
    'carbons',
    'disco',
    'version',
    'receipts',
    'caps',
  ],
  lacks: {
    'direct-tls-records': 'asks for no records of xmpps-client',
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
    query: 'it asks for versions, times and vCards, and has no command that asks for anything else',
    roster: 'it shows the names of contacts, and has no command that lists their addresses',
    mam: 'it knows nothing of archives',
  },
  quirks: [
    { what: 'direct TLS is what it calls old-style SSL (`set ssl = 1`)' },
    { what: 'the SASL mechanisms of its library are PLAIN and DIGEST-MD5' },
    { what: 'messages are read through its events_command, all else from its screen' },
  ],
  variants: [
    {
      version: '1.1.2',
      source: {
        kind: 'image',
        context: 'client-terminal',
        buildArgs: { SUITE: 'trixie', PROGRAM: 'mcabber', VERSION: '1.1.2' },
      },
    },
  ],
})
