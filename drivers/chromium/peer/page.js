// What runs in the page: RTCPeerConnection as the specification's own examples use it (WebRTC 1.0 §10).
globalThis.assay = (() => {
  const tell = (event, params = {}) => assayTell(JSON.stringify({ event, params }))
  const found = (candidate) => candidate?.candidate
  let peer, channel, role, kind, trickle, gathered

  const use = (made) => {
    channel = made
    made.binaryType = 'arraybuffer'
    made.onmessage = ({ data }) =>
      tell('data', { data: typeof data === 'string' ? data : new TextDecoder().decode(data) })
    made.onerror = ({ error }) => tell('error', { message: String(error) })
    if (made.readyState === 'open') tell('open')
    else made.onopen = () => tell('open')
  }

  const iceTransport = () =>
    (peer.sctp?.transport ?? peer.getSenders()[0]?.transport ?? peer.getReceivers()[0]?.transport)?.iceTransport
  const pair = () => {
    const chosen = iceTransport()?.getSelectedCandidatePair()
    return chosen?.local ? { local: chosen.local.candidate, remote: chosen.remote.candidate } : null
  }
  /** Transports are there when the first description is. */
  const watch = () => {
    const ice = iceTransport()
    if (!ice || ice.onselectedcandidatepairchange) return
    ice.onselectedcandidatepairchange = () => pair() && tell('selected', pair())
    const dtls = peer.sctp?.transport ?? peer.getSenders()[0]?.transport
    if (dtls) dtls.onstatechange = () => dtls.state !== 'new' && tell('dtls', { state: dtls.state })
  }

  /** Takes a description as ours, and tells it: with its candidates, where they are not to be told one by one. */
  const take = async (made) => {
    gathered = Promise.withResolvers()
    await peer.setLocalDescription(made)
    watch()
    if (!trickle && peer.iceGatheringState !== 'complete') await gathered.promise
    const { type, sdp } = trickle ? made : peer.localDescription
    return { type, sdp }
  }

  const verbs = {
    async start(asked) {
      ;({ role, kind, trickle } = asked)
      if (role !== 'controlling' && role !== 'controlled') throw new Error('a role is controlling or controlled')
      if (kind === 'raw-ice') throw new Error('it speaks data-channel and audio only')
      peer = new RTCPeerConnection({
        iceServers: (asked.servers ?? []).map(({ url, ...rest }) => ({ urls: url, ...rest })),
        iceTransportPolicy: asked.relayOnly ? 'relay' : 'all',
      })
      peer.oniceconnectionstatechange = () => tell('ice', { state: peer.iceConnectionState })
      peer.onicegatheringstatechange = () => {
        if (peer.iceGatheringState !== 'complete') return
        tell('gathered')
        gathered?.resolve()
      }
      peer.onicecandidate = ({ candidate }) => {
        if (trickle && found(candidate))
          tell('candidate', { candidate: candidate.candidate, mid: candidate.sdpMid, index: candidate.sdpMLineIndex })
      }
      peer.ondatachannel = (event) => use(event.channel)
      if (kind === 'audio') {
        const sound = await navigator.mediaDevices.getUserMedia({ audio: true })
        for (const track of sound.getTracks()) peer.addTrack(track, sound)
      }
    },
    async describe() {
      if (peer.signalingState === 'have-remote-offer') return take(await peer.createAnswer())
      if (role !== 'controlling') throw new Error('it has no offer to answer')
      if (kind === 'data-channel') use(peer.createDataChannel('assay'))
      return take(await peer.createOffer())
    },
    restart: async () => take(await peer.createOffer({ iceRestart: true })),
    async remote({ description }) {
      await peer.setRemoteDescription(description)
      watch()
    },
    candidate: ({ candidate, mid, index }) =>
      peer.addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: index ?? (mid === undefined ? 0 : undefined) }),
    'end-of-candidates': () => peer.addIceCandidate(),
    async send({ data }) {
      if (!channel) throw new Error('there is no data channel')
      channel.send(data)
    },
    async media() {
      const stats = [...(await peer.getStats()).values()]
      const of = (type, what) => {
        const one = stats.find((each) => each.type === type)
        return { packets: one?.[`packets${what}`] ?? 0, bytes: one?.[`bytes${what}`] ?? 0 }
      }
      return { sent: of('outbound-rtp', 'Sent'), received: of('inbound-rtp', 'Received') }
    },
    selected: async () => pair(),
    close: async () => peer.close(),
  }

  return {
    alive: async () => null,
    async ask(verb, params) {
      try {
        if (!peer && verb !== 'start') throw new Error('start first')
        return { result: (await verbs[verb](params)) ?? null }
      } catch (error) {
        return { failed: String(error) }
      }
    },
  }
})()
