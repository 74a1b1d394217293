import { formatAddress } from './address.ts'
import { locateIp } from './locate-ip.ts'

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
  const found = locateIp(data)
  if (found === undefined) return undefined
  const { version, addresses, addressLength, protocol, payload, end, fragment } = found
  return {
    version,
    source: formatAddress(data.subarray(addresses, addresses + addressLength)),
    destination: formatAddress(data.subarray(addresses + addressLength, addresses + 2 * addressLength)),
    protocol,
    payloadLength: end - payload,
    payload: data.subarray(payload, end),
    laterFragment: fragment !== undefined && fragment.offset > 0,
  }
}
