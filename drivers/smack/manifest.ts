import { defineManifest } from '../../harness/lab/implementation.ts'

const image = (version: string) =>
  ({
    kind: 'image',
    context: 'client-jvm',
    buildArgs: { SUITE: 'trixie', JDK: '21', NAME: 'smack', VERSION: version },
  }) as const

export default defineManifest({
  id: 'smack',
  name: 'Smack',
  family: 'smack',
  homepage: 'https://github.com/igniterealtime/Smack',
  roles: ['xmpp-client'],
  runtime: 'docker',
  capabilities: [
    'starttls',
    'query',
    'ping',
    'roster',
    'roster-push',
    'carbons',
    'mam',
    'disco',
    'version',
    'receipts',
    'caps',
    'roster-versioning',
    'anonymous',
    'sm',
    'external',
  ],
  lacks: {
    'direct-tls': 'its TCP connection knows STARTTLS only',
    websocket: 'its WebSocket modules are not in the image',
  },
  quirks: [],
  variants: [
    { version: '4.5.0-rc1', source: image('4.5.0-rc1') },
    { version: '4.4.8', source: image('4.4.8') },
  ],
})
