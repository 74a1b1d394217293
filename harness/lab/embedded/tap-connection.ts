import { connect, type Socket } from 'node:net'
import type { CapturedPacket } from '../../wire/captured-packet.ts'
import { epochMicroseconds } from '../../wire/epoch-clock.ts'
import { type Endpoint, normalAddress } from '../../wire/ip/address.ts'
import { TcpSynthesizer } from '../../wire/tcp/tcp-synthesizer.ts'
import { resetSocket } from './reset-socket.ts'
import { type DirectionFaults, TapDirection } from './tap-direction.ts'

/** The direction in which bytes go through a tap. */
export type TapDirectionName = 'clientToServer' | 'serverToClient'

export interface TapConnectionOptions {
  /** The client's socket; made with `allowHalfOpen`. */
  client: Socket
  target: { host: string; port: number }
  /** Port of the server in the capture. */
  shownPort: number
  faults: Record<TapDirectionName, DirectionFaults>
  held: Record<TapDirectionName, boolean>
  emit: (packet: CapturedPacket) => void
  /** Called with the tap's own port once the target is connected. */
  connected: (port: number) => void
  /** Called once, when both sockets are gone. */
  closed: () => void
}

/** One connection through a tap: two sockets, and the packets of the client's side of it. */
export class TapConnection {
  /** The connection as the capture shows it. */
  readonly flow: { client: Endpoint; server: Endpoint }
  readonly #client: Socket
  readonly #server: Socket
  readonly #capture: TcpSynthesizer
  readonly #directions: Record<TapDirectionName, TapDirection>
  #over = false

  constructor({ client, target, shownPort, faults, held, emit, connected, closed }: TapConnectionOptions) {
    this.flow = {
      client: { address: normalAddress(client.remoteAddress ?? '127.0.0.1'), port: client.remotePort ?? 0 },
      server: { address: normalAddress(client.localAddress ?? '127.0.0.1'), port: shownPort },
    }
    this.#client = client
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true })
    this.#capture = new TcpSynthesizer({ ...this.flow, emit })
    this.#capture.open(epochMicroseconds())

    // The capture is the one that would be made beside the client: what it sends when it comes, what it gets when it goes.
    this.#directions = {
      clientToServer: new TapDirection(client, this.#server, faults.clientToServer, held.clientToServer, {
        received: (bytes) => this.#capture.data('client', bytes, epochMicroseconds()),
        receivedEnd: () => this.#capture.finish('client', epochMicroseconds()),
        passed: () => {},
        passedEnd: () => {},
        abort: () => this.abort(),
      }),
      serverToClient: new TapDirection(this.#server, client, faults.serverToClient, held.serverToClient, {
        received: () => {},
        receivedEnd: () => {},
        passed: (bytes) => this.#capture.data('server', bytes, epochMicroseconds()),
        passedEnd: () => this.#capture.finish('server', epochMicroseconds()),
        abort: () => this.abort(),
      }),
    }
    client.on('error', () => {
      this.#capture.reset('client', epochMicroseconds())
      this.#directions.clientToServer.senderAborted()
    })
    this.#server.on('error', () => this.#directions.serverToClient.senderAborted())

    this.#server.on('connect', () => connected(this.#server.localPort ?? 0))
    let left = 2
    for (const socket of [client, this.#server]) {
      socket.on('close', () => {
        if (--left > 0) return
        this.#stop()
        closed()
      })
    }
  }

  /** Port from which the tap connected to the target; undefined before and after. */
  get outboundPort(): number | undefined {
    return this.#server.localPort
  }

  direction(name: TapDirectionName): TapDirection {
    return this.#directions[name]
  }

  /** Cuts the connection: RST to both sides. */
  abort(): void {
    if (this.#over) return
    this.#capture.reset('server', epochMicroseconds())
    this.#stop()
    resetSocket(this.#client)
    resetSocket(this.#server)
  }

  #stop(): void {
    this.#over = true
    this.#directions.clientToServer.stop()
    this.#directions.serverToClient.stop()
  }
}
