import { parseAddress } from './address.ts'
import { internetChecksum } from './internet-checksum.ts'

export interface IpToEncode {
  /** Addresses of one family. */
  source: string
  destination: string
  /** 6 TCP, 17 UDP. */
  protocol: number
  payload: Uint8Array
  /** 0 by default. */
  identification?: number
  /** Of a fragment of IPv4: bytes before it, a multiple of eight, and whether more follow. */
  fragment?: { offset: number; more: boolean }
}

/** An IP packet, IPv4 (RFC 791 §3.1) or IPv6 (RFC 8200 §3) by its addresses. Throws TypeError where they are none. */
export function encodeIp({ protocol, payload, identification = 0, fragment, ...ends }: IpToEncode): Uint8Array {
  const source = parseAddress(ends.source)
  const destination = parseAddress(ends.destination)
  if (source.length !== destination.length) {
    throw new TypeError(`addresses of two families: ${ends.source}, ${ends.destination}`)
  }
  const v4 = source.length === 4
  const header = new Uint8Array(v4 ? 20 : 40)
  const view = new DataView(header.buffer)
  view.setUint8(0, v4 ? 0x45 : 0x60)
  view.setUint16(v4 ? 2 : 4, payload.length + (v4 ? 20 : 0))
  view.setUint8(v4 ? 9 : 6, protocol)
  view.setUint8(v4 ? 8 : 7, 64)
  header.set(source, v4 ? 12 : 8)
  header.set(destination, v4 ? 16 : 24)
  if (v4) {
    view.setUint16(4, identification)
    view.setUint16(6, fragment ? (fragment.more ? 0x2000 : 0) | (fragment.offset >> 3) : 0x4000)
    view.setUint16(10, internetChecksum(header))
  }
  return Buffer.concat([header, payload])
}

/** What the checksums of UDP and TCP cover beside the segment (RFC 9293 §3.1, RFC 8200 §8.1). */
export const pseudoHeader = (source: Uint8Array, destination: Uint8Array, protocol: number, length: number) =>
  source.length === 4
    ? Uint8Array.of(...source, ...destination, 0, protocol, length >> 8, length)
    : Uint8Array.of(...source, ...destination, 0, 0, length >> 8, length, 0, 0, 0, protocol)
