import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { SecureVersion, TLSSocketOptions } from 'node:tls'
import { WebSocketServer } from 'ws'
import type { Account, ServerEndpoints } from '../../harness/lab/lab.ts'
import { House } from './careless-house.ts'
import { CarelessStream, type Resumptions } from './careless-stream.ts'
import type { Has, Trait } from './careless-traits.ts'
import { TcpWire, WebSocketWire } from './careless-wire.ts'
import { type RsaCertificate, rsaCertificate } from './rsa-certificate.ts'

const domain = 'careless.test'

/** Certificates are dear to make: all servers of a process show the same. */
const made = new Map<string, Promise<RsaCertificate>>()
function certificate(bits: number, name = domain): Promise<RsaCertificate> {
  const key = `${bits} ${name}`
  const known = made.get(key) ?? rsaCertificate(name, bits)
  made.set(key, known)
  return known
}

/**
 * An XMPP server of our own over TCP, TLS and WebSocket: just enough of one that the cases it is there for pass on it, and
 * careless in what it is told to be careless in. Everything runs in memory, on 127.0.0.1.
 */
export class CarelessServer implements AsyncDisposable {
  readonly endpoints: ServerEndpoints
  readonly #house: House
  readonly #servers: Server[]
  readonly #websockets: WebSocketServer
  readonly #sockets: Set<Socket>

  private constructor(
    endpoints: ServerEndpoints,
    house: House,
    servers: Server[],
    websockets: WebSocketServer,
    sockets: Set<Socket>,
  ) {
    this.endpoints = endpoints
    this.#house = house
    this.#servers = servers
    this.#websockets = websockets
    this.#sockets = sockets
  }

  /** Starts one on free ports. */
  static async start(careless: Trait[] = []): Promise<CarelessServer> {
    const has: Has = (trait) => careless.includes(trait)
    const house = new House(domain, has)
    const own = await certificate(has('short-key') ? 1024 : 2048)
    const other = await certificate(2048, 'elsewhere.test')
    const resumptions: Resumptions = new Map()
    const sockets = new Set<Socket>()
    const tls = { ...tlsOptions(has), cert: own.certPem, key: own.keyPem }
    const shown = has('other-certificate') ? other : own
    const direct = { ...tls, cert: shown.certPem, key: shown.keyPem, ALPNProtocols: ['xmpp-client'] }

    const listen = async (accept: (wire: TcpWire) => void) => {
      const server = createServer({ noDelay: true }, (socket) => {
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
        accept(new TcpWire(socket, has))
      })
      await once(server.listen(0, '127.0.0.1'), 'listening')
      return server
    }
    const plain = await listen((wire) => new CarelessStream(wire, house, tls, resumptions))
    const encrypted = await listen((wire) => {
      wire.encrypt(direct)
      new CarelessStream(wire, house, tls, resumptions)
    })
    const websockets = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      handleProtocols: (offered) => {
        if (has('no-sub-protocol')) return false
        if (has('first-sub-protocol')) return [...offered][0] ?? false
        return offered.has('xmpp') && 'xmpp'
      },
    })
    websockets.on('connection', (socket) => {
      new CarelessStream(new WebSocketWire(socket, has), house, tls, resumptions)
    })
    await once(websockets, 'listening')
    const endpoints: ServerEndpoints = {
      host: '127.0.0.1',
      starttls: portOf(plain),
      directTls: portOf(encrypted),
      websocket: `ws://127.0.0.1:${portOf(websockets)}/`,
      domain,
      services: {},
      ca: own.certPem,
    }
    return new CarelessServer(endpoints, house, [plain, encrypted], websockets, sockets)
  }

  newAccount(): Account {
    return this.#house.newAccount()
  }

  async [Symbol.asyncDispose]() {
    for (const socket of this.#sockets) socket.destroy()
    for (const client of this.#websockets.clients) client.terminate()
    for (const server of [...this.#servers, this.#websockets]) {
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}

const portOf = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port

function tlsOptions(has: Has): TLSSocketOptions {
  const limits = (minVersion: SecureVersion, maxVersion: SecureVersion, ciphers: string) => ({
    minVersion,
    maxVersion,
    ciphers,
  })
  const forward = 'ECDHE+AESGCM:DHE+AESGCM'
  if (has('old-tls')) return limits('TLSv1', 'TLSv1.3', 'DEFAULT@SECLEVEL=0')
  if (has('tls-1.1-at-most')) return limits('TLSv1', 'TLSv1.1', 'DEFAULT@SECLEVEL=0')
  if (has('null-suites')) return limits('TLSv1.2', 'TLSv1.2', 'ALL:eNULL@SECLEVEL=0')
  if (has('anonymous-suites')) return limits('TLSv1.2', 'TLSv1.2', 'ALL:aNULL@SECLEVEL=0')
  if (has('static-rsa')) {
    return { ...limits('TLSv1.2', 'TLSv1.3', `AES128-GCM-SHA256:${forward}`), honorCipherOrder: false }
  }
  if (has('short-key')) return limits('TLSv1.2', 'TLSv1.3', `${forward}@SECLEVEL=0`)
  return limits('TLSv1.2', 'TLSv1.3', forward)
}
