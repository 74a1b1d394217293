import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'str0m',
  name: 'str0m',
  family: 'str0m',
  homepage: 'https://github.com/algesten/str0m',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: ['data-channel', 'trickle', 'controlling', 'controlled', 'lite', 'restart', 'ipv6'],
  lacks: {
    'raw-ice': 'offers ICE within a connection only',
    audio: 'leaves making sound to its user',
    stun: "server-reflexive candidates are its user's work",
    turn: "relayed candidates are its user's work",
    'turn-tcp': "relayed candidates are its user's work",
    'relay-only': "relayed candidates are its user's work",
    selected: 'keeps the chosen pair to itself',
    consent: 'its checks go on, and a connection without answers is told as gone; it does not speak of RFC 7675',
  },
  quirks: [{ what: 'has no sockets: the driver has one of UDP, on the address that it is given' }],
  variants: [
    {
      version: '0.25.0',
      source: {
        kind: 'image',
        context: 'ice-rust',
        buildArgs: { SUITE: 'sid', RUST_SUITE: 'sid', CRATE: 'str0m', VERSION: '0.25.0' },
      },
    },
  ],
})
