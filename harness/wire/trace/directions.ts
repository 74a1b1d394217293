import type { HelloFragments } from '../dtls/hello-fragments.ts'
import { type Endpoint, formatAddress } from '../ip/address.ts'
import type { ChannelBindings } from '../turn/channel-bindings.ts'
import type { TcpStream } from './tcp-messages.ts'

/** What is known of the two ends of a 5-tuple, whoever sends. */
export interface Conversation {
  /** A STUN message was seen: then RFC 7983 says what everything else is. */
  stun: boolean
  /** A DTLS record that told its version was seen: then those of DTLS 1.3, which do not, can be told. */
  dtls: boolean
  /** Once a ChannelBind was seen. */
  channels?: ChannelBindings
}

/** One direction of a 5-tuple. Its endpoints are the same objects in each message, so that they can be looked up by. */
export interface Direction {
  transport: 'udp' | 'tcp'
  source: Endpoint
  destination: Endpoint
  conversation: Conversation
  /** The other direction, once it was seen. */
  reverse?: Direction
  /** Hellos of DTLS that come in fragments. */
  hellos?: HelloFragments
  /** Of TCP. */
  stream?: TcpStream
}

/** Directions that are remembered: above it a quarter of the oldest is forgotten, those without STUN first. */
const atMost = 1 << 14

/** All the directions of a capture, found by the bytes of their addresses and ports. */
export class Directions {
  readonly #known = new Map<string, Direction>()

  /**
   * @param packet where the addresses are, source before destination
   * @param at of the source's address
   * @param ports the two ports, source first
   */
  of(transport: 'udp' | 'tcp', packet: Uint8Array, at: number, addressLength: 4 | 16, ports: number): Direction {
    const key = keyOf(transport, packet, at, addressLength, ports)
    return this.#known.get(key) ?? this.#begin(key, transport, packet, at, addressLength, ports)
  }

  all(): Iterable<Direction> {
    return this.#known.values()
  }

  #begin(key: string, transport: 'udp' | 'tcp', packet: Uint8Array, at: number, length: 4 | 16, ports: number) {
    const source = { address: formatAddress(packet.subarray(at, at + length)), port: Math.floor(ports / 65_536) }
    const destination = {
      address: formatAddress(packet.subarray(at + length, at + 2 * length)),
      port: ports % 65_536,
    }
    const turned = new Uint8Array(2 * length)
    turned.set(packet.subarray(at + length, at + 2 * length))
    turned.set(packet.subarray(at, at + length), length)
    const reverse = this.#known.get(keyOf(transport, turned, 0, length, destination.port * 65_536 + source.port))
    const conversation = reverse?.conversation ?? { stun: false, dtls: false, channels: undefined }
    const direction: Direction = {
      transport,
      source,
      destination,
      conversation,
      reverse,
      hellos: undefined,
      stream: undefined,
    }
    if (reverse) reverse.reverse = direction
    if (this.#known.size >= atMost) this.#forget()
    this.#known.set(key, direction)
    return direction
  }

  #forget(): void {
    let left = atMost >> 2
    for (const wanted of [false, true]) {
      for (const [key, { conversation, reverse, stream }] of this.#known) {
        if (left === 0) return
        if (conversation.stun !== wanted) continue
        this.#known.delete(key)
        if (reverse) reverse.reverse = undefined
        stream?.framing.gap()
        stream?.reassembler.forget()
        left--
      }
    }
  }
}

/** Made of numbers that fit into a text's units, for IPv4 six of them: quicker than any text of an address. */
function keyOf(transport: 'udp' | 'tcp', packet: Uint8Array, at: number, length: 4 | 16, ports: number): string {
  const word = (from: number) => ((packet[from] as number) << 8) | (packet[from + 1] as number)
  const from = Math.floor(ports / 65_536)
  const to = ports % 65_536
  const kind = transport === 'udp' ? 17 : 6
  if (length === 4) return String.fromCharCode(kind, word(at), word(at + 2), word(at + 4), word(at + 6), from, to)
  const units = [kind, from, to]
  for (let i = 0; i < 32; i += 2) units.push(word(at + i))
  return String.fromCharCode(...units)
}
