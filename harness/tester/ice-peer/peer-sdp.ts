import { formatCandidate } from './ice-candidate.ts'
import { type IceDescription, sdpLines } from './ice-description.ts'

/** Of nobody: no DTLS of ours answers. */
const fingerprint = Array.from({ length: 32 }, (_, index) => (index + 16).toString(16).toUpperCase()).join(':')

/** What an SDP carries beside ICE: a data channel (RFC 8841) or sound. */
export type SdpKind = 'data-channel' | 'audio'

const mediaLines: Record<SdpKind, (port: number) => string[]> = {
  'data-channel': (port) => [
    `m=application ${port} UDP/DTLS/SCTP webrtc-datachannel`,
    'a=sctp-port:5000',
    'a=max-message-size:262144',
  ],
  audio: (port) => [
    `m=audio ${port} UDP/TLS/RTP/SAVPF 111`,
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-mux',
    'a=rtcp:9 IN IP4 0.0.0.0',
    'a=sendrecv',
  ],
}

/**
 * An SDP of the tester's (RFC 8839 §4.2): one media section, its default candidate the first one. Whoever answers it begins DTLS.
 *
 * @param mid of the offer, where this is the answer
 */
export function peerSdp(type: 'offer' | 'answer', kind: SdpKind, ice: IceDescription, mid = '0'): string {
  const [first] = ice.candidates
  const [media = '', ...more] = mediaLines[kind](first?.port ?? 9)
  const family = first?.address.includes(':') ? 'IP6' : 'IP4'
  return [
    'v=0',
    `o=- 4711 ${Date.now()} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(ice.lite ? ['a=ice-lite'] : []),
    `a=group:BUNDLE ${mid}`,
    media,
    `c=IN ${family} ${first?.address ?? '0.0.0.0'}`,
    `a=mid:${mid}`,
    ...more,
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.pwd}`,
    ...(ice.options.length > 0 ? [`a=ice-options:${ice.options.join(' ')}`] : []),
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${type === 'offer' ? 'actpass' : 'passive'}`,
    ...ice.candidates.map((one) => `a=${formatCandidate(one)}`),
    ...(ice.endOfCandidates ? ['a=end-of-candidates'] : []),
    '',
  ].join('\r\n')
}

/** The mid of the first media section, and whether that is sound. */
export function mediaOf(sdp: string): { mid: string; kind: SdpKind } {
  const lines = sdpLines(sdp)
  return {
    mid: lines.find((line) => line.startsWith('a=mid:'))?.slice(6) ?? '0',
    kind: lines.some((line) => line.startsWith('m=audio')) ? 'audio' : 'data-channel',
  }
}
