import { uint16, uint32 } from '../stun/stun-message.ts'
import type { MalformedMessage, RtcpPacket } from '../trace/trace.ts'

/**
 * The packets of an RTCP compound (RFC 3550 §6.1). Of SRTCP only the first can be read: behind it nothing follows that
 * looks like one packet after another up to the end, and so nothing more is told. Never throws.
 */
export function decodeRtcp(bytes: Uint8Array, length: number = bytes.length): (RtcpPacket | MalformedMessage)[] {
  const malformed = (reason: string): MalformedMessage => ({ kind: 'malformed', as: 'rtcp', reason, length })
  const first = packetAt(bytes, 0)
  if (first === undefined) return [malformed(`${bytes.length} bytes are no RTCP header`)]
  if (first.length > length) return [malformed(`it claims ${first.length} bytes, and has ${length}`)]
  const packets = [first]
  let at = first.length
  while (at < bytes.length) {
    const next = packetAt(bytes, at)
    if (next === undefined || at + next.length > length) return [first]
    packets.push(next)
    at += next.length
  }
  return packets
}

function packetAt(bytes: Uint8Array, at: number): RtcpPacket | undefined {
  if (at + 4 > bytes.length) return undefined
  const head = bytes[at] as number
  const packetType = bytes[at + 1] as number
  if (head >> 6 !== 2 || packetType < 192 || packetType > 223) return undefined
  const length = (uint16(bytes, at + 2) + 1) * 4
  return {
    kind: 'rtcp',
    packetType,
    count: head & 31,
    length,
    ssrc: length >= 8 && at + 8 <= bytes.length ? uint32(bytes, at + 4) : undefined,
  }
}
