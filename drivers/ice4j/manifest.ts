import { defineManifest } from '../../harness/lab/implementation.ts'

export default defineManifest({
  id: 'ice4j',
  name: 'ice4j',
  family: 'ice4j',
  homepage: 'https://github.com/jitsi/ice4j',
  roles: ['ice-agent'],
  runtime: 'docker',
  capabilities: ['raw-ice', 'trickle', 'controlling', 'controlled', 'stun', 'turn', 'turn-tcp', 'ipv6', 'selected'],
  lacks: {
    'data-channel': 'is ICE alone',
    audio: 'is ICE alone',
    lite: 'is a full agent only; the other side may be lite',
    restart: 'has no ICE restart: its user makes a new agent',
    'relay-only': 'has no such setting',
    consent: 'off unless its user switches it on, and the driver leaves its settings alone',
  },
  quirks: [
    { what: 'asks a cloud for its address unless its harvester for that is switched off; the driver does so' },
    { what: 'reads no candidates from SDP: the driver takes them apart' },
  ],
  variants: [
    {
      version: '3.2-15-g6da2b08',
      source: {
        kind: 'image',
        context: 'ice-jvm',
        buildArgs: { SUITE: 'trixie', JDK: '21', NAME: 'ice4j', VERSION: '3.2-15-g6da2b08' },
      },
    },
  ],
})
