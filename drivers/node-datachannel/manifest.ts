import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'node-datachannel',
  name: 'libdatachannel (node-datachannel)',
  family: 'libjuice',
  homepage: 'https://github.com/murat-dogan/node-datachannel',
  roles: ['ice-agent'],
  runtime: 'embedded',
  capabilities: [
    'data-channel',
    'controlling',
    'controlled',
    'trickle',
    'stun',
    'turn',
    'relay-only',
    'selected',
    'consent',
  ],
  lacks: {
    'raw-ice': 'it offers peer connections, and no ICE agent alone',
    audio: 'its driver opens a data channel only',
    lite: 'libjuice is always a full agent',
    restart: 'it has no call for an ICE restart',
    'turn-tcp': 'libjuice speaks to TURN servers over UDP only',
    ipv6: 'the lab of npm agents gives it an IPv4 address',
  },
  variants: [{ version: '0.33.4', source: { kind: 'npm', package: 'node-datachannel' } }],
})
