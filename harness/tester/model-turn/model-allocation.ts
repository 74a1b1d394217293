import { randomBytes, randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import type { Endpoint } from '../../wire/ip/address.ts'
import { encodeStun, xorAddressValue } from '../../wire/stun/encode-stun.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { channelDataBytes, turnMethods } from '../turn-client/turn-draft.ts'
import type { Way } from './turn-answer.ts'
import type { Makes } from './turn-mistakes.ts'

/** The dynamic ports, of which a relay takes its own (RFC 8656 §7.2). */
const ports = { first: 49_152, behind: 65_536 }

/** Binds a port of the dynamic range: any, an even, an odd, or a named one. Throws Error when none is free. */
export async function bindRelay(address: string, wanted?: 'even' | 'odd' | number): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    const random = randomInt(ports.first, ports.behind)
    const port = wanted === undefined ? random : typeof wanted === 'number' ? wanted : evenOrOdd(random, wanted)
    const socket = createSocket('udp4')
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.bind({ address, port }, resolve)
      })
      socket.removeAllListeners('error').on('error', () => {})
      return socket
    } catch (error) {
      socket.close()
      if (typeof wanted === 'number' || tries > 20) throw error
    }
  }
}

const evenOrOdd = (port: number, wanted: 'even' | 'odd') => (wanted === 'even' ? port & ~1 : port | 1)

export interface AllocationParts {
  socket: Socket
  /** Another socket, for a server that sends from the wrong one. */
  stray: Socket
  way: Way
  username: string
  transactionId: string
  makes: Makes
  /** Permissions of all allocations, for a server that confuses them. */
  shared: Set<string>
}

/** One allocation of the model: its relayed transport address, permissions and channels (RFC 8656 §6). */
export class ModelAllocation {
  readonly parts: AllocationParts
  readonly relayed: Endpoint
  readonly channels = new Map<number, Endpoint>()
  /** What the Allocate was answered with. */
  answer: Uint8Array | undefined
  readonly #permissions = new Set<string>()

  constructor(parts: AllocationParts) {
    this.parts = parts
    const { address, port } = parts.socket.address()
    this.relayed = { address, port }
    parts.socket.on('message', (bytes, from) => this.#fromPeer(bytes, { address: from.address, port: from.port }))
  }

  permit({ address, port }: Endpoint): void {
    this.#permissions.add(this.parts.makes('compares-ports') ? `${address}:${port}` : address)
    this.parts.shared.add(address)
  }

  permits({ address, port }: Endpoint): boolean {
    const { makes, shared } = this.parts
    if (makes('shares-permissions') && shared.has(address)) return true
    if (makes('permits-all-for-one') && this.#permissions.size > 0) return true
    return this.#permissions.has(makes('compares-ports') ? `${address}:${port}` : address)
  }

  /** Sends data of the client on (RFC 8656 §11.2, §12.6). */
  toPeer(data: Uint8Array, peer: Endpoint): void {
    const { makes, socket, stray } = this.parts
    if (data.length === 0 && makes('drops-empty-data')) return
    const from = makes('sends-from-another-port') ? stray : socket
    from.send(data, peer.port, peer.address, () => {})
  }

  channelOf(peer: Endpoint): number | undefined {
    return [...this.channels].find(([, one]) => one.address === peer.address && one.port === peer.port)?.[0]
  }

  close(): void {
    this.parts.socket.close()
    this.parts.stray.close()
  }

  /** Hands on what a peer sent (RFC 8656 §11.3, §12.7). */
  #fromPeer(bytes: Uint8Array, peer: Endpoint): void {
    const { makes, way } = this.parts
    if (!this.permits(peer) && !makes('lets-everybody-in')) return
    const channel = this.channelOf(peer)
    if (channel !== undefined && !makes('uses-indications-always')) {
      way.send(channelDataBytes(channel, bytes, way.tcp && !makes('pads-nothing')))
      return
    }
    const transactionId = randomBytes(12)
    const told = makes('tells-wrong-peer') ? { ...peer, port: peer.port ^ 1 } : peer
    const fields = [
      { type: stunAttributes.XOR_PEER_ADDRESS, value: xorAddressValue(told, transactionId) },
      { type: stunAttributes.DATA, value: bytes },
    ]
    way.send(encodeStun({ class: 'indication', method: turnMethods.Data, transactionId, fields }))
  }
}
