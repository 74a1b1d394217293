import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'libjuice',
  name: 'libjuice',
  family: 'libjuice',
  homepage: 'https://github.com/paullouisageneau/libjuice',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: ['raw-ice', 'trickle', 'controlling', 'controlled', 'stun', 'turn', 'ipv6', 'selected', 'consent'],
  lacks: {
    'data-channel': 'is ICE alone',
    audio: 'is ICE alone',
    lite: 'is a full agent only; the other side may be lite',
    restart: 'has no ICE restart',
    'turn-tcp': 'speaks TURN over UDP only',
    'relay-only': 'has no such setting',
  },
  quirks: [
    { what: "has no setting for the role: who gathers before it knows the other side's description is controlling" },
  ],
  variants: [
    {
      version: '1.6.1',
      source: { kind: 'image', context: 'ice-c', buildArgs: { SUITE: 'trixie', TOOLS: 'cargo', VERSION: '1.6.1' } },
    },
  ],
})
