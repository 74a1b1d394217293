import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'aiortc',
  name: 'aiortc',
  family: 'aioice',
  homepage: 'https://github.com/aiortc/aiortc',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: [
    'data-channel',
    'controlling',
    'controlled',
    'stun',
    'turn',
    'turn-tcp',
    'ipv6',
    'relay-only',
    'consent',
  ],
  lacks: {
    'raw-ice': 'offers ICE within a connection only',
    audio: 'leaves making sound to its user',
    trickle: 'gathers everything before it tells anything',
    lite: 'is a full agent only; the other side may be lite',
    restart: 'has no ICE restart',
    selected: 'keeps the chosen pair to itself',
  },
  quirks: [
    {
      what: 'asks a public STUN server unless its list of servers is empty; the driver gives it one',
      link: 'https://aiortc.readthedocs.io/en/latest/api.html',
    },
    { what: 'gathers on every interface but loopback: it has no setting for an address' },
  ],
  variants: [
    {
      version: '1.16.0',
      source: { kind: 'image', context: 'client-python', buildArgs: { SUITE: 'trixie', PYPI: 'requirements.txt' } },
    },
  ],
})
