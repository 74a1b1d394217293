/** What an Interface Description Block says (draft-ietf-opsawg-pcapng §4.2). */
export interface PacketInterface {
  linkType: number
  /** Bytes of each packet that were kept at most; 0: all. */
  snapLength: number
  /** if_tsresol as it stands: a power of ten, or with the upper bit of two. */
  resolution: number
  /** if_tsoffset: seconds to be added. */
  offset: number
}

const options = { end: 0, resolution: 9, offset: 14 } as const

/** Reads a whole Interface Description Block; options that lie are left out. */
export function readInterface(block: Uint8Array, little: boolean): PacketInterface {
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  const found: PacketInterface = {
    linkType: view.getUint16(8, little),
    snapLength: view.getUint32(12, little),
    resolution: 6,
    offset: 0,
  }
  const end = block.length - 4
  for (let at = 16; at + 4 <= end; ) {
    const code = view.getUint16(at, little)
    const length = view.getUint16(at + 2, little)
    if (code === options.end || at + 4 + length > end) break
    if (code === options.resolution && length === 1) found.resolution = view.getUint8(at + 4)
    if (code === options.offset && length === 8) found.offset = Number(view.getBigInt64(at + 4, little))
    at += 4 + ((length + 3) & ~3)
  }
  return found
}

/** The epoch microseconds of a packet's time, cut where it tells more. */
export function timeOf({ resolution, offset }: PacketInterface, high: number, low: number): number {
  return microseconds(resolution, high, low) + offset * 1e6
}

function microseconds(resolution: number, high: number, low: number): number {
  if (resolution === 6) return high * 2 ** 32 + low
  // 2^32 is 4294967 · 1000 + 296: so no number on the way is beyond what is exact.
  if (resolution === 9) return high * 4_294_967 + Math.floor((high * 296 + low) / 1000)
  const value = (BigInt(high) << 32n) | BigInt(low)
  const unit = resolution > 127 ? 1n << BigInt(resolution & 127) : 10n ** BigInt(resolution)
  return Number((value * 1_000_000n) / unit)
}
