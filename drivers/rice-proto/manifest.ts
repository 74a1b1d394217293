import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'rice-proto',
  name: 'rice-proto',
  family: 'rice',
  homepage: 'https://github.com/ystreet/librice',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: ['raw-ice', 'trickle', 'controlling', 'controlled', 'ipv6', 'selected'],
  lacks: {
    'data-channel': 'is ICE alone',
    audio: 'is ICE alone',
    lite: 'is a full agent only',
    restart: 'has no ICE restart',
    stun: "its sockets are its user's work, and the driver has those of host candidates only",
    turn: "its sockets are its user's work, and the driver has those of host candidates only",
    'turn-tcp': "its sockets are its user's work, and the driver has those of host candidates only",
    'relay-only': "its sockets are its user's work, and the driver has those of host candidates only",
    consent: 'names it as not done yet',
  },
  quirks: [
    { what: 'has no sockets: the driver has one of UDP, on the address that it is given' },
    {
      what: 'as the controlled agent it answers a nomination with a check of its own that has USE-CANDIDATE (RFC 8445 §7.1.2 keeps that to the controlling one), and is connected when that is answered; aioice, is and libjuice do not answer it',
    },
  ],
  variants: [
    {
      version: '0.4.3',
      source: {
        kind: 'image',
        context: 'ice-rust',
        buildArgs: { SUITE: 'sid', RUST_SUITE: 'sid', CRATE: 'rice-proto', VERSION: '0.4.3' },
      },
    },
  ],
})
