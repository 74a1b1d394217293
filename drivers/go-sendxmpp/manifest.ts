import { defineManifest } from '../../harness/lab/implementation.ts'

const sends = 'it sends messages and prints those that come'

export default defineManifest({
  id: 'go-sendxmpp',
  name: 'go-sendxmpp',
  family: 'go-xmpp',
  homepage: 'https://salsa.debian.org/mdosch/go-sendxmpp',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: ['starttls', 'direct-tls'],
  lacks: {
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
    query: sends,
    roster: sends,
    'roster-push': sends,
    carbons: sends,
    mam: sends,
    disco: sends,
    version: sends,
    ping: sends,
    receipts: sends,
    caps: sends,
  },
  quirks: [
    { what: 'it runs with --listen; that it is online is seen from what --debug shows: it sends its first presence' },
    { what: 'it ends with exit code 1 where it gives up, which counts as a refusal, and with 2 where it panics' },
    { what: 'while it listens it takes no command: it is taken to be alive while it reads what comes' },
    { what: 'a message is sent by another run of it, with a session of its own: its driver sends none' },
  ],
  variants: [
    {
      version: '0.14.1',
      source: {
        kind: 'image',
        context: 'client-terminal',
        buildArgs: { SUITE: 'trixie', PROGRAM: 'go-sendxmpp', VERSION: '0.14.1' },
      },
    },
  ],
})
