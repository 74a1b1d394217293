/** Where the parts of an IP packet are, in bytes from its beginning: what is read of each packet, without any text. */
export interface IpLocation {
  version: 4 | 6
  /** Of the source's address; the destination's follows it. */
  addresses: number
  /** Bytes of an address: 4 or 16. */
  addressLength: 4 | 16
  /** Of the payload: 6 TCP, 17 UDP; behind IPv6's extension headers. */
  protocol: number
  payload: number
  /** End of the payload by the header; the capture may have cut the packet before it. */
  end: number
  /** Of a packet that is a fragment. */
  fragment?: IpFragment
}

export interface IpFragment {
  identification: number
  /** Bytes of the datagram's payload that come before this fragment. */
  offset: number
  /** Whether it is not the last one. */
  more: boolean
}

/** Finds the parts of an IP packet; undefined where the bytes are none. Never throws. */
export function locateIp(data: Uint8Array): IpLocation | undefined {
  const version = (data[0] ?? 0) >> 4
  if (version === 4) return locateIpv4(data)
  return version === 6 ? locateIpv6(data) : undefined
}

/** RFC 791, section 3.1. */
function locateIpv4(data: Uint8Array): IpLocation | undefined {
  const headerLength = ((data[0] as number) & 15) * 4
  if (headerLength < 20 || data.length < headerLength) return undefined
  // A total length of 0 is what segmentation offload leaves in captures of the sender.
  const totalLength = uint16(data, 2) || data.length
  if (totalLength < headerLength) return undefined
  const bits = uint16(data, 6)
  const location: IpLocation = {
    version: 4,
    addresses: 12,
    addressLength: 4,
    protocol: data[9] as number,
    payload: headerLength,
    end: totalLength,
    fragment: undefined,
  }
  if (bits & 0x3fff) {
    location.fragment = {
      identification: uint16(data, 4),
      offset: (bits & 0x1fff) * 8,
      more: (bits & 0x2000) !== 0,
    }
  }
  return location
}

/** RFC 8200, sections 3 and 4. */
function locateIpv6(data: Uint8Array): IpLocation | undefined {
  if (data.length < 40) return undefined
  const end = 40 + (uint16(data, 4) || data.length - 40)
  let protocol = data[6] as number
  let at = 40
  let fragment: IpFragment | undefined
  while (extensionHeaders.has(protocol) && (fragment === undefined || fragment.offset === 0)) {
    if (at + 8 > Math.min(end, data.length)) return undefined
    const units = data[at + 1] as number
    if (protocol === 44) {
      const bits = uint16(data, at + 2)
      // A packet that is whole may carry the header too, and is then no fragment (section 4.5).
      if (bits & 0xfff9) {
        fragment = {
          identification: uint16(data, at + 4) * 2 ** 16 + uint16(data, at + 6),
          offset: bits & 0xfff8,
          more: (bits & 1) !== 0,
        }
      }
    }
    const length = protocol === 44 ? 8 : protocol === 51 ? (units + 2) * 4 : (units + 1) * 8
    protocol = data[at] as number
    at += length
    // What follows the fragment header belongs to the datagram that is put together first.
    if (fragment) break
  }
  if (at > end) return undefined
  return { version: 6, addresses: 8, addressLength: 16, protocol, payload: at, end, fragment }
}

/** Hop-by-hop options, routing, fragment, authentication, destination options, mobility. */
const extensionHeaders = new Set([0, 43, 44, 51, 60, 135])

const uint16 = (data: Uint8Array, at: number): number => ((data[at] as number) << 8) | (data[at + 1] as number)
