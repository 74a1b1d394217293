import type { InterfacePacket } from '../captured-packet.ts'
import { PcapReader } from './pcap-reader.ts'
import { type CaptureSecrets, PcapngReader } from './pcapng-reader.ts'

/** The first four bytes of a pcapng file, whatever its byte order. */
const sectionHeader = [0x0a, 0x0d, 0x0d, 0x0a]

/** Reads a capture file of either format, chunk by chunk, however it is cut. Never throws. */
export class CaptureReader {
  #head = new Uint8Array(0)
  #pcap: PcapReader | undefined
  #pcapng: PcapngReader | undefined

  /** Of a file too short to tell, `pcap`. */
  get format(): 'pcap' | 'pcapng' {
    return this.#pcapng ? 'pcapng' : 'pcap'
  }

  /** Packets read so far. */
  get packets(): number {
    return (this.#pcapng ?? this.#pcap)?.packets ?? 0
  }

  /** Why reading stopped, or undefined while it goes on. */
  get fault(): string | undefined {
    return (this.#pcapng ?? this.#pcap)?.fault
  }

  /** Key logs and other secrets that the capture carries. */
  get secrets(): readonly CaptureSecrets[] {
    return this.#pcapng?.secrets ?? []
  }

  /** The packets that this chunk completed, in the file's order; views on the chunk. After a fault there are none. */
  push(chunk: Uint8Array): InterfacePacket[] {
    if (this.#pcapng) return this.#pcapng.push(chunk)
    if (this.#pcap === undefined) {
      const head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
      this.#head = Uint8Array.from(head.subarray(0, 4))
      if (head.length < 4) return []
      if (sectionHeader.every((byte, index) => head[index] === byte)) {
        this.#pcapng = new PcapngReader()
        return this.#pcapng.push(head)
      }
      this.#pcap = new PcapReader()
      return this.#ofPcap(this.#pcap, head)
    }
    return this.#ofPcap(this.#pcap, chunk)
  }

  /** To be called where the file ends. What was wrong with it, or undefined. */
  end(): string | undefined {
    if (this.#pcapng) return this.#pcapng.end()
    this.#pcap ??= new PcapReader()
    if (this.#pcap.packets === 0 && this.#pcap.header === undefined && this.#head.length < 4)
      this.#pcap.push(this.#head)
    return this.#pcap.end()
  }

  #ofPcap(reader: PcapReader, chunk: Uint8Array): InterfacePacket[] {
    const packets = reader.push(chunk) as InterfacePacket[]
    const linkType = reader.header?.linkType ?? -1
    for (const packet of packets) packet.linkType = linkType
    return packets
  }
}
