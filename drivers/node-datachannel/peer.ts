// libdatachannel through node-datachannel, as its API.md shows it, driven over stdio (drivers/PROTOCOL.md).
import type { DataChannel, DescriptionType, PeerConnection } from 'node-datachannel'
import { serveIceAgent, tellOf } from '../../harness/lab/embedded/ice-peer.ts'
import { VerbError } from '../../harness/lab/embedded/stdio-peer.ts'
import type { IceServer, SdpDescription, StartAgent } from '../../harness/lab/ice-agent.ts'

const library: string = process.env.ASSAY_PACKAGE ?? 'node-datachannel'
const { PeerConnection: Connection } = (await import(library)) as typeof import('node-datachannel')

/** It takes the user and the password inside the URL. */
const serverUrl = ({ url, username, credential }: IceServer): string => {
  if (username === undefined) return url
  const [scheme, rest] = url.split(/:(.*)/s)
  return `${scheme}:${encodeURIComponent(username)}:${encodeURIComponent(credential ?? '')}@${rest}`
}

function start(how: StartAgent) {
  const peer: PeerConnection = new Connection('assay', {
    iceServers: (how.servers ?? []).map(serverUrl),
    ...(how.address ? { bindAddress: how.address } : {}),
    ...(how.relayOnly ? { iceTransportPolicy: 'relay' as const } : {}),
  })
  const first = Promise.withResolvers<SdpDescription>()
  const gathered = Promise.withResolvers<void>()
  let channel: DataChannel | undefined
  const use = (made: DataChannel) => {
    channel = made
    made.onMessage((data) =>
      tellOf.data(typeof data === 'string' ? data : Buffer.from(data as Buffer).toString('utf8')),
    )
    made.onError((error) => tellOf.error(error))
    if (made.isOpen()) tellOf.open()
    else made.onOpen(() => tellOf.open())
  }
  peer.onLocalDescription((sdp, type) => first.resolve({ type: type.toLowerCase() as SdpDescription['type'], sdp }))
  peer.onLocalCandidate((candidate, mid) => {
    if (how.trickle) tellOf.candidate({ candidate: candidate.replace(/^a=/, ''), mid })
  })
  peer.onGatheringStateChange((state) => {
    if (state !== 'complete') return
    tellOf.gathered()
    gathered.resolve()
  })
  peer.onIceStateChange((state) => tellOf.ice(state))
  // Its own state is `connected` when DTLS is done.
  peer.onStateChange((state) => {
    if (state === 'connected') tellOf.dtls('connected')
    if (state === 'failed' && peer.iceState() !== 'failed') tellOf.dtls('failed')
  })
  peer.onDataChannel(use)
  return {
    // It describes itself as soon as there is a channel, or a remote offer.
    describe: async () => {
      if (how.role === 'controlling') use(peer.createDataChannel('assay'))
      const description = await first.promise
      if (how.trickle) return description
      await gathered.promise
      return { ...description, sdp: peer.localDescription()?.sdp ?? '' }
    },
    remote: (description: unknown) => {
      const { sdp, type } = description as SdpDescription
      const types: Record<string, string> = { offer: 'offer', answer: 'answer' }
      peer.setRemoteDescription(sdp, types[type] as DescriptionType)
    },
    candidate: ({ candidate, mid }: { candidate: string; mid?: string | null }) =>
      peer.addRemoteCandidate(candidate, mid ?? '0'),
    send: (data: string) => {
      if (!channel) throw new VerbError('there is no data channel yet')
      if (!channel.sendMessage(data)) throw new VerbError('the data channel took no message')
    },
    selected: () => {
      const pair = peer.getSelectedCandidatePair()
      return pair && { local: pair.local.candidate, remote: pair.remote.candidate }
    },
    close: () => peer.close(),
  }
}

serveIceAgent({
  name: 'libdatachannel',
  version: process.env.ASSAY_VARIANT,
  verbs: ['candidate', 'selected'],
  events: ['candidate', 'gathered', 'ice', 'dtls', 'open', 'data', 'error'],
  start,
})
