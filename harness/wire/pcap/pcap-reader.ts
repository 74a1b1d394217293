import type { CapturedPacket } from '../captured-packet.ts'
import { ChunkedItems } from './chunked-items.ts'

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

  readonly #items = new ChunkedItems({
    need: (bytes, from, to) => this.#need(bytes, from, to),
    item: (bytes) => this.#item(bytes),
  })
  #found: CapturedPacket[] = []

  /**
   * The packets that this chunk completed, in the file's order. Their data are views on the chunk. Nanoseconds are cut
   * to microseconds. After a fault there are none.
   */
  push(chunk: Uint8Array): CapturedPacket[] {
    if (this.fault === undefined) this.#items.push(chunk)
    const found = this.#found
    this.#found = []
    return found
  }

  /** To be called where the file ends. What was wrong with it, or undefined. An empty file is no capture. */
  end(): string | undefined {
    if (this.fault !== undefined) return this.fault
    const { filled } = this.#items
    if (this.header === undefined) {
      this.fault = filled === 0 ? 'empty file' : `torn file header: ${filled} of ${fileHeaderLength} bytes`
    } else if (filled > 0) {
      const need = this.#items.needed
      const part = filled < recordHeaderLength ? 'header' : 'data'
      this.fault ??= `torn packet ${this.packets + 1} at byte ${this.offset}: ${filled} of ${need} bytes (${part})`
    }
    return this.fault
  }

  #need(bytes: Uint8Array, from: number, to: number): number {
    if (this.fault !== undefined) return 0
    if (this.header === undefined) return fileHeaderLength
    if (to - from < recordHeaderLength) return recordHeaderLength
    const length = this.#uint32(bytes, from + 8)
    if (length > longestPacket) {
      this.fault = `packet ${this.packets + 1} at byte ${this.offset} claims ${length} bytes: cannot read on`
      return 0
    }
    return recordHeaderLength + length
  }

  #item(bytes: Uint8Array): number {
    if (this.header === undefined) this.#fileHeader(bytes)
    else {
      const fraction = this.#uint32(bytes, 4)
      const micros = this.header.resolution === 'nanoseconds' ? Math.floor(fraction / 1000) : fraction
      this.packets++
      this.#found.push({
        at: this.#uint32(bytes, 0) * 1e6 + micros,
        length: this.#uint32(bytes, 12),
        data: bytes.subarray(recordHeaderLength),
      })
    }
    this.offset += bytes.length
    return 0
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
