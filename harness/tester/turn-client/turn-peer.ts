import type { Endpoint } from '../../wire/ip/address.ts'
import { type Datagram, IceSocket } from '../ice-peer/ice-socket.ts'
import { Inbox } from '../inbox.ts'
import type { ConnectionRecorder } from '../recorder.ts'
import { orNothing } from './turn-client.ts'

/** A datagram that came to a peer. */
export interface AtPeer {
  from: Endpoint
  data: string
}

/** Somebody whom a TURN client talks with: a plain UDP socket. */
export class TurnPeer {
  readonly inbox = new Inbox<AtPeer>(({ data, from }) => `${data.length} bytes from ${from.address}:${from.port}`)
  #socket: IceSocket | undefined

  /** @throws Error when no port can be had. */
  static async open(
    address: string,
    recorder: ConnectionRecorder,
    onDatagram?: (datagram: Datagram) => void,
  ): Promise<TurnPeer> {
    const peer = new TurnPeer()
    peer.#socket = await IceSocket.open(address, (datagram) => {
      recorder.bytes(datagram.direction, datagram.bytes)
      onDatagram?.(datagram)
      if (datagram.direction !== 'received') return
      peer.inbox.push({ from: datagram.remote, data: Buffer.from(datagram.bytes).toString() })
    })
    return peer
  }

  get local(): Endpoint {
    if (!this.#socket) throw new Error('the peer is not open')
    return this.#socket.local
  }

  send(data: string, to: Endpoint): void {
    this.#socket?.send(Buffer.from(data), to)
  }

  /** Throws NothingCame. */
  next(): Promise<AtPeer> {
    return this.inbox.next(() => true, { awaited: 'a datagram at the peer', timeoutMs: 2_000 })
  }

  /** What comes within so many milliseconds; undefined where nothing does. */
  within(timeoutMs: number): Promise<AtPeer | undefined> {
    return orNothing(this.inbox.next(() => true, { awaited: 'a datagram at the peer', timeoutMs }))
  }

  async close(): Promise<void> {
    await this.#socket?.close()
  }
}
