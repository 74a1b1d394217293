import { createSocket, type Socket } from 'node:dgram'
import { createServer, type Server, type Socket as TcpSocket } from 'node:net'
import type { Endpoint } from '../../wire/ip/address.ts'
import { attributeOf, decodeStun, type MalformedStun, type StunMessage, uint16 } from '../../wire/stun/stun-message.ts'
import { stunAttributes as stun } from '../../wire/stun/stun-names.ts'
import { channelOf, numberOf } from '../../wire/stun/stun-values.ts'
import { turnMethods } from '../turn-client/turn-draft.ts'
import { TurnFraming } from '../turn-client/turn-framing.ts'
import { answerAllocate, lifetimeFor, type TurnMemory } from './answer-allocate.ts'
import { authenticate } from './authenticate.ts'
import type { ModelAllocation } from './model-allocation.ts'
import { failure, has, peersOf, softwareField, success, type Way, xorField } from './turn-answer.ts'
import type { Makes, TurnMistake } from './turn-mistakes.ts'

type User = { username: string; key: Uint8Array }

const knownTypes = new Set<number>(Object.values(stun))

/** Ports that are tried until one is free for UDP and TCP both. */
const mostTries = 20

/** A small TURN server (RFC 8656) over UDP and TCP, right in everything but its mistakes. It forgets nothing by time. */
export class ModelTurnServer implements AsyncDisposable {
  readonly #makes: Makes
  readonly #memory: TurnMemory
  readonly #udp: Socket = createSocket('udp4')
  readonly #tcp: Server
  readonly #connections = new Set<TcpSocket>()
  readonly #lingering: ModelAllocation[] = []
  #dead = false

  private constructor(mistakes: readonly TurnMistake[], address: string) {
    this.#makes = (mistake) => mistakes.includes(mistake)
    this.#memory = { address, allocations: new Map(), reserved: new Map(), shared: new Set() }
    this.#tcp = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Listens on one port for both transports. */
  static async start(mistakes: readonly TurnMistake[] = [], address = '127.0.0.1'): Promise<ModelTurnServer> {
    for (let tries = 1; ; tries++) {
      const server = new ModelTurnServer(mistakes, address)
      try {
        return await server.#open(address)
      } catch (error) {
        await server[Symbol.asyncDispose]()
        // A number that is free for TCP may be taken for UDP.
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries >= mostTries) throw error
      }
    }
  }

