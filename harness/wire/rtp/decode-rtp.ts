import { uint16, uint32 } from '../stun/stun-message.ts'
import type { MalformedMessage, RtpHeader } from '../trace/trace.ts'

const fixedLength = 12

/**
 * Reads the header of an RTP packet (RFC 3550 §5.1), encrypted or not. Never throws.
 *
 * @param length bytes of the whole packet, where the capture kept fewer
 */
export function decodeRtp(bytes: Uint8Array, length: number = bytes.length): RtpHeader | MalformedMessage {
  const malformed = (reason: string): MalformedMessage => ({ kind: 'malformed', as: 'rtp', reason, length })
  if (bytes.length < fixedLength) return malformed(`${bytes.length} bytes are no header`)
  const first = bytes[0] as number
  if (first >> 6 !== 2) return malformed(`its version is ${first >> 6}`)
  const count = first & 15
  let at = fixedLength + count * 4
  if (at > bytes.length) return malformed(`${count} contributing sources do not fit into ${bytes.length} bytes`)
  let extension: RtpHeader['extension']
  if (first & 0x10) {
    if (at + 4 > bytes.length) return malformed('its header extension has no room')
    extension = { profile: uint16(bytes, at), length: uint16(bytes, at + 2) * 4 }
    at += 4 + extension.length
    if (at > length) return malformed(`its header extension of ${extension.length} bytes reaches behind it`)
  }
  const second = bytes[1] as number
  return {
    kind: 'rtp',
    payloadType: second & 0x7f,
    marker: second > 0x7f,
    sequence: uint16(bytes, 2),
    timestamp: uint32(bytes, 4),
    ssrc: uint32(bytes, 8),
    csrcs: count === 0 ? none : Array.from({ length: count }, (_, index) => uint32(bytes, fixedLength + index * 4)),
    extension,
    padding: (first & 0x20) !== 0,
    payloadLength: length - at,
  }
}

const none: number[] = []
