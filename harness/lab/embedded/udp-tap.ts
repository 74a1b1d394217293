import { createSocket, type Socket } from 'node:dgram'
import type { CapturedPacket, PacketSource } from '../../wire/captured-packet.ts'
import { epochMicroseconds } from '../../wire/epoch-clock.ts'
import type { Endpoint } from '../../wire/ip/address.ts'
import { linkTypes } from '../../wire/link-type.ts'
import { encodeStun, xorAddressValue } from '../../wire/stun/encode-stun.ts'
import { decodeStun, looksLikeStun } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { encodeUdp } from '../../wire/udp/encode-udp.ts'
import { formatCandidate, parseCandidate } from '../ice-candidate.ts'
import { LabError } from '../lab.ts'
import type { NatKind } from '../nat.ts'

export const tapSides = ['controlling', 'controlled'] as const
/** The two agents that a tap stands between, by their roles in ICE. */
export type TapSide = (typeof tapSides)[number]

export interface UdpTapSide {
  nat?: NatKind
  /** Address of this machine under which the agent finds the tap; 127.0.0.1 by default. */
  address?: string
  /** Whether the tap can reach an address that the agent gathered; by default whether it is `address`. */
  reaches?(address: string): boolean
}

export interface UdpTapOptions extends Partial<Record<TapSide, UdpTapSide>> {
  /** Milliseconds that every datagram takes. */
  delayMs?: number
  /** Share of datagrams that are lost, 0 to 1. */
  loss?: number
  /** Gives numbers from 0 to 1 for `loss`. */
  random?: () => number
}

/** What an inner address is known as outside (RFC 4787 §4.1). */
interface Mapping {
  side: TapSide
  inner: Endpoint
  outer: Endpoint
  socket: Socket
  /** Outer endpoints that it has sent to. */
  allowed: Set<string>
}

/** A datagram as the outer side sees it. */
export interface TappedDatagram {
  /** Epoch microseconds. */
  at: number
  from: TapSide | 'stun-server'
  /** Where it is not the other agent. */
  to?: 'stun-server' | 'nobody'
  source: Endpoint
  destination: Endpoint
  bytes: Uint8Array
  /** A NAT lets it go no further. */
  dropped?: boolean
}

export const otherSide = (side: TapSide): TapSide => (side === 'controlling' ? 'controlled' : 'controlling')
const keyOf = ({ address, port }: Endpoint) => `${address}:${port}`

/**
 * A relay for UDP between two agents, in user space: each agent is told addresses of the tap in place of the other's
 * (`cover`), and what it sends there goes on to the other from the address by which that one knows it. Each agent stands behind
 * a NAT of its own, and may ask a STUN server in front of that (`stunServer`). The capture shows the outer side, between the NATs.
 */
export class UdpTap implements AsyncDisposable {
  readonly packets: PacketSource
  readonly #options: UdpTapOptions
  readonly #mappings = new Map<string, Promise<Mapping>>()
  readonly #dark = new Map<string, Promise<Endpoint>>()
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #listeners: ((datagram: TappedDatagram) => void)[] = []
  #closed = false

  constructor(options: UdpTapOptions = {}) {
    this.#options = options
    this.packets = {
      linkType: linkTypes.raw,
      onPacket: (listener) => this.onDatagram((one) => listener(packetOf(one))),
    }
  }

  /** Called for every datagram that comes to the outer side, also for those that a NAT drops then. */
  onDatagram(listener: (datagram: TappedDatagram) => void): void {
    this.#listeners.push(listener)
  }

