import type { CapturedPacket } from '../captured-packet.ts'

/** The longest packet that a capture of ours holds, bytes (libpcap's own limit). */
export const snapLength = 262_144

/** The 24 bytes that a classic pcap file begins with: little-endian, microseconds. */
export function pcapHeader(linkType: number): Uint8Array {
  const bytes = new Uint8Array(24)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, snapLength, true)
  view.setUint32(20, linkType, true)
  return bytes
}

/** One record of a classic pcap file. */
export function pcapRecord(packet: CapturedPacket): Uint8Array {
  const bytes = new Uint8Array(16 + packet.data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(packet.at / 1e6), true)
  view.setUint32(4, packet.at % 1e6, true)
  view.setUint32(8, packet.data.length, true)
  view.setUint32(12, packet.length, true)
  bytes.set(packet.data, 16)
  return bytes
}

/** A whole classic pcap file. For more packets than fit in memory, write `pcapHeader` and then each `pcapRecord`. */
export function pcapFile(linkType: number, packets: Iterable<CapturedPacket>): Uint8Array {
  return Buffer.concat([pcapHeader(linkType), ...Array.from(packets, pcapRecord)])
}
