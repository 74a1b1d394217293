import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type tls from 'node:tls'
import { WebSocketServer } from 'ws'
import { resetSocket } from '../../lab/embedded/reset-socket.ts'
import { LabError } from '../../lab/lab.ts'
import { epochMicroseconds } from '../../wire/epoch-clock.ts'
import type { CaseRecorder, ConnectionRecorder, Flow } from '../recorder.ts'
import { boshPath, type ConnectionManager, type HttpConnection } from './bosh/connection-manager.ts'
import { type Link, serveTls, TcpLink, WebSocketLink } from './link.ts'
import type { ServerConnection } from './server-connection.ts'

/** The ways a client reaches the server: RFC 6120 §5, XEP-0368, RFC 7395, XEP-0124. */
export type ServerTransport = 'starttls' | 'direct-tls' | 'websocket' | 'bosh'

/** Where WebSocket clients find the server. */
export const websocketPath = '/xmpp-websocket'

/** Where each transport is usually found: for captures, so that what reads them knows it. */
export const usualPorts: Record<ServerTransport, number> = {
  starttls: 5222,
  'direct-tls': 5223,
  websocket: 443,
  bosh: 443,
}

const schemes = { starttls: 'xmpp', 'direct-tls': 'xmpps', websocket: 'wss', bosh: 'https' }
const paths = { starttls: '', 'direct-tls': '', websocket: websocketPath, bosh: boshPath }

/** How a client is told where the server is: drivers/PROTOCOL.md, `service`. */
export const serviceUri = (transport: ServerTransport, host: string, port: number): string =>
  `${schemes[transport]}://${host.includes(':') ? `[${host}]` : host}:${port}${paths[transport]}`

/** Protocols chosen in the handshake (RFC 7301): XEP-0368 §3, and HTTP. */
const alpn: Record<ServerTransport, string[] | undefined> = {
  starttls: undefined,
  'direct-tls': ['xmpp-client'],
  websocket: ['http/1.1'],
  bosh: ['http/1.1'],
}

/** Connections that one listener takes in all, and at a time: a client that reconnects without end costs its own case. */
const limits = { arrivals: 5_000, atOnce: 500 }

/** The capture's view of a connection that reaches a listener. */
export type FlowFrom = (
  port: number,
) => Pick<Flow, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'> | undefined

/** What a listener needs of its server. */
export interface ListenerParts {
  readonly recorder: CaseRecorder
  /** Takes what comes over HTTP. */
  readonly bosh: ConnectionManager
  /** Number of the next connection, from 1, over all listeners. */
  nextNumber(): number
  tls(number: number, alpn: string[] | undefined): Promise<tls.TLSSocketOptions>
  /** A handshake begins; `link` where the connection is already known. */
  handshake(secure: tls.TLSSocket | undefined, link?: Link): void
  /** A client is there, and talks. */
  connected(number: number, link: Link): ServerConnection
  /** WebSocket sub-protocols that a client offers. */
  subprotocols(offered: string[]): void
  changed(): void
}

export interface ListenerPlace {
  transport: ServerTransport
  /** 127.0.0.1 by default. */
  address?: string
  /** A free one by default. */
  port?: number
  /** Where the capture shows the connection that reaches us from a port; undefined where there is no capture. */
  flowFrom?: FlowFrom
}

/** One address and port of the scripted server, and what is spoken there. */
export class Listener {
  readonly transport: ServerTransport
  /** Connections that came here and talked, in order. */
  readonly connections: ServerConnection[] = []
  /** How many came, whatever became of them. */
  arrivals = 0
  readonly #parts: ListenerParts
  readonly #place: ListenerPlace
  readonly #since = epochMicroseconds()
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  readonly #http = http.createServer((request, response) => this.#request(request, response))
  readonly #web = new Map<unknown, HttpConnection>()
  readonly #websockets: WebSocketServer

  private constructor(place: ListenerPlace, parts: ListenerParts) {
    this.transport = place.transport
    this.#place = place
    this.#parts = parts
    this.#server.maxConnections = limits.atOnce
    this.#websockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => {
        parts.subprotocols([...offered])
        return offered.has('xmpp') ? 'xmpp' : false
      },
    })
  }

  /** @throws LabError when it cannot listen there: the port is taken, or the machine has no such address. */
  static async open(place: ListenerPlace, parts: ListenerParts): Promise<Listener> {
    const listener = new Listener(place, parts)
    const { address = '127.0.0.1', port = 0 } = place
    listener.#server.listen(port, address)
    try {
      await once(listener.#server, 'listening')
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new LabError(`the scripted server cannot listen on ${address} port ${port}: ${why}`, { cause })
    }
    return listener
  }

  get address(): string {
    return (this.#server.address() as AddressInfo).address
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Stops listening and ends what is open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
    this.#websockets.close()
  }

  #accept(socket: Socket) {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    if (++this.arrivals > limits.arrivals) return resetSocket(socket)
    const recorder = this.#parts.recorder.connection('connection')
    const flow = this.#place.flowFrom?.(socket.remotePort ?? 0)
    if (flow) recorder.flow({ ...flow, since: this.#since })
    recorder.event('connected')
    const number = this.#parts.nextNumber()
    this.#parts.changed()
    if (this.transport === 'starttls') {
      this.#connected(number, new TcpLink(socket, recorder))
      return
    }
    this.#encrypted(socket, number, recorder).catch((error) => {
      recorder.event('tester-error', String(error))
      resetSocket(socket)
    })
  }

  /** Direct TLS, and XMPP or HTTP inside. */
  async #encrypted(socket: Socket, number: number, recorder: ConnectionRecorder) {
    socket.pause()
    const options = await this.#parts.tls(number, alpn[this.transport])
    if (this.transport === 'direct-tls') {
      const link = new TcpLink(socket, recorder)
      this.#connected(number, link)
      link.encrypt(options)
      this.#parts.handshake(link.tls, link)
      return
    }
    const secure = serveTls(socket, options, recorder)
    this.#parts.handshake(secure)
    if (this.transport === 'bosh') return this.#serveBosh(secure, number, recorder)
    const upgrade = (request: http.IncomingMessage, stream: unknown, head: Buffer) => {
      if (stream !== secure) return
      this.#http.off('upgrade', upgrade)
      if (request.url !== websocketPath) return secure.destroy()
      this.#websockets.handleUpgrade(request, secure, head, (websocket) => {
        this.#connected(number, new WebSocketLink(websocket, secure, recorder))
      })
    }
    this.#http.on('upgrade', upgrade)
    this.#http.emit('connection', secure)
  }

  #serveBosh(secure: tls.TLSSocket, number: number, recorder: ConnectionRecorder) {
    secure.on('close', () => recorder.event('closed'))
    this.#web.set(secure, { number, tls: secure, recorder })
    secure.once('close', () => this.#web.delete(secure))
    this.#http.emit('connection', secure)
  }

  #request(request: http.IncomingMessage, response: http.ServerResponse) {
    const connection = this.#web.get(request.socket)
    if (!connection) return response.writeHead(404).end()
    this.#parts.bosh.handle(request, response, connection).catch((error) => {
      connection.recorder.event('tester-error', String(error))
      response.destroy()
    })
  }

  #connected(number: number, link: Link) {
    this.connections.push(this.#parts.connected(number, link))
    this.#parts.changed()
  }
}
