import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'is',
  name: 'is (the ICE agent of str0m)',
  family: 'str0m',
  homepage: 'https://github.com/algesten/str0m',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: ['raw-ice', 'trickle', 'controlling', 'controlled', 'lite', 'restart', 'ipv6', 'selected'],
  lacks: {
    'data-channel': 'is ICE alone',
    audio: 'is ICE alone',
    stun: "server-reflexive candidates are its user's work",
    turn: "relayed candidates are its user's work",
    'turn-tcp': "relayed candidates are its user's work",
    'relay-only': "relayed candidates are its user's work",
    consent: 'its checks go on, and a connection without answers is told as gone; it does not speak of RFC 7675',
  },
  quirks: [
    { what: 'has no sockets: the driver has one of UDP, on the address that it is given' },
    { what: 'tells the addresses that data is to go between, not a pair: the driver names the candidates there' },
  ],
  variants: [
    {
      version: '0.12.0',
      source: {
        kind: 'image',
        context: 'ice-rust',
        buildArgs: { SUITE: 'sid', RUST_SUITE: 'sid', CRATE: 'is', VERSION: '0.12.0' },
      },
    },
  ],
})