  async #open(address: string): Promise<this> {
    await new Promise<void>((resolve) => this.#tcp.listen({ host: address, port: 0 }, resolve))
    await new Promise<void>((resolve, reject) => {
      this.#udp.once('error', reject)
      this.#udp.bind({ address, port: this.endpoint.port }, resolve)
    })
    this.#udp.on('message', (bytes, { address: from, port }) => {
      const send = (answer: Uint8Array) => this.#udp.send(answer, port, from, () => {})
      void this.#message(bytes, { id: `udp ${from}:${port}`, from: { address: from, port }, tcp: false, send })
    })
    return this
  }

  get endpoint(): Endpoint {
    const bound = this.#tcp.address()
    if (bound === null || typeof bound === 'string') throw new Error('the model does not listen')
    return { address: bound.address, port: bound.port }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const allocation of [...this.#memory.allocations.values(), ...this.#lingering]) allocation.close()
    for (const socket of this.#memory.reserved.values()) socket.close()
    for (const connection of this.#connections) connection.destroy()
    this.#udp.close()
    await new Promise((resolve) => this.#tcp.close(resolve))
  }

  #accept(socket: TcpSocket): void {
    this.#connections.add(socket)
    const from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    const id = `tcp ${from.address}:${from.port}`
    const framing = new TurnFraming()
    const way: Way = { id, from, tcp: true, send: (bytes) => void socket.write(bytes) }
    socket.on('error', () => {})
    socket.on('close', () => this.#connections.delete(socket))
    socket.on('data', (chunk) => {
      if (this.#makes('answers-nothing-over-tcp')) return
      for (const message of framing.push(chunk)) void this.#message(message, way)
    })
  }

  async #message(bytes: Uint8Array, way: Way): Promise<void> {
    if ((bytes[0] ?? 0xff) >> 4 === 4) return this.#channelData(bytes, way)
    const message = decodeStun(bytes)
    if (this.#makes('dies-of-malformed') && !isWellFormed(message)) this.#dead = true
    if (message.kind !== 'stun' || this.#dead) return
    if (message.class === 'indication') return this.#send(message, way)
    if (message.class === 'request') way.send(await this.#answer(message, way))
  }

  async #answer(request: StunMessage, way: Way): Promise<Uint8Array> {
    const makes = this.#makes
    if (request.method === turnMethods.Binding) {
      return success(request, [xorField(request, stun.XOR_MAPPED_ADDRESS, way.from)])
    }
    const user = authenticate(request, way, makes)
    if ('refusal' in user) return user.refusal
    const unknown = request.attributes.map(({ type }) => type).filter((type) => type < 0x8000 && !knownTypes.has(type))
    if (unknown.length > 0 && !makes('ignores-unknown')) {
      const value = Buffer.alloc(unknown.length * 2)
      for (const [index, type] of unknown.entries()) value.writeUInt16BE(type, index * 2)
      return failure(request, 420, { fields: [{ type: stun.UNKNOWN_ATTRIBUTES, value }], key: user.key })
    }
    if (request.method === turnMethods.Allocate) return answerAllocate(request, way, user, this.#memory, makes)
    const allocation = this.#memory.allocations.get(way.id)
    if (!allocation) {
      const lenient = makes('permits-without-allocation')
      return lenient ? success(request, [], user.key) : failure(request, 437, { key: user.key })
    }
    if (allocation.parts.username !== user.username && !makes('lets-other-users-in')) {
      return failure(request, 441, { key: user.key })
    }
    if (request.method === turnMethods.Refresh) return this.#refresh(request, way, allocation, user)
    const code =
      request.method === turnMethods.ChannelBind ? this.#bind(request, allocation) : this.#permit(request, allocation)
    return code === undefined ? success(request, [], user.key) : failure(request, code, { key: user.key })
  }

  /** RFC 8656 §8.2. */
  #refresh(request: StunMessage, way: Way, allocation: ModelAllocation, { key }: User): Uint8Array {
    const makes = this.#makes
    const family = attributeOf(request, stun.REQUESTED_ADDRESS_FAMILY)?.value[0] ?? 1
    if (family !== 1 && !makes('refreshes-other-family')) return failure(request, 443, { key })
    const asked = attributeOf(request, stun.LIFETIME)
    const ends = asked !== undefined && numberOf(asked) === 0
    if (ends && !makes('keeps-after-zero')) {
      if (makes('relays-for-the-deleted')) this.#lingering.push(allocation)
      else allocation.close()
      this.#memory.allocations.delete(way.id)
    }
    const lifetime = { type: stun.LIFETIME, value: ends ? 0 : lifetimeFor(request, makes) }
    const fields = makes('refreshes-without-lifetime') ? [] : [lifetime]
    return success(request, [...fields, ...softwareField(makes)], key)
  }

  /** RFC 8656 §10.2: the code of the refusal, where it is one. */
  #permit(request: StunMessage, allocation: ModelAllocation): number | undefined {
    const makes = this.#makes
    const peers = peersOf(request)
    if (makes('refuses-permissions')) return 403
    if (peers.length === 0 && !makes('permits-nobody')) return 400
    if (peers.some(isIpv6) && !makes('permits-other-family')) return 443
    for (const peer of peers) allocation.permit(peer)
    return undefined
  }

  /** RFC 8656 §12.2: the code of the refusal, where it is one. */
  #bind(request: StunMessage, allocation: ModelAllocation): number | undefined {
    const makes = this.#makes
    const number = attributeOf(request, stun.CHANNEL_NUMBER)
    const channel = number && channelOf(number)
    const [peer] = peersOf(request)
    if (channel === undefined) return makes('binds-without-channel') ? undefined : 400
    if (!peer) return makes('binds-nobody') ? undefined : 400
    if ((channel < 0x4000 || channel > 0x4fff) && !makes('takes-any-channel')) return 400
    if (channel === 0x4fff && makes('refuses-last-channel')) return 400
    if (isIpv6(peer) && !makes('permits-other-family')) return 443
    const [before, other] = [allocation.channels.get(channel), allocation.channelOf(peer)]
    if (before && other === channel && makes('refuses-rebinding')) return 400
    if (before && other !== channel && !makes('rebinds-channel')) return 400
    if (other !== undefined && other !== channel && !makes('binds-peer-twice')) return 400
    allocation.channels.set(channel, peer)
    if (!makes('binds-without-permission')) allocation.permit(peer)
    return undefined
  }

  /** A Send indication (RFC 8656 §11.2). */
  #send(message: StunMessage, way: Way): void {
    const makes = this.#makes
    const allocation = this.#memory.allocations.get(way.id)
    const [peer] = peersOf(message)
    if (!allocation || !peer || message.method !== turnMethods.Send) return
    if (!has(message, stun.DATA) && !makes('sends-without-data')) return
    if (!allocation.permits(peer) && !makes('sends-without-permission')) return
    allocation.toPeer(attributeOf(message, stun.DATA)?.value ?? new Uint8Array(), peer)
  }

  /** RFC 8656 §12.6. */
  #channelData(bytes: Uint8Array, way: Way): void {
    const makes = this.#makes
    const allocation = this.#memory.allocations.get(way.id)
    if (!allocation || bytes.length < 4) return
    const bound = allocation.channels.get(uint16(bytes, 0))
    const peer = bound ?? (makes('relays-unbound') ? [...allocation.channels.values()][0] : undefined)
    const length = uint16(bytes, 2)
    if (!peer || (4 + length > bytes.length && !makes('relays-cut-data'))) return
    allocation.toPeer(bytes.subarray(4, makes('relays-padding') ? undefined : 4 + length), peer)
  }
}

const isIpv6 = ({ address }: Endpoint) => address.includes(':')

/** The lengths that values of TURN's attributes have (RFC 8656 §18). */
const lengths = new Map<number, number[]>([
  [stun.CHANNEL_NUMBER, [4]],
  [stun.LIFETIME, [4]],
  [stun.XOR_PEER_ADDRESS, [8, 20]],
  [stun.REQUESTED_ADDRESS_FAMILY, [4]],
])

const isWellFormed = (message: StunMessage | MalformedStun): boolean =>
  message.kind === 'stun' &&
  message.attributes.every(({ type, value }) => lengths.get(type)?.includes(value.length) !== false)
