import type { OutwardPacket } from '../lab/docker/nat-lab.ts'
import { type TapSide, tapSides } from '../lab/embedded/udp-tap.ts'
import type { Endpoint } from '../wire/ip/address.ts'
import { attributeOf } from '../wire/stun/stun-message.ts'
import { stunAttributes } from '../wire/stun/stun-names.ts'
import { xorAddressOf } from '../wire/stun/stun-values.ts'
import { MessageDecoder } from '../wire/trace/message-decoder.ts'
import type { WireMessage } from '../wire/trace/trace.ts'
import { type PairWay, type SeenDatagram, seeMessage } from './pair-wire.ts'

const keyOf = ({ address, port }: Endpoint) => `${address}:${port}`

/** Where a TURN server listens for its clients (RFC 8656 §3.1). */
const turnPort = 3478

/**
 * What two agents say to each other through routers and a TURN server, as each router's outer side shows it: what went
 * through the server is told with the relayed address that it came from, so that it reads like any other path.
 */
export class NatWay implements PairWay {
  readonly #turnAddress: string | undefined
  readonly #decoders: Record<TapSide, MessageDecoder>
  readonly #listeners: ((one: SeenDatagram) => void)[] = []
  /** Relayed address of a client's allocation, by the client's own (RFC 8656 §7). */
  readonly #allocations = new Map<string, Endpoint>()

  constructor(turnAddress: string | undefined) {
    this.#turnAddress = turnAddress
    const decoder = (side: TapSide, index: number) => new MessageDecoder(index, (message) => this.#hear(side, message))
    this.#decoders = { controlling: decoder('controlling', 0), controlled: decoder('controlled', 1) }
  }

  /** The next packet of a side's router: those that come from its TURN server too. */
  push(side: TapSide, { packet, linkType }: Pick<OutwardPacket, 'packet' | 'linkType'>): void {
    this.#decoders[side].push({ ...packet, linkType })
  }

  /** Between routers nobody rewrites candidates. */
  async cover(_side: TapSide, candidate: string): Promise<string> {
    return candidate
  }

  onSeen(listener: (one: SeenDatagram) => void): void {
    this.#listeners.push(listener)
  }

  /** Whether a path, as `SeenDatagram` writes it, has a relayed address at either end. */
  isRelayed(path: string): boolean {
    const ends = path.split('>')
    return [...this.#allocations.values()].some((relayed) => ends.includes(keyOf(relayed)))
  }

  #hear(side: TapSide, message: WireMessage) {
    const { source, destination, body, relayed } = message
    if (source.address === this.#turnAddress) return this.#allocation(message)
    if (relayed) {
      const own = this.#allocations.get(keyOf(source))
      if (own && relayed.peer) return this.#tell(side, message, own, relayed.peer)
      return
    }
    // What is said to the server itself is no matter of the two.
    if (destination.address === this.#turnAddress && destination.port === turnPort) return
    if (message.transport !== 'udp' || body.kind === 'channel-data') return
    this.#tell(side, message, source, destination)
  }

  #allocation({ body, destination }: WireMessage) {
    if (body.kind !== 'stun' || body.method !== 3 || body.class !== 'success') return
    const attribute = attributeOf(body, stunAttributes.XOR_RELAYED_ADDRESS)
    const relayed = attribute && xorAddressOf(attribute, body)
    if (relayed) this.#allocations.set(keyOf(destination), relayed)
  }

  #tell(side: TapSide, message: WireMessage, source: Endpoint, destination: Endpoint) {
    const path = `${keyOf(source)}>${keyOf(destination)}`
    const seen = seeMessage(message, side, path)
    for (const listener of this.#listeners) listener(seen)
  }
}

/** On which kind of path the last data of each side went: `relay` where either end of it is a relayed address. */
export function kindOfPath(way: NatWay, seen: readonly SeenDatagram[]): 'direct' | 'relay' | undefined {
  const last = tapSides.map((side) => seen.findLast(({ from, kind }) => from === side && kind === 'data'))
  if (last.some((one) => one === undefined)) return undefined
  return last.some((one) => way.isRelayed(one?.path ?? '')) ? 'relay' : 'direct'
}
