import { formatAddress } from './address.ts'

/** An IPv4 or IPv6 packet. */
export interface IpPacket {
  version: 4 | 6
  source: string
  destination: string
  /** Of the payload: 6 TCP, 17 UDP; behind IPv6's extension headers. */
  protocol: number
  /** Bytes of the payload by the header; fewer are there where the capture cut the packet. */
  payloadLength: number
  /** A view on the packet, without the link layer's padding. */
  payload: Uint8Array
  /** True of every fragment but the first: the payload then begins in the middle. */
  laterFragment: boolean
}

/** Reads an IP packet; undefined where the bytes are none. Never throws. */
export function decodeIp(data: Uint8Array): IpPacket | undefined {
  const version = (data[0] ?? 0) >> 4
  if (version === 4) return decodeIpv4(data)
  return version === 6 ? decodeIpv6(data) : undefined
}

/** RFC 791, section 3.1. */
function decodeIpv4(data: Uint8Array): IpPacket | undefined {
  const headerLength = ((data[0] as number) & 15) * 4
  if (headerLength < 20 || data.length < headerLength) return undefined
  // A total length of 0 is what segmentation offload leaves in captures of the sender.
  const totalLength = uint16(data, 2) || data.length
  if (totalLength < headerLength) return undefined
  return {
    version: 4,
    source: formatAddress(data.subarray(12, 16)),
    destination: formatAddress(data.subarray(16, 20)),
    protocol: data[9] as number,
    payloadLength: totalLength - headerLength,
    payload: data.subarray(headerLength, totalLength),
    laterFragment: (uint16(data, 6) & 0x1fff) !== 0,
  }
}

/** RFC 8200, sections 3 and 4. */
function decodeIpv6(data: Uint8Array): IpPacket | undefined {
  if (data.length < 40) return undefined
  const end = 40 + (uint16(data, 4) || data.length - 40)
  let protocol = data[6] as number
  let at = 40
  let laterFragment = false
  while (extensionHeaders.has(protocol) && !laterFragment) {
    if (at + 8 > Math.min(end, data.length)) return undefined
    const units = data[at + 1] as number
    if (protocol === 44) laterFragment = (uint16(data, at + 2) & 0xfff8) !== 0
    const length = protocol === 44 ? 8 : protocol === 51 ? (units + 2) * 4 : (units + 1) * 8
    protocol = data[at] as number
    at += length
  }
  if (at > end) return undefined
  return {
    version: 6,
    source: formatAddress(data.subarray(8, 24)),
    destination: formatAddress(data.subarray(24, 40)),
    protocol,
    payloadLength: end - at,
    payload: data.subarray(at, end),
    laterFragment,
  }
}

/** Hop-by-hop options, routing, fragment, authentication, destination options, mobility. */
const extensionHeaders = new Set([0, 43, 44, 51, 60, 135])

function uint16(data: Uint8Array, at: number): number {
  return ((data[at] as number) << 8) | (data[at + 1] as number)
}
