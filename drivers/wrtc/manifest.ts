import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'wrtc',
  name: 'libwebrtc (@roamhq/wrtc)',
  family: 'libwebrtc',
  homepage: 'https://github.com/WonderInventions/node-webrtc',
  roles: ['ice-agent'],
  runtime: 'embedded',
  capabilities: [
    'data-channel',
    'controlling',
    'controlled',
    'trickle',
    'restart',
    'stun',
    'turn',
    'turn-tcp',
    'relay-only',
    'consent',
  ],
  lacks: {
    'raw-ice': 'it offers RTCPeerConnection, and no ICE transport alone',
    audio: 'its driver opens a data channel only',
    lite: 'libwebrtc is always a full agent',
    'ice-connected': 'its state "connected" waits for DTLS, too',
    selected: 'this binding has neither the ICE transport’s selected pair nor a statistic that names it',
    ipv6: 'the lab of npm agents gives it an IPv4 address',
  },
  variants: [{ version: '0.10.0', source: { kind: 'npm', package: '@roamhq/wrtc' } }],
})
