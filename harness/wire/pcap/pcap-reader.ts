import type { CapturedPacket } from '../captured-packet.ts'

/** What the first 24 bytes of a classic pcap file say. */
export interface PcapFileHeader {
  linkType: number
  /** Bytes of each packet that were kept at most. */
  snapLength: number
  resolution: 'microseconds' | 'nanoseconds'
  endianness: 'little' | 'big'
}

/** No record is longer than this, bytes; a length above it is a lie, and holds no memory. */
const longestPacket = 1 << 20

const fileHeaderLength = 24
const recordHeaderLength = 16

/**
 * Reads a classic pcap file (micro- or nanoseconds, either endianness) chunk by chunk, however it is cut. Never throws;
 * what it cannot read is told by `fault`. Holds one packet at most.
 *
 * ```ts
 * const reader = new PcapReader()
 * for await (const chunk of createReadStream(path)) for (const packet of reader.push(chunk)) …
 * const fault = reader.end()
 * ```
 */
export class PcapReader {
  /** Known once 24 bytes were pushed. */
  header: PcapFileHeader | undefined
  /** Why reading stopped: not a capture, a length that lies, or, after `end`, a torn last packet. */
  fault: string | undefined
  /** Packets read so far. */
  packets = 0
  /** Bytes of the packets and headers read so far: where in the file the fault is. */
  offset = 0

  #pending = new Uint8Array(fileHeaderLength)
  #filled = 0

  /**
   * The packets that this chunk completed, in the file's order. Their data are views on the chunk. Nanoseconds are cut
   * to microseconds. After a fault there are none.
   */
  push(chunk: Uint8Array): CapturedPacket[] {
    const found: CapturedPacket[] = []
    let position = 0
    // What is left of the chunk before this one is completed first, no more than the one item needs.
    while (this.#filled > 0 && this.fault === undefined) {
      const need = this.#need(this.#pending, 0, this.#filled)
      if (this.fault !== undefined) break
      if (this.#filled >= need) {
        this.#item(this.#pending.subarray(0, need), found)
        this.#filled = 0
        break
      }
      const taken = Math.min(need - this.#filled, chunk.length - position)
      if (taken === 0) return found
      this.#keep(chunk.subarray(position, position + taken), need)
      position += taken
    }
    while (this.fault === undefined) {
      const need = this.#need(chunk, position, chunk.length)
      if (this.fault !== undefined) break
      if (chunk.length - position < need) {
        if (position < chunk.length) this.#keep(chunk.subarray(position), need)
        break
      }
      this.#item(chunk.subarray(position, position + need), found)
      position += need
    }
    return found
  }

  /** To be called where the file ends. What was wrong with it, or undefined. An empty file is no capture. */
  end(): string | undefined {
    if (this.fault !== undefined) return this.fault
    if (this.header === undefined) {
      this.fault = this.#filled === 0 ? 'empty file' : `torn file header: ${this.#filled} of ${fileHeaderLength} bytes`
    } else if (this.#filled > 0) {
      const need = this.#need(this.#pending, 0, this.#filled)
      const part = this.#filled < recordHeaderLength ? 'header' : 'data'
      this.fault ??= `torn packet ${this.packets + 1} at byte ${this.offset}: ${this.#filled} of ${need} bytes (${part})`
    }
    return this.fault
  }

  /** Bytes that the item at `from` has, as far as can be told from what is there up to `to`. */
  #need(bytes: Uint8Array, from: number, to: number): number {
    if (this.header === undefined) return fileHeaderLength
    if (to - from < recordHeaderLength) return recordHeaderLength
    const length = this.#uint32(bytes, from + 8)
    if (length > longestPacket) {
      this.fault = `packet ${this.packets + 1} at byte ${this.offset} claims ${length} bytes: cannot read on`
    }
    return recordHeaderLength + length
  }

  #item(bytes: Uint8Array, found: CapturedPacket[]): void {
    if (this.header === undefined) this.#fileHeader(bytes)
    else {
      const fraction = this.#uint32(bytes, 4)
      const micros = this.header.resolution === 'nanoseconds' ? Math.floor(fraction / 1000) : fraction
      this.packets++
      found.push({
        at: this.#uint32(bytes, 0) * 1e6 + micros,
        length: this.#uint32(bytes, 12),
        data: bytes.subarray(recordHeaderLength),
      })
    }
    this.offset += bytes.length
  }

  #fileHeader(bytes: Uint8Array): void {
    const magic = uint32(bytes, 0, false)
    const kind = magics.get(magic)
    if (kind === undefined) {
      const hint = magic === 0x0a0d0d0a ? ' (this is pcapng)' : ''
      this.fault = `not a classic pcap file: magic number 0x${magic.toString(16).padStart(8, '0')}${hint}`
      return
    }
    const little = kind.endianness === 'little'
    // The upper bits of the link type may tell the length of a frame check sequence.
    this.header = { ...kind, snapLength: uint32(bytes, 16, little), linkType: uint32(bytes, 20, little) & 0xffff }
  }

  #uint32(bytes: Uint8Array, at: number): number {
    return uint32(bytes, at, this.header?.endianness === 'little')
  }

  #keep(part: Uint8Array, need: number): void {
    // A fresh buffer for each packet, since packets handed out are views on it.
    if (this.#filled === 0 || this.#pending.length < need) {
      const grown = new Uint8Array(need)
      grown.set(this.#pending.subarray(0, this.#filled))
      this.#pending = grown
    }
    this.#pending.set(part, this.#filled)
    this.#filled += part.length
  }
}

const magics = new Map<number, Pick<PcapFileHeader, 'resolution' | 'endianness'>>([
  [0xa1b2c3d4, { resolution: 'microseconds', endianness: 'big' }],
  [0xd4c3b2a1, { resolution: 'microseconds', endianness: 'little' }],
  [0xa1b23c4d, { resolution: 'nanoseconds', endianness: 'big' }],
  [0x4d3cb2a1, { resolution: 'nanoseconds', endianness: 'little' }],
])

function uint32(bytes: Uint8Array, at: number, little: boolean): number {
  const a = bytes[at] as number
  const b = bytes[at + 1] as number
  const c = bytes[at + 2] as number
  const d = bytes[at + 3] as number
  return (little ? (d << 24) | (c << 16) | (b << 8) | a : (a << 24) | (b << 16) | (c << 8) | d) >>> 0
}
