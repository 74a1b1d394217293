import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'chromium',
  name: 'Chromium',
  family: 'libwebrtc',
  homepage: 'https://www.chromium.org/',
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
    'raw-ice': 'offers ICE within a connection only',
    audio: 'its driver plays a fake sound, and nothing in the lab counts it yet',
    lite: 'is a full agent only; the other side may be lite',
  },
  quirks: [
    {
      what: 'hides the addresses of host candidates behind names of multicast DNS; the driver switches that off, as nobody in the lab answers those',
    },
    { what: 'gathers on every interface, loopback too, as the driver lets it: it has no setting for an address' },
  ],
  variants: [
    {
      version: '150',
      source: { kind: 'image', context: 'ice-chromium', buildArgs: { SUITE: 'trixie', VERSION: '150' } },
    },
  ],
})