  /**
   * A candidate as the other side is to be told it; undefined where the tap cannot carry it (TCP, an address that it does
   * not reach). Behind a NAT a host candidate is known to nobody outside: it becomes an address where nobody answers.
   *
   * @throws LabError when no socket can be had
   */
  async cover(side: TapSide, candidate: string): Promise<string | undefined> {
    const parsed = parseCandidate(candidate)
    if (parsed?.transport !== 'udp') return undefined
    const hidden = this.#natOf(side) !== 'none'
    if (parsed.type !== 'host') {
      return formatCandidate(hidden ? parsed : { ...parsed, relatedAddress: '0.0.0.0', relatedPort: 0 })
    }
    if (!this.#reaches(side, parsed.address)) return undefined
    const { address, port } = parsed
    const outer = hidden
      ? await this.#darkness(side, { address, port })
      : (await this.#mapping(side, { address, port })).outer
    return formatCandidate({ ...parsed, ...outer })
  }

  /** Opens a STUN server (RFC 8489 §2) in front of the NAT of one side. */
  async stunServer(side: TapSide): Promise<Endpoint> {
    const address = this.#addressFor(side)
    const socket = await this.#bind(address)
    const own = { address, port: socket.address().port }
    socket.on('message', async (bytes, from) => {
      const request = looksLikeStun(bytes) ? decodeStun(bytes) : undefined
      const mapping = await this.#mapping(side, { address: from.address, port: from.port }, own).catch(() => undefined)
      if (!mapping) return
      this.#capture({ from: side, to: 'stun-server' }, mapping.outer, own, bytes)
      mapping.allowed.add(keyOf(own))
      if (request?.kind !== 'stun' || request.class !== 'request') return
      const transactionId = Buffer.from(request.transactionId, 'hex')
      const value = xorAddressValue(mapping.outer, transactionId)
      const fields = [{ type: stunAttributes.XOR_MAPPED_ADDRESS, value }]
      const answer = encodeStun({ class: 'success', method: request.method, transactionId, fields })
      this.#capture({ from: 'stun-server' }, own, mapping.outer, answer)
      this.#later(() => socket.send(answer, from.port, from.address))
    })
    return own
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all([...this.#sockets].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
  }

  #natOf = (side: TapSide): NatKind => this.#options[side]?.nat ?? 'none'
  #addressFor = (side: TapSide): string => this.#options[side]?.address ?? '127.0.0.1'

  #reaches(side: TapSide, address: string): boolean {
    return this.#options[side]?.reaches?.(address) ?? address === this.#addressFor(side)
  }

  /** What an inner address is outside; a symmetric NAT gives it another one for each endpoint that it sends to. */
  #mapping(side: TapSide, inner: Endpoint, to?: Endpoint): Promise<Mapping> {
    const towards = this.#natOf(side) === 'symmetric' && to ? keyOf(to) : ''
    const key = `${side} ${keyOf(inner)} ${towards}`
    const known = this.#mappings.get(key)
    if (known) return known
    const made = this.#open(side, inner)
    this.#mappings.set(key, made)
    return made
  }

  async #open(side: TapSide, inner: Endpoint): Promise<Mapping> {
    // It is the other side that talks to it.
    const address = this.#addressFor(otherSide(side))
    const socket = await this.#bind(address)
    const mapping: Mapping = {
      side,
      inner,
      outer: { address, port: socket.address().port },
      socket,
      allowed: new Set(),
    }
    socket.on('message', (bytes, { address, port }) => this.#relay(mapping, { address, port }, bytes))
    return mapping
  }

  /** A datagram of the other side has come to the outer address of `target`. */
  async #relay(target: Mapping, from: Endpoint, bytes: Uint8Array) {
    const source = await this.#mapping(otherSide(target.side), from, target.outer).catch(() => undefined)
    if (!source || this.#closed) return
    source.allowed.add(keyOf(target.outer))
    const kind = this.#natOf(target.side)
    const filters = kind === 'port-restricted' || kind === 'symmetric'
    const dropped = filters && !target.allowed.has(keyOf(source.outer))
    this.#capture({ from: source.side, dropped }, source.outer, target.outer, bytes)
    if (dropped) return
    const { loss = 0, random = Math.random } = this.#options
    if (loss > 0 && random() < loss) return
    this.#later(() => source.socket.send(bytes, target.inner.port, target.inner.address))
  }

  /** An address that takes everything and answers nothing. */
  #darkness(side: TapSide, inner: Endpoint): Promise<Endpoint> {
    const key = `${side} ${keyOf(inner)}`
    const known = this.#dark.get(key) ?? this.#openDark(side)
    this.#dark.set(key, known)
    return known
  }

  async #openDark(side: TapSide): Promise<Endpoint> {
    const address = this.#addressFor(otherSide(side))
    const socket = await this.#bind(address)
    const dark = { address, port: socket.address().port }
    socket.on('message', async (bytes, from) => {
      const inner = { address: from.address, port: from.port }
      const source = await this.#mapping(otherSide(side), inner, dark).catch(() => undefined)
      if (source) this.#capture({ from: source.side, to: 'nobody' }, source.outer, dark, bytes)
    })
    return dark
  }

  #later(send: () => void) {
    const guarded = () => {
      if (!this.#closed) send()
    }
    const { delayMs = 0 } = this.#options
    if (delayMs <= 0) return guarded()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      guarded()
    }, delayMs)
    this.#timers.add(timer)
  }

  #capture(
    how: Pick<TappedDatagram, 'from' | 'to' | 'dropped'>,
    source: Endpoint,
    destination: Endpoint,
    bytes: Uint8Array,
  ) {
    const datagram = { at: epochMicroseconds(), ...how, source, destination, bytes }
    for (const listener of this.#listeners) listener(datagram)
  }

  #bind(address: string): Promise<Socket> {
    if (this.#closed) return Promise.reject(new LabError('the tap is closed'))
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    this.#sockets.add(socket)
    return new Promise((resolve, reject) => {
      socket.once('error', (cause) => {
        this.#sockets.delete(socket)
        reject(new LabError(`the tap cannot open a UDP socket on ${address}: ${cause.message}`, { cause }))
      })
      socket.bind(0, address, () => {
        // What a socket says later (an agent that is gone refuses datagrams) is no news.
        socket.removeAllListeners('error').on('error', () => {})
        resolve(socket)
      })
    })
  }
}

function packetOf({ at, source, destination, bytes }: TappedDatagram): CapturedPacket {
  const data = encodeUdp({ source, destination, payload: bytes })
  return { at, length: data.length, data }
}
