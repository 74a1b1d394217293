import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'libwebrtc-m152',
  name: 'libwebrtc M152 (wrtc for Python)',
  family: 'libwebrtc',
  homepage: 'https://pypi.org/project/wrtc/',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: [
    'data-channel',
    'trickle',
    'controlling',
    'controlled',
    'restart',
    'stun',
    'turn',
    'turn-tcp',
    'ipv6',
    'relay-only',
    'selected',
    'consent',
  ],
  lacks: {
    'raw-ice': 'its ICE transport by itself carries no data',
    audio: 'leaves making sound to its user',
    lite: 'is a full agent only; the other side may be lite',
  },
  quirks: [{ what: 'gathers on every interface but loopback: it has no setting for an address' }],
  variants: [
    {
      version: '0.1.0',
      source: { kind: 'image', context: 'client-python', buildArgs: { SUITE: 'trixie', PYPI: 'requirements.txt' } },
    },
  ],
})
