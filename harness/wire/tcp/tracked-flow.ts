import type { CapturedPacket } from '../captured-packet.ts'
import type { Endpoint } from '../ip/address.ts'
import { type TcpSegment, tcpFlags } from './decode-tcp.ts'

/** One TCP connection in a capture: its packets so far, and whether it is over. */
export class TrackedFlow {
  /** `address port address port` of both ends, the same for either direction. */
  readonly tuple: string
  /** The sender of the first packet, and its receiver. */
  readonly ends: readonly [Endpoint, Endpoint]
  /** Epoch microseconds of the first packet. */
  readonly since: number
  /** True where the capture saw the connection being opened. */
  readonly fromTheStart: boolean
  readonly packets: CapturedPacket[] = []
  /** Bytes of the packets kept. */
  bytes = 0
  /** Packets that were not kept, for lack of room. */
  dropped = 0
  /** Told by the splitter: nothing more is expected of this flow (a new connection took its ports, its grace is over). */
  settled = false

  readonly #firstSource: string
  readonly #halves: [Half, Half] = [{}, {}]
  #reset = false

  constructor(segment: TcpSegment, at: number) {
    this.tuple = tupleOf(segment)
    this.ends = [segment.source, segment.destination]
    this.since = at
    this.fromTheStart = (segment.flags & tcpFlags.syn) !== 0
    this.#firstSource = endName(segment.source)
  }

  /** Follows the connection's state, whether the packet is kept or not. */
  follow(segment: TcpSegment): void {
    const sender = this.#half(segment)
    const receiver = sender === this.#halves[0] ? this.#halves[1] : this.#halves[0]
    if (segment.flags & tcpFlags.syn) sender.initial ??= segment.sequence
    if (segment.flags & tcpFlags.rst) this.#reset = true
    if (segment.flags & tcpFlags.fin) sender.finished ??= (segment.sequence + segment.payloadLength + 1) >>> 0
    if (segment.flags & tcpFlags.ack && receiver.finished !== undefined) {
      receiver.acknowledged ||= ((segment.acknowledgment - receiver.finished) | 0) >= 0
    }
  }

  /** True where this segment opens another connection between the same ports. */
  isAnotherOpening(segment: TcpSegment): boolean {
    if ((segment.flags & (tcpFlags.syn | tcpFlags.ack)) !== tcpFlags.syn) return false
    return this.#half(segment).initial !== segment.sequence
  }

  /** FIN seen from both sides, or RST from either. */
  get closed(): boolean {
    return this.#reset || this.#halves.every((half) => half.finished !== undefined)
  }

  /** Closed, and no packet of it is expected any more: the last FIN is acknowledged too. */
  get complete(): boolean {
    return this.settled || this.#reset || this.#halves.every((half) => half.acknowledged)
  }

  #half(segment: TcpSegment): Half {
    return this.#halves[endName(segment.source) === this.#firstSource ? 0 : 1]
  }
}

/** What is known of the bytes that one side sends. */
interface Half {
  /** Sequence number of its SYN. */
  initial?: number
  /** Sequence number behind its FIN. */
  finished?: number
  /** The other side has acknowledged the FIN. */
  acknowledged?: boolean
}

/** The same for both directions of a connection. */
export function tupleOf(segment: TcpSegment): string {
  const source = endName(segment.source)
  const destination = endName(segment.destination)
  return source < destination ? `${source} ${destination}` : `${destination} ${source}`
}

function endName(end: Endpoint): string {
  return `${end.address} ${end.port}`
}
