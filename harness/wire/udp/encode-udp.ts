import { type Endpoint, parseAddress } from '../ip/address.ts'
import { encodeIp, pseudoHeader } from '../ip/encode-ip.ts'
import { internetChecksum } from '../ip/internet-checksum.ts'

const udp = 17

export interface UdpToEncode {
  source: Endpoint
  /** Of the same family as the source. */
  destination: Endpoint
  payload: Uint8Array
}

/** A UDP datagram in its IP packet (RFC 768), as a capture of link type raw (101) holds it. Throws TypeError where an address is none. */
export function encodeUdp(datagram: UdpToEncode): Uint8Array {
  const { source, destination } = datagram
  return encodeIp({
    source: source.address,
    destination: destination.address,
    protocol: udp,
    payload: udpSegment(datagram),
  })
}

/** The datagram alone, without its IP header. */
export function udpSegment({ source, destination, payload }: UdpToEncode): Uint8Array {
  const segment = new Uint8Array(8 + payload.length)
  const view = new DataView(segment.buffer)
  view.setUint16(0, source.port)
  view.setUint16(2, destination.port)
  view.setUint16(4, segment.length)
  segment.set(payload, 8)
  const ends = pseudoHeader(parseAddress(source.address), parseAddress(destination.address), udp, segment.length)
  // A sum of 0 would say that there is none.
  view.setUint16(6, internetChecksum(ends, segment) || 0xffff)
  return segment
}
