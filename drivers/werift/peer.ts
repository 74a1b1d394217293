// werift as its README shows it, driven over stdio (drivers/PROTOCOL.md).
import { serveIceAgent } from '../../harness/lab/embedded/ice-peer.ts'
import { type PeerConnection, w3cAgent, w3cServers } from '../../harness/lab/embedded/w3c-agent.ts'
import type { StartAgent } from '../../harness/lab/ice-agent.ts'

const library: string = process.env.ASSAY_PACKAGE ?? 'werift'
const werift = (await import(library)) as typeof import('werift')

/** Without a STUN server it asks one of Google's: it is given one that is not there, and no time to wait for it. */
const nobody = { iceServers: [{ urls: 'stun:127.0.0.1:9' }], iceStunGatherTimeout: 0.001 }

const isAsked = (how: StartAgent) => how.servers?.some(({ url }) => url.startsWith('stun:'))

/** It leaves loopback out by itself, and has no setting for one address alone: pairs of the others are filtered. */
const onlyOn = (address: string) => ({
  iceInterfaceAddresses: { udp4: address },
  iceAdditionalHostAddresses: [address],
  iceFilterCandidatePair: (pair: { localCandidate: { host: string } }) => pair.localCandidate.host === address,
})

serveIceAgent({
  name: 'werift',
  version: process.env.ASSAY_VARIANT,
  verbs: ['candidate', 'end-of-candidates', 'restart', 'selected'],
  events: ['candidate', 'gathered', 'ice', 'dtls', 'open', 'data', 'error'],
  start: (how) => {
    const { address } = how
    const servers = w3cServers(how)
    const peer = new werift.RTCPeerConnection({
      ...(isAsked(how) ? {} : nobody),
      iceServers: [...servers, ...(isAsked(how) ? [] : nobody.iceServers)],
      ...(address ? onlyOn(address) : {}),
      ...(how.relayOnly ? { iceTransportPolicy: 'relay' as const } : {}),
      ...(how.lite ? { iceLite: true } : {}),
    })
    return w3cAgent(peer as unknown as PeerConnection, how, {
      selected: () => {
        const pair = peer.iceTransports[0]?.connection.nominated
        return pair && { local: pair.localCandidate.toSdp(), remote: pair.remoteCandidate.toSdp() }
      },
    })
  },
})
