import { linkTypes } from '../link-type.ts'

/** The bytes behind the link layer's header, from the IP header on; undefined where no IP packet is found. */
export function decodeLink(linkType: number, data: Uint8Array): Uint8Array | undefined {
  const start = networkOffset(linkType, data)
  if (start === undefined || start >= data.length) return undefined
  return start === 0 ? data : data.subarray(start)
}

function networkOffset(linkType: number, data: Uint8Array): number | undefined {
  switch (linkType) {
    case linkTypes.ethernet:
      return ethernetOffset(data)
    case linkTypes.linuxSll:
      return isIp(data, 14) ? 16 : undefined
    case linkTypes.linuxSll2:
      return isIp(data, 0) ? 20 : undefined
    // The family's number differs between systems, and its byte order between files: the IP version tells enough.
    case linkTypes.null:
    case linkTypes.loop:
      return 4
    case linkTypes.raw:
    case linkTypes.ipv4:
    case linkTypes.ipv6:
    case 12: // raw IP, as some systems' captures say
    case 14:
      return 0
    default:
      return undefined
  }
}

/** Behind any VLAN tags (IEEE 802.1Q, 802.1ad). */
function ethernetOffset(data: Uint8Array): number | undefined {
  let at = 12
  while (isVlanTag(data, at)) at += 4
  return isIp(data, at) ? at + 2 : undefined
}

function isVlanTag(data: Uint8Array, at: number): boolean {
  const type = etherType(data, at)
  return type === 0x8100 || type === 0x88a8 || type === 0x9100
}

function isIp(data: Uint8Array, at: number): boolean {
  const type = etherType(data, at)
  return type === 0x0800 || type === 0x86dd
}

function etherType(data: Uint8Array, at: number): number {
  return at + 1 < data.length ? ((data[at] as number) << 8) | (data[at + 1] as number) : -1
}
