import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'pion-webrtc',
  name: 'Pion WebRTC',
  family: 'pion',
  homepage: 'https://github.com/pion/webrtc',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: [
    'data-channel',
    'trickle',
    'controlling',
    'controlled',
    'lite',
    'restart',
    'stun',
    'turn',
    'turn-tcp',
    'ipv6',
    'relay-only',
    'selected',
  ],
  lacks: {
    'raw-ice': 'offers ICE within a connection only',
    audio: 'leaves making sound to its user',
    consent:
      'its keepalives are requests, and their answers keep the connection from failing; it does not speak of RFC 7675',
  },
  variants: [
    {
      version: '4.2.26',
      source: {
        kind: 'image',
        context: 'client-go',
        buildArgs: { SUITE: 'trixie', GO_SUITE: 'sid', MODULE: 'github.com/pion/webrtc/v4', VERSION: '4.2.26' },
      },
    },
  ],
})
