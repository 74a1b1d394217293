import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'pion-ice',
  name: 'Pion ICE',
  family: 'pion',
  homepage: 'https://github.com/pion/ice',
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
    consent:
      'its keepalives are requests, and their answers keep the connection from failing; it does not speak of RFC 7675',
  },
  quirks: [
    {
      what: 'joins a group of multicast DNS by default, to ask for names that the other side may have',
      link: 'https://pkg.go.dev/github.com/pion/ice/v4#MulticastDNSMode',
    },
    { what: 'knows no end of candidates: it goes on for as long as its own time-outs have it' },
  ],
  variants: [
    {
      version: '4.4.8',
      source: {
        kind: 'image',
        context: 'client-go',
        buildArgs: { SUITE: 'trixie', GO_SUITE: 'sid', MODULE: 'github.com/pion/ice/v4', VERSION: '4.4.8' },
      },
    },
  ],
})
