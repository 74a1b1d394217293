import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'aioice',
  name: 'aioice',
  family: 'aioice',
  homepage: 'https://github.com/aiortc/aioice',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: ['raw-ice', 'controlling', 'controlled', 'stun', 'turn', 'turn-tcp', 'ipv6', 'relay-only', 'consent'],
  lacks: {
    'data-channel': 'is ICE alone',
    audio: 'is ICE alone',
    trickle: 'gathers everything before it tells anything',
    lite: 'is a full agent only; the other side may be lite',
    restart: 'has no ICE restart',
    selected: 'keeps the chosen pair to itself',
  },
  quirks: [
    { what: 'gathers on every interface but loopback: it has no setting for an address' },
    { what: 'tells no states: the driver tells those that its calls come to' },
  ],
  variants: [
    {
      version: '0.13.0',
      source: { kind: 'image', context: 'client-python', buildArgs: { SUITE: 'trixie', PYPI: 'requirements.txt' } },
    },
  ],
})
