import { defineManifest } from '../../harness/lab/implementation.ts'

const image = (suite: string, version: string) => ({
  version,
  source: { kind: 'image' as const, context: 'coturn', buildArgs: { SUITE: suite, VERSION: version } },
})

export default defineManifest({
  id: 'coturn',
  name: 'coturn',
  family: 'coturn',
  homepage: 'https://github.com/coturn/coturn',
  roles: ['turn-server'],
  runtime: 'docker',
  capabilities: ['stun', 'turn', 'turn-tcp'],
  lacks: { ipv6: 'the networks of the lab have IPv4 addresses only' },
  quirks: [{ what: 'listens and relays on the address that the container has when it starts' }],
  variants: [image('bullseye', '4.5.2'), image('bookworm', '4.6.1'), image('sid', '4.18.0')],
})
