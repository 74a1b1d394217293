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
    'query',
    'ping',
    'roster',
    'roster-push',
    'carbons',
    'disco',
    'version',
    'receipts',
    'caps',
  ],
  lacks: {
    websocket: 'it speaks TCP only',
    bosh: 'it speaks TCP only',
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
    },
    {
      version: '0.15.0',
      source: {
        kind: 'image',
        context: 'client-terminal',
        buildArgs: { SUITE: 'trixie', PROGRAM: 'profanity', VERSION: '0.15.0' },
      },
    },
  ],
})
