import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'werift',
  name: 'werift',
  family: 'werift',
  homepage: 'https://github.com/shinyoshiaki/werift-webrtc',
  roles: ['ice-agent'],
  runtime: 'embedded',
  capabilities: [
    'data-channel',
    'controlling',
    'controlled',
    'trickle',
    'lite',
    'restart',
    'stun',
    'turn',
    'turn-tcp',
    'relay-only',
    'selected',
    'consent',
  ],
  lacks: {
    'raw-ice': 'its ICE can be used alone, and is the one below its data channels: it is driven through them',
    audio: 'its driver opens a data channel only',
    ipv6: 'the lab of npm agents gives it an IPv4 address',
  },
  variants: [{ version: '0.25.2', source: { kind: 'npm', package: 'werift' } }],
})
