// libwebrtc through @roamhq/wrtc, as its README shows it, driven over stdio (drivers/PROTOCOL.md).
import { serveIceAgent } from '../../harness/lab/embedded/ice-peer.ts'
import { type PeerConnection, w3cAgent, w3cServers } from '../../harness/lab/embedded/w3c-agent.ts'

const library: string = process.env.ASSAY_PACKAGE ?? '@roamhq/wrtc'
const { default: wrtc } = (await import(library)) as { default: typeof import('@roamhq/wrtc') }

serveIceAgent({
  name: 'libwebrtc',
  version: process.env.ASSAY_VARIANT,
  verbs: ['candidate', 'end-of-candidates', 'restart'],
  events: ['candidate', 'gathered', 'ice', 'dtls', 'open', 'data', 'error'],
  start: (how) => {
    const peer = new wrtc.RTCPeerConnection({
      iceServers: w3cServers(how),
      ...(how.relayOnly ? { iceTransportPolicy: 'relay' as const } : {}),
    })
    return w3cAgent(peer as unknown as PeerConnection, how)
  },
})
