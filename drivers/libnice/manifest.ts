import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'libnice',
  name: 'libnice',
  family: 'libnice',
  homepage: 'https://libnice.freedesktop.org/',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: [
    'raw-ice',
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
    'data-channel': 'is ICE alone',
    audio: 'is ICE alone',
    consent: 'off unless its user switches it on, and the driver leaves its settings alone',
  },
  quirks: [
    { what: 'asks the whole network for a gateway by UPnP unless told not to: the driver tells it' },
    { what: 'nominates aggressively unless its user asks for regular nomination' },
  ],
  variants: [
    {
      version: '0.1.22',
      source: {
        kind: 'image',
        context: 'ice-c',
        buildArgs: { SUITE: 'trixie', TOOLS: 'libnice-dev pkgconf', NEEDS: 'libnice10', VERSION: '0.1.22' },
      },
    },
    {
      version: '0.1.23',
      source: {
        kind: 'image',
        context: 'ice-c',
        buildArgs: { SUITE: 'sid', TOOLS: 'libnice-dev pkgconf', NEEDS: 'libnice10', VERSION: '0.1.23' },
      },
    },
  ],
})
