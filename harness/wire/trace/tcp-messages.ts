import type { IpLocation } from '../ip/locate-ip.ts'
import { uint32 } from '../stun/stun-message.ts'
import { tcpFlags } from '../tcp/decode-tcp.ts'
import { StreamFraming } from '../tcp/stream-framing.ts'
import { type StreamBudget, StreamReassembler } from '../tcp/stream-reassembler.ts'
import type { Direction, Directions } from './directions.ts'

/** Bytes of all streams that wait for what is missing of them. */
const waitingAtMost = 32 << 20

/** One direction of a TCP connection. */
export interface TcpStream {
  reassembler: StreamReassembler
  framing: StreamFraming
}

export interface TcpListener {
  message(direction: Direction, bytes: Uint8Array): void
  /** Bytes that are no message of ours. */
  other(direction: Direction, bytes: number): void
}

/** Finds the messages in the TCP connections of a capture. */
export class TcpMessages {
  /** What the capture lacks of streams whose messages are read. */
  readonly missing = { gaps: 0, bytes: 0 }
  readonly #budget: StreamBudget = { used: 0, limit: waitingAtMost }
  readonly #directions: Directions
  readonly #listener: TcpListener

  constructor(directions: Directions, listener: TcpListener) {
    this.#directions = directions
    this.#listener = listener
  }

  /** Takes one segment. False where it was cut by the capture. */
  push(network: Uint8Array, ip: IpLocation): boolean {
    const at = ip.payload
    if (at + 20 > Math.min(network.length, ip.end)) return true
    const headerLength = ((network[at + 12] as number) >> 4) * 4
    const length = ip.end - at - headerLength
    if (headerLength < 20 || length < 0) return true
    const ports = uint32(network, at)
    const direction = this.#directions.of('tcp', network, ip.addresses, ip.addressLength, ports)
    const flags = network[at + 13] as number
    const sequence = uint32(network, at + 4)
    direction.stream ??= this.#begin(direction)
    const { reassembler, framing } = direction.stream
    if (flags & tcpFlags.syn && reassembler.open(sequence)) framing.open()
    const data = network.subarray(at + headerLength, ip.end)
    if (flags & tcpFlags.ack) direction.reverse?.stream?.reassembler.acknowledged(uint32(network, at + 8))
    // The order of what nobody reads does not matter.
    if (framing.framing === 'foreign') {
      if (length > 0) this.#listener.other(direction, length)
    } else reassembler.push(flags & tcpFlags.syn ? (sequence + 1) >>> 0 : sequence, data, length)
    if (flags & tcpFlags.fin) reassembler.finish()
    if (flags & tcpFlags.rst) reassembler.close()
    return data.length >= length
  }

  #begin(direction: Direction): TcpStream {
    const framing = new StreamFraming(
      (bytes) => this.#listener.message(direction, bytes),
      (bytes) => {
        if (bytes > 0) this.#listener.other(direction, bytes)
      },
      this.#budget,
    )
    const listener = {
      data: (bytes: Uint8Array) => framing.push(bytes),
      gap: (bytes: number) => {
        if (framing.framing && framing.framing !== 'foreign') {
          this.missing.gaps++
          this.missing.bytes += bytes
        }
        framing.gap()
      },
    }
    return { framing, reassembler: new StreamReassembler(listener, this.#budget) }
  }
}
