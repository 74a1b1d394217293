import { randomBytes } from 'node:crypto'
import type { CapturedPacket } from '../captured-packet.ts'
import { type Endpoint, parseAddress } from '../ip/address.ts'
import { internetChecksum } from '../ip/internet-checksum.ts'
import { linkTypes } from '../link-type.ts'
import { tcpFlags } from './decode-tcp.ts'

/** The side of a connection that opened it, or the one that was called. */
export type TcpSide = 'client' | 'server'

export interface TcpSynthesizerOptions {
  client: Endpoint
  server: Endpoint
  /** Called for each packet as it is made. */
  emit: (packet: CapturedPacket) => void
  /** Raw IP (101, the default) or Ethernet (1). */
  linkType?: typeof linkTypes.raw | typeof linkTypes.ethernet
  /** Bytes of payload in a segment at most; 1460 by default. */
  segmentSize?: number
  /** Initial sequence numbers; random by default. */
  initialSequence?: Record<TcpSide, number>
}

interface Half {
  address: Uint8Array
  port: number
  /** The next sequence number that this side sends. */
  next: number
  finished: boolean
}

/**
 * Makes the packets of a TCP connection of which only the bytes and the times are known: handshake, segments with their
 * acknowledgments, and the end, with the sequence numbers and checksums that a network would show (RFC 9293).
 */
export class TcpSynthesizer {
  readonly #options: TcpSynthesizerOptions
  readonly #halves: Record<TcpSide, Half>
  readonly #segmentSize: number
  #identification = 0
  #over = false

  /** Throws TypeError where an address is no IP address, or they are of two families. */
  constructor(options: TcpSynthesizerOptions) {
    this.#options = options
    this.#segmentSize = options.segmentSize ?? 1460
    const half = (side: TcpSide): Half => ({
      address: parseAddress(options[side].address),
      port: options[side].port,
      next: options.initialSequence?.[side] ?? randomBytes(4).readUInt32BE(),
      finished: false,
    })
    this.#halves = { client: half('client'), server: half('server') }
    if (this.#halves.client.address.length !== this.#halves.server.address.length) {
      throw new TypeError(`addresses of two families: ${options.client.address}, ${options.server.address}`)
    }
  }

  /** The handshake. @param at epoch microseconds */
  open(at: number): void {
    this.#send('client', tcpFlags.syn, at)
    this.#send('server', tcpFlags.syn | tcpFlags.ack, at)
    this.#send('client', tcpFlags.ack, at)
  }

  /** Bytes that one side sent, which the other acknowledges. Nothing after that side's end. @param at epoch microseconds */
  data(from: TcpSide, bytes: Uint8Array, at: number): void {
    if (this.#over || this.#halves[from].finished) return
    let unacknowledged = 0
    for (let start = 0; start < bytes.length; start += this.#segmentSize) {
      const payload = bytes.subarray(start, start + this.#segmentSize)
      const last = start + this.#segmentSize >= bytes.length
      this.#send(from, tcpFlags.ack | (last ? tcpFlags.psh : 0), at, payload)
      // At least every second segment is acknowledged (RFC 9293, section 3.8.6.3).
      if (++unacknowledged === 2 || last) {
        this.#send(other(from), tcpFlags.ack, at)
        unacknowledged = 0
      }
    }
  }

  /** One side sends no more. @param at epoch microseconds */
  finish(from: TcpSide, at: number): void {
    if (this.#over || this.#halves[from].finished) return
    this.#send(from, tcpFlags.fin | tcpFlags.ack, at)
    this.#halves[from].finished = true
    this.#send(other(from), tcpFlags.ack, at)
    this.#over = this.#halves[other(from)].finished
  }

  /** One side aborts the connection. @param at epoch microseconds */
  reset(from: TcpSide, at: number): void {
    if (this.#over) return
    this.#send(from, tcpFlags.rst | tcpFlags.ack, at)
    this.#over = true
  }

  #send(from: TcpSide, flags: number, at: number, payload: Uint8Array = nothing): void {
    const sender = this.#halves[from]
    const receiver = this.#halves[other(from)]
    const syn = (flags & tcpFlags.syn) !== 0
    // Only a SYN has an option: the maximum segment size, 2 4 <16 bits>.
    const headerLength = syn ? 24 : 20
    const segment = new Uint8Array(headerLength + payload.length)
    const view = new DataView(segment.buffer)
    view.setUint16(0, sender.port)
    view.setUint16(2, receiver.port)
    view.setUint32(4, sender.next)
    view.setUint32(8, flags & tcpFlags.ack ? receiver.next : 0)
    view.setUint8(12, (headerLength / 4) << 4)
    view.setUint8(13, flags)
    view.setUint16(14, 65_535)
    if (syn) view.setUint32(20, (2 << 24) | (4 << 16) | Math.min(this.#segmentSize, 65_535))
    segment.set(payload, headerLength)
    view.setUint16(16, internetChecksum(pseudoHeader(sender.address, receiver.address, segment.length), segment))
    sender.next = (sender.next + payload.length + (flags & (tcpFlags.syn | tcpFlags.fin) ? 1 : 0)) >>> 0

    const v6 = sender.address.length === 16
    const parts = [
      v6 ? ipv6Header(sender, receiver, segment.length) : this.#ipv4Header(sender, receiver, segment.length),
    ]
    if (this.#options.linkType === linkTypes.ethernet) parts.unshift(ethernetHeader(from, v6))
    const data = Buffer.concat([...parts, segment])
    this.#options.emit({ at, length: data.length, data })
  }

  /** RFC 791, section 3.1; never fragmented. */
  #ipv4Header(sender: Half, receiver: Half, length: number): Uint8Array {
    const header = new Uint8Array(20)
    const view = new DataView(header.buffer)
    view.setUint8(0, 0x45)
    view.setUint16(2, 20 + length)
    view.setUint16(4, this.#identification++)
    view.setUint16(6, 0x4000)
    view.setUint8(8, 64)
    view.setUint8(9, 6)
    header.set(sender.address, 12)
    header.set(receiver.address, 16)
    view.setUint16(10, internetChecksum(header))
    return header
  }
}

const nothing = new Uint8Array(0)

function other(side: TcpSide): TcpSide {
  return side === 'client' ? 'server' : 'client'
}

/** RFC 8200, section 3. */
function ipv6Header(sender: Half, receiver: Half, length: number): Uint8Array {
  const header = new Uint8Array(40)
  const view = new DataView(header.buffer)
  view.setUint8(0, 0x60)
  view.setUint16(4, length)
  view.setUint8(6, 6)
  view.setUint8(7, 64)
  header.set(sender.address, 8)
  header.set(receiver.address, 24)
  return header
}

/** RFC 9293, section 3.1, and RFC 8200, section 8.1: what the checksum covers beside the segment. */
function pseudoHeader(source: Uint8Array, destination: Uint8Array, length: number): Uint8Array {
  return source.length === 4
    ? Uint8Array.of(...source, ...destination, 0, 6, length >> 8, length)
    : Uint8Array.of(...source, ...destination, 0, 0, length >> 8, length, 0, 0, 0, 6)
}

/** Locally administered addresses that end in 1 (client) and 2 (server). */
function ethernetHeader(from: TcpSide, v6: boolean): Uint8Array {
  const [source, destination] = from === 'client' ? [1, 2] : [2, 1]
  return Uint8Array.of(2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source, ...(v6 ? [0x86, 0xdd] : [8, 0]))
}
