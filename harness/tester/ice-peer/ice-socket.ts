import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { epochMicroseconds } from '../../wire/epoch-clock.ts'
import { type Endpoint, normalAddress } from '../../wire/ip/address.ts'

/** One datagram that passed. */
export interface Datagram {
  /** Epoch microseconds. */
  at: number
  direction: 'sent' | 'received'
  local: Endpoint
  remote: Endpoint
  bytes: Uint8Array
}

/** How much of one socket is kept, datagrams and bytes: an agent that floods costs its own case. */
const most = { datagrams: 20_000, bytes: 32 << 20 }

/** A UDP socket that keeps what passes. */
export class IceSocket {
  readonly #socket: Socket
  readonly #onDatagram: (datagram: Datagram, socket: IceSocket) => void
  #local: Endpoint = { address: '', port: 0 }
  #datagrams = 0
  #bytes = 0
  #closed = false

  private constructor(socket: Socket, onDatagram: (datagram: Datagram, socket: IceSocket) => void) {
    this.#socket = socket
    this.#onDatagram = onDatagram
  }

  /**
   * Binds a free port.
   *
   * @param onDatagram told of everything sent and received
   * @throws Error when no port can be had.
   */
  static open(address: string, onDatagram: (datagram: Datagram, socket: IceSocket) => void): Promise<IceSocket> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    const opened = new IceSocket(socket, onDatagram)
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address, port: 0 }, () => {
        socket.off('error', reject)
        // A port that nobody has any more is told here; that is the agent's affair.
        socket.on('error', () => {})
        const { port } = socket.address()
        opened.#local = { address: normalAddress(address), port }
        socket.on('message', (bytes, from) =>
          opened.#pass('received', { address: normalAddress(from.address), port: from.port }, bytes),
        )
        resolve(opened)
      })
    })
  }

  get local(): Endpoint {
    return this.#local
  }

  /** Whether it passed more than is kept. */
  get flooded(): boolean {
    return this.#datagrams > most.datagrams || this.#bytes > most.bytes
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (this.#closed) return
    this.#pass('sent', to, bytes)
    this.#socket.send(bytes, to.port, to.address, () => {})
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }

  #pass(direction: Datagram['direction'], remote: Endpoint, bytes: Uint8Array) {
    if (this.#closed) return
    this.#datagrams++
    this.#bytes += bytes.length
    if (this.flooded) return
    this.#onDatagram({ at: epochMicroseconds(), direction, local: this.#local, remote, bytes }, this)
  }
}
