/** What a datagram is by its first byte, on a 5-tuple that several protocols share (RFC 7983 §7, RFC 9443 §3). */
export type Multiplexed = 'stun' | 'zrtp' | 'dtls' | 'channel-data' | 'quic' | 'rtp' | 'unknown'

const byFirstByte: readonly Multiplexed[] = Array.from({ length: 256 }, (_, first) => {
  if (first < 4) return 'stun'
  if (first < 16) return 'unknown'
  if (first < 20) return 'zrtp'
  if (first < 64) return 'dtls'
  if (first < 80) return 'channel-data'
  if (first < 128) return 'quic'
  return first < 192 ? 'rtp' : 'quic'
})

/** RTP and RTCP share one range: `isRtcp` tells them apart. */
export const demultiplex = (bytes: Uint8Array): Multiplexed => byFirstByte[bytes[0] as number] ?? 'unknown'

/** Whether what begins as RTP is RTCP: packet types 64 to 95 are left free by RTP (RFC 5761 §4). */
export const isRtcp = (bytes: Uint8Array): boolean => {
  const type = bytes[1] as number
  return type >= 192 && type <= 223
}
