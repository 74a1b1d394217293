import type { AgentDescription, SdpDescription, StartAgent, TrickledCandidate } from '../ice-agent.ts'
import { type DrivenAgent, tellOf } from './ice-peer.ts'
import { VerbError } from './stdio-peer.ts'

type Init = { candidate: string; sdpMid?: string | null; sdpMLineIndex?: number | null }

/** What is used of W3C's RTCDataChannel. */
export interface Channel {
  readyState: string
  onopen: unknown
  onmessage: unknown
  onerror: unknown
  send(data: string): void
}

/** What is used of W3C's RTCPeerConnection: libraries type their copies of it in ways of their own. */
export interface PeerConnection {
  readonly iceConnectionState: string
  readonly iceGatheringState: string
  readonly connectionState: string
  readonly localDescription: { type: string; sdp: string } | null
  onicecandidate: unknown
  onicegatheringstatechange: unknown
  oniceconnectionstatechange: unknown
  onconnectionstatechange: unknown
  ondatachannel: unknown
  createDataChannel(label: string): Channel
  createOffer(options?: { iceRestart?: boolean }): Promise<{ type: string; sdp?: string }>
  createAnswer(): Promise<{ type: string; sdp?: string }>
  setLocalDescription(description: never): Promise<unknown>
  setRemoteDescription(description: never): Promise<unknown>
  addIceCandidate(candidate?: never): Promise<unknown>
  close(): unknown
}

/** Drives an RTCPeerConnection with one data channel as W3C's own example does (WebRTC 1.0 §10). */
export function w3cAgent(
  peer: PeerConnection,
  { role, trickle }: StartAgent,
  more: Partial<DrivenAgent> = {},
): DrivenAgent {
  let channel: Channel | undefined
  const gathered = Promise.withResolvers<void>()
  const use = (made: Channel) => {
    channel = made
    const open = () => tellOf.open()
    if (made.readyState === 'open') open()
    else made.onopen = open
    made.onmessage = ({ data }: { data: unknown }) => tellOf.data(text(data))
    made.onerror = (event: { error?: unknown }) => tellOf.error(event.error ?? 'the data channel failed')
  }
  peer.onicecandidate = ({ candidate }: { candidate?: Init | null }) => {
    // W3C marks the end of candidates by an empty one, too.
    if (!trickle || !candidate?.candidate) return
    tellOf.candidate({ candidate: candidate.candidate, mid: candidate.sdpMid, index: candidate.sdpMLineIndex })
  }
  const gatheringState = () => {
    if (peer.iceGatheringState !== 'complete') return
    tellOf.gathered()
    gathered.resolve()
  }
  peer.onicegatheringstatechange = gatheringState
  peer.oniceconnectionstatechange = () => tellOf.ice(peer.iceConnectionState)
  // W3C: `connected` where all ICE and all DTLS transports are; `failed` where one of them is.
  peer.onconnectionstatechange = () => {
    if (peer.connectionState === 'connected') tellOf.dtls('connected')
    if (peer.connectionState === 'failed' && peer.iceConnectionState !== 'failed') tellOf.dtls('failed')
  }
  peer.ondatachannel = ({ channel }: { channel: Channel }) => use(channel)
  if (role === 'controlling') use(peer.createDataChannel('assay'))

  const describe = async (options?: { iceRestart: boolean }): Promise<SdpDescription> => {
    const made = role === 'controlling' ? await peer.createOffer(options) : await peer.createAnswer()
    await peer.setLocalDescription(made as never)
    const type = made.type === 'offer' ? 'offer' : 'answer'
    if (trickle) return { type, sdp: made.sdp ?? '' }
    if (peer.iceGatheringState !== 'complete') await gathered.promise
    return { type, sdp: peer.localDescription?.sdp ?? '' }
  }
  return {
    describe: () => describe(),
    remote: (description: AgentDescription) => peer.setRemoteDescription(description as never),
    candidate: ({ candidate, mid, index }: TrickledCandidate) =>
      peer.addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: index } as never),
    endOfCandidates: () => peer.addIceCandidate({ candidate: '', sdpMid: '0', sdpMLineIndex: 0 } as never),
    send: (data) => {
      if (!channel) throw new VerbError('there is no data channel yet')
      channel.send(data)
    },
    restart: () => describe({ iceRestart: true }),
    close: () => peer.close(),
    ...more,
  }
}

const text = (data: unknown): string =>
  typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer).toString('utf8')

/** The servers of a start as W3C's RTCIceServer. */
export const w3cServers = ({ servers = [] }: StartAgent) =>
  servers.map(({ url, username, credential }) => ({ urls: url, username, credential }))
