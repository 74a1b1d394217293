import { defineManifest } from '../../harness/lab/implementation.ts'

const image = (suite: string, version: string) => ({
  version,
  source: { kind: 'image' as const, context: 'prosody', buildArgs: { SUITE: suite, VERSION: version } },
})

export default defineManifest({
  id: 'prosody',
  name: 'Prosody',
  family: 'prosody',
  homepage: 'https://prosody.im/',
  roles: ['xmpp-server'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'direct-tls',
    'websocket',
    'roster',
    'roster-versioning',
    'offline',
    'disco',
    'caps',
    'muc',
    'muc-mam',
    'pubsub',
    'pep',
    'vcard',
    'private',
    'blocking',
    'version',
    'time',
    'last',
    'ping',
    'sm',
    'carbons',
    'mam',
    'csi',
    'stanza-ids',
    'upload',
  ],
  quirks: [
    {
      what: 'a WebSocket client without an Origin header is refused (403) unless cross-domain use is configured, as here; 0.12 dropped that',
      link: 'https://prosody.im/doc/websocket',
    },
    { what: '0.11 has stream management and HTTP upload from the community modules of the same Debian suite' },
    {
      what: 'ordinary users may not make nodes on the pubsub service: accounts owner-0001 to owner-5000 are its admins',
    },
  ],
  variants: [
    image('bullseye', '0.11.9'),
    image('bookworm', '0.12.3'),
    image('trixie', '13.0.1'),
    image('sid', '13.0.7'),
  ],
})
