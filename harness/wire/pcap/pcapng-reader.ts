import type { InterfacePacket } from '../captured-packet.ts'
import { ChunkedItems } from './chunked-items.ts'
import { type PacketInterface, readInterface, timeOf } from './pcapng-interface.ts'

/** Secrets that a capture carries for those who decrypt it (draft-ietf-opsawg-pcapng §4.7). */
export interface CaptureSecrets {
  /** 0x544c534b: a TLS key log. */
  type: number
  data: Uint8Array
}

/** No block of packets or secrets is longer than this, bytes; a length above it is a lie, and holds no memory. */
const longestBlock = (1 << 20) + (1 << 17)
/** Interfaces of a section and secrets of a file that are kept. */
const interfacesAtMost = 1 << 16
const secretsAtMost = 1 << 22

const blocks = {
  section: 0x0a0d0d0a,
  interface: 1,
  packet: 2,
  simple: 3,
  enhanced: 6,
  journal: 9,
  secrets: 10,
} as const
/** Bytes of a block that must be there, its two lengths included. */
const shortest: Record<number, number> = { 1: 20, 2: 32, 3: 16, 6: 32, 10: 20 }

/**
 * Reads a pcapng file chunk by chunk, however it is cut: sections of either byte order, several interfaces with their link
 * types and resolutions, all kinds of packet block, secrets (draft-ietf-opsawg-pcapng). Blocks that it does not know it
 * passes over. Never throws; what it cannot read is told by `fault`.
 */
export class PcapngReader {
  /** Why reading stopped: not a capture, a length that lies, or, after `end`, a torn last block. */
  fault: string | undefined
  /** Packets read so far, as Wireshark counts: journal entries are among them. */
  packets = 0
  readonly secrets: CaptureSecrets[] = []

