import type { Endpoint } from '../ip/address.ts'
import { decodeIp } from '../ip/decode-ip.ts'
import { decodeLink } from '../ip/decode-link.ts'

/** The control bits of RFC 9293, section 3.1, at their places. */
export const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const

/** A TCP segment with the addresses of its packet. */
export interface TcpSegment {
  source: Endpoint
  destination: Endpoint
  /** As on the wire: not relative. */
  sequence: number
  acknowledgment: number
  /** Bits of `tcpFlags`. */
  flags: number
  /** As on the wire: not scaled. */
  window: number
  /** Bytes of payload by the headers; fewer are there where the capture cut the packet. */
  payloadLength: number
  /** A view on the packet. */
  payload: Uint8Array
}

/** Reads the TCP segment of a captured packet; undefined where it holds none. Never throws. */
export function decodeTcp(linkType: number, data: Uint8Array): TcpSegment | undefined {
  const network = decodeLink(linkType, data)
  const ip = network && decodeIp(network)
  if (ip === undefined || ip.protocol !== 6 || ip.laterFragment || ip.payload.length < 20) return undefined
  const bytes = ip.payload
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const headerLength = (view.getUint8(12) >> 4) * 4
  if (headerLength < 20 || headerLength > ip.payloadLength) return undefined
  return {
    source: { address: ip.source, port: view.getUint16(0) },
    destination: { address: ip.destination, port: view.getUint16(2) },
    sequence: view.getUint32(4),
    acknowledgment: view.getUint32(8),
    flags: view.getUint8(13),
    window: view.getUint16(14),
    payloadLength: ip.payloadLength - headerLength,
    payload: bytes.subarray(headerLength),
  }
}
