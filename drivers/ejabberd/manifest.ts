import { defineManifest } from '../../harness/lab/implementation.ts'

const image = (suite: string, version: string) => ({
  version,
  source: { kind: 'image' as const, context: 'ejabberd', buildArgs: { SUITE: suite, VERSION: version } },
})

export default defineManifest({
  id: 'ejabberd',
  name: 'ejabberd',
  family: 'ejabberd',
  homepage: 'https://www.ejabberd.im/',
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
    { what: 'SASL2 (24.12 and later) is offered only when the stream header carries `from`' },
    { what: 'a stream resumed on 26.07 can take seconds to deliver what was pending' },
  ],
  variants: [image('bookworm', '23.01'), image('trixie', '24.12'), image('sid', '26.07')],
})