  readonly #items = new ChunkedItems({
    need: (bytes, from, to) => this.#need(bytes, from, to),
    item: (bytes) => this.#item(bytes),
  })
  #little = true
  #begun = false
  #interfaces: PacketInterface[] = []
  #found: InterfacePacket[] = []
  #blocks = 0
  #offset = 0
  #secretBytes = 0
  #lastAt = 0

  /** The packets that this chunk completed, in the file's order; views on the chunk. After a fault there are none. */
  push(chunk: Uint8Array): InterfacePacket[] {
    if (this.fault === undefined) this.#items.push(chunk)
    const found = this.#found
    this.#found = []
    return found
  }

  /** To be called where the file ends. What was wrong with it, or undefined. An empty file is no capture. */
  end(): string | undefined {
    if (this.fault !== undefined) return this.fault
    const { filled, skipping } = this.#items
    if (!this.#begun) this.fault = filled === 0 ? 'empty file' : `torn section header: ${filled} bytes`
    else if (filled > 0) {
      this.fault = `torn block ${this.#blocks + 1} at byte ${this.#offset}: ${filled} of ${this.#items.needed} bytes`
    } else if (skipping > 0) this.fault = `torn block ${this.#blocks}: its last ${skipping} bytes are missing`
    return this.fault
  }

  #need(bytes: Uint8Array, from: number, to: number): number {
    if (this.fault !== undefined) return 0
    if (to - from < 12) return 12
    const section = uint32(bytes, from, false) === blocks.section
    if (!this.#begun && !section) return this.#fail('not a pcapng file: it does not begin with a section header')
    if (section) return this.#beginsSection(bytes, from) ? 12 : 0
    const type = uint32(bytes, from, this.#little)
    const length = uint32(bytes, from + 4, this.#little)
    const least = shortest[type] ?? 12
    if (length < least || length % 4 !== 0) return this.#fail(`${this.#where()} claims ${length} bytes: cannot read on`)
    if (shortest[type] === undefined) return 12
    if (length <= longestBlock) return length
    return type === blocks.secrets ? 12 : this.#fail(`${this.#where()} claims ${length} bytes: cannot read on`)
  }

  #beginsSection(bytes: Uint8Array, from: number): boolean {
    const magic = uint32(bytes, from + 8, false)
    if (magic !== 0x1a2b3c4d && magic !== 0x4d3c2b1a) {
      this.#fail(`a section header at byte ${this.#offset} whose byte-order magic is 0x${magic.toString(16)}`)
      return false
    }
    const length = uint32(bytes, from + 4, magic === 0x4d3c2b1a)
    if (length >= 28 && length % 4 === 0) return true
    this.#fail(`a section header at byte ${this.#offset} claims ${length} bytes: cannot read on`)
    return false
  }

  #item(bytes: Uint8Array): number {
    this.#blocks++
    if (uint32(bytes, 0, false) === blocks.section) {
      this.#little = uint32(bytes, 8, false) === 0x4d3c2b1a
      this.#begun = true
      this.#interfaces = []
      return this.#pass(bytes)
    }
    const type = uint32(bytes, 0, this.#little)
    const length = uint32(bytes, 4, this.#little)
    if (type === blocks.journal) this.packets++
    if (bytes.length < length) return this.#pass(bytes)
    if (uint32(bytes, length - 4, this.#little) !== length) {
      this.#blocks--
      this.#fail(`${this.#where()} ends with another length than it began with: cannot read on`)
      return 0
    }
    this.#offset += length
    if (type === blocks.interface) this.#interface(bytes)
    else if (type === blocks.enhanced || type === blocks.packet) this.#packet(bytes, type)
    else if (type === blocks.simple) this.#simplePacket(bytes)
    else if (type === blocks.secrets) this.#secret(bytes)
    return 0
  }

  /** The rest of a block of which only the beginning is looked at. */
  #pass(bytes: Uint8Array): number {
    const length = uint32(bytes, 4, this.#little)
    this.#offset += length
    return length - bytes.length
  }

  #interface(bytes: Uint8Array): void {
    if (this.#interfaces.length < interfacesAtMost) this.#interfaces.push(readInterface(bytes, this.#little))
  }

  /** An Enhanced Packet Block (§4.3), or the obsolete Packet Block (appendix A), whose interface has 16 bits. */
  #packet(bytes: Uint8Array, type: number): void {
    const little = this.#little
    const index = type === blocks.packet ? uint16(bytes, 8, little) : uint32(bytes, 8, little)
    const captured = uint32(bytes, 20, little)
    if (captured > bytes.length - 32) {
      this.#fail(`packet ${this.packets + 1} claims ${captured} bytes in a block of ${bytes.length}: cannot read on`)
      return
    }
    const from = this.#interfaces[index]
    const at = from ? timeOf(from, uint32(bytes, 12, little), uint32(bytes, 16, little)) : this.#lastAt
    this.#tell(from, at, uint32(bytes, 24, little), bytes.subarray(28, 28 + captured))
  }

  /** A Simple Packet Block (§4.4): of the first interface, without a time. */
  #simplePacket(bytes: Uint8Array): void {
    const from = this.#interfaces[0]
    const length = uint32(bytes, 8, this.#little)
    const captured = Math.min(length, from?.snapLength || length, bytes.length - 16)
    this.#tell(from, this.#lastAt, length, bytes.subarray(12, 12 + captured))
  }

  #tell(from: PacketInterface | undefined, at: number, length: number, data: Uint8Array): void {
    this.packets++
    this.#lastAt = at
    this.#found.push({ at, length, data, linkType: from?.linkType ?? -1 })
  }

  #secret(bytes: Uint8Array): void {
    const length = uint32(bytes, 12, this.#little)
    if (length > bytes.length - 20 || this.#secretBytes + length > secretsAtMost) return
    this.#secretBytes += length
    this.secrets.push({ type: uint32(bytes, 8, this.#little), data: Uint8Array.from(bytes.subarray(16, 16 + length)) })
  }

  #where(): string {
    return `block ${this.#blocks + 1} at byte ${this.#offset}`
  }

  #fail(reason: string): 0 {
    this.fault = reason
    return 0
  }
}

function uint16(bytes: Uint8Array, at: number, little: boolean): number {
  const [a, b] = [bytes[at] as number, bytes[at + 1] as number]
  return little ? (b << 8) | a : (a << 8) | b
}

function uint32(bytes: Uint8Array, at: number, little: boolean): number {
  const a = bytes[at] as number
  const b = bytes[at + 1] as number
  const c = bytes[at + 2] as number
  const d = bytes[at + 3] as number
  return (little ? (d << 24) | (c << 16) | (b << 8) | a : (a << 24) | (b << 16) | (c << 8) | d) >>> 0
}
