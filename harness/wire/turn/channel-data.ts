import { uint16 } from '../stun/stun-message.ts'

/** Bytes of a ChannelData header (RFC 8656 §12.4). */
export const channelHeaderLength = 4

/**
 * Whether a datagram is a ChannelData message: a channel of RFC 8656 §12, and a length that its bytes fit, with three
 * bytes of padding at most. Anything may begin like it, and hardly anything then tells its own length.
 *
 * @param length bytes of the datagram, where the capture kept fewer
 */
export function looksLikeChannelData(bytes: Uint8Array, length: number = bytes.length): boolean {
  if (bytes.length < channelHeaderLength || (bytes[0] as number) >> 4 !== 4) return false
  const rest = length - channelHeaderLength - uint16(bytes, 2)
  return rest >= 0 && rest < 4
}
