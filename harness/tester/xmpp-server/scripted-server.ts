import tls from 'node:tls'
import type { Element } from '@xmpp/xml'
import type { Certificate } from '../../lab/certificates.ts'
import type { Account } from '../../lab/lab.ts'
import { Inbox, type WaitOptions } from '../inbox.ts'
import type { CaseRecorder } from '../recorder.ts'
import { brief } from '../xml/brief.ts'
import { ConnectionManager } from './bosh/connection-manager.ts'
import type { CertificateStore } from './certificate-kinds.ts'
import { type Deviation, Deviations, type Point } from './deviations.ts'
import { framed } from './framing.ts'
import type { Link } from './link.ts'
import { type FlowFrom, Listener, type ListenerParts, type ListenerPlace, type ServerTransport } from './listener.ts'
import { type OfferName, offers } from './offers.ts'
import { standardMechanisms } from './sasl/mechanism-list.ts'
import { type ConnectionParts, type Secret, ServerConnection } from './server-connection.ts'

export interface ScriptedServerOptions {
  domain: string
  account: Account
  transport: ServerTransport
  certificates: CertificateStore
  recorder: CaseRecorder
  /** SASL mechanisms that are offered where the case says nothing; by default the standard ones. */
  mechanisms?: readonly string[]
  /** Where the capture shows the connection that reaches us from this port; undefined where there is no capture. */
  flowFrom?: FlowFrom
}

export { boshPath } from './bosh/connection-manager.ts'
export { type ServerTransport, websocketPath } from './listener.ts'

/** Something that a client sent, and on which connection. */
export interface Arrival {
  element: Element
  connection: ServerConnection
}

/** How bytes are cut: at these offsets, or every so many bytes. */
export interface Chunks {
  at?: number[]
  every?: number
  /** Called between two pieces; what it waits for happens before the next is sent. */
  between?: () => Promise<void>
}

/**
 * The scripted XMPP server of one probe. It does everything right; a case changes one thing, in one line:
 *
 * ```ts
 * server.deviate('starttls.reply', `<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
 * server.deviate('scram.final', ({ signature }) => `v=${signature.toUpperCase()}`)
 * ```
 */
export class ScriptedServer implements AsyncDisposable {
  readonly domain: string
  readonly account: Account
  readonly transport: ServerTransport
  /** All connections, in the order in which they came. */
  readonly connections: ServerConnection[] = []
  /** TLS handshakes that came to nothing, with what the client said about it. */
  readonly failedHandshakes: string[] = []
  /** Names that clients asked for (SNI) and protocols they offered (ALPN), handshake by handshake. */
  readonly handshakes: { servername: string | undefined; alpn: string | undefined }[] = []
  /** WebSocket sub-protocols that clients offered, handshake by handshake (RFC 7395 §3.1). */
  readonly subprotocols: string[][] = []
  /** Requests and sessions of BOSH. A session is a connection too, whatever it travels on. */
  readonly bosh = new ConnectionManager({
    begin: (number, link) => this.#begin(number, link),
    changed: () => this.#changed(),
  })
  readonly #options: ScriptedServerOptions
  readonly #deviations = new Deviations()
  readonly #offered = new Set<string>(offers.filter((offer) => 'standard' in offer).map(({ name }) => name))
  readonly #memory = new Map<object, unknown>()
  readonly #inbox = new Inbox<Arrival>(({ element }) => brief(element, 120))
  readonly #listeners: Listener[] = []
  readonly #secure = new Set<tls.TLSSocket>()
  readonly #watchers = new Set<() => void>()
  #right: Certificate | undefined
  #shown: string | undefined
  #accepted = 0

  private constructor(options: ScriptedServerOptions) {
    this.#options = options
    this.domain = options.domain
    this.account = options.account
    this.transport = options.transport
  }

  /** Starts a server on a free port of 127.0.0.1. */
  static async start(options: ScriptedServerOptions): Promise<ScriptedServer> {
    const server = new ScriptedServer(options)
    server.#right = await options.certificates.get('right')
    await server.listen({ transport: options.transport, flowFrom: options.flowFrom })
    return server
  }

  /**
   * Listens in another place too: another port, address or transport, for clients that are sent there by a name server
   * or by the server itself.
   *
   * @throws LabError when it cannot.
   */
  async listen(place: ListenerPlace): Promise<Listener> {
    const listener = await Listener.open(place, this.#listenerParts())
    this.#listeners.push(listener)
    return listener
  }

  /** Connections that were accepted, whatever became of them. */
  get arrivals(): number {
    return this.#accepted
  }

  get port(): number {
    return this.#listeners[0]?.port ?? 0
  }

  /** Changes what happens at a point, from now on. */
  deviate<P extends Point>(point: P, deviation: Deviation<P>): void {
    this.#deviations.set(point, deviation)
  }

  /** Offers more than a plain RFC 6120 server does, from now on: `server.offer('sm')`. Still right in all of it. */
  offer(...names: OfferName[]): void {
    for (const name of names) this.#offered.add(name)
  }

  /** Does without something that it would offer, as if it had never heard of it. */
  withhold(...names: OfferName[]): void {
    for (const name of names) this.#offered.delete(name)
  }

  /** Whether it has done anything else than the usual so far. */
  get deviated(): boolean {
    return this.#deviations.made.length > 0
  }

  /** The newest connection on which the client is online; the newest of all where there is none. */
  get connection(): ServerConnection | undefined {
    return this.connections.findLast((one) => one.online) ?? this.connections.at(-1)
  }

  /** The first connection on which the client said anything: some open one beside it and never use it. */
  get first(): ServerConnection | undefined {
    return this.connections.find(({ received }) => received.length > 0) ?? this.connections[0]
  }

  /** Everything that the client sent, on all connections. */
  get received(): Element[] {
    return this.connections.flatMap((connection) => connection.received)
  }

  /** What the client said of channel binding, on all connections (RFC 5802 §6). */
  get gs2(): { mechanism: string; flag: string }[] {
    return this.connections.flatMap((connection) => connection.gs2)
  }

  /** Secrets that the client gave away, on all connections. */
  get secrets(): Secret[] {
    return this.connections.flatMap((connection) => connection.secrets)
  }

  /** Sends text to the client that is online: on WebSocket one message for each string. */
  send(text: string | readonly string[]): void {
    this.connection?.say(text)
  }

  /** Sends one text in pieces: TCP segments and TLS records, or fragments of one WebSocket message. */
  async sendChunked(text: string | Uint8Array, chunks: Chunks): Promise<void> {
    const link = this.connection?.link
    const bytes = Buffer.from(typeof text === 'string' && link?.framed ? framed(text) : text)
    const offset = link?.framed && typeof text === 'string' ? bytes.length - Buffer.byteLength(text) : 0
    const cuts = chunks.at?.map((at) => at + offset) ?? everyOffset(bytes.length, chunks.every ?? 1)
    let from = 0
    for (const to of [...cuts, bytes.length]) {
      link?.writePart(bytes.subarray(from, to), to === bytes.length)
      from = to
      if (to < bytes.length) await chunks.between?.()
    }
  }

  /**
   * Takes the next thing that the client sends and that matches, or waits for it.
   *
   * @throws NothingCame when it does not come in time.
   */
  async next(match: (element: Element) => boolean, wait: WaitOptions): Promise<Element> {
    return (await this.#inbox.next(({ element }) => match(element), wait)).element
  }

  /** What the client sent on any connection that matches, whether taken or not. */
  seen(match: (element: Element) => boolean): Element[] {
    return this.received.filter(match)
  }

  /** Calls the listener whenever something about a connection changes; returns what ends that. */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  /** Stops listening and resets what is open. */
  async close(): Promise<void> {
    this.#inbox.end('the case is over')
    this.bosh.end()
    for (const { link } of this.connections) link.destroy()
    for (const secure of this.#secure) secure.destroy()
    await Promise.all(this.#listeners.map((listener) => listener.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #changed() {
    for (const watcher of [...this.#watchers]) watcher()
  }

  #begin(number: number, link: Link): ServerConnection {
    const connection = new ServerConnection(number, link, this.#parts())
    this.connections.push(connection)
    return connection
  }

  #listenerParts(): ListenerParts {
    return {
      recorder: this.#options.recorder,
      bosh: this.bosh,
      nextNumber: () => ++this.#accepted,
      tls: (number, alpn) => this.#tls(number, alpn),
      handshake: (secure, link) => this.#watchHandshake(secure, link),
      connected: (number, link) => this.#begin(number, link),
      subprotocols: (offered) => this.subprotocols.push(offered),
      changed: () => this.#changed(),
    }
  }

  #parts(): ConnectionParts {
    return {
      domain: this.domain,
      account: this.account,
      mechanisms: this.#options.mechanisms ?? standardMechanisms,
      deviations: this.#deviations,
      offers,
      offered: this.#offered,
      remembered: <T>(key: object, make: () => T) => {
        if (!this.#memory.has(key)) this.#memory.set(key, make())
        return this.#memory.get(key) as T
      },
      encrypt: async (link, connection) => {
        const options = await this.#tls(connection.number, undefined)
        link.encrypt(options)
        this.#watchHandshake(link.tls, link)
      },
      authority: this.#options.certificates.caPem,
      certificate: () => this.#shown,
      onElement: (element, connection) => {
        this.#inbox.push({ element, connection })
        this.#changed()
      },
      onChange: () => this.#changed(),
    }
  }

  async #tls(number: number, alpn: string[] | undefined): Promise<tls.TLSSocketOptions> {
    const chosen = this.#deviations.at('tls.certificate', { number })
    const { certificates } = this.#options
    const certificate =
      chosen === undefined ? this.#right : typeof chosen === 'string' ? await certificates.get(chosen) : chosen
    this.#shown = certificate?.certPem
    const version = this.#deviations.at('tls.version', { number })
    const bounds = version ? { minVersion: version, maxVersion: version } : {}
    const secureContext = tls.createSecureContext({ cert: certificate?.certPem, key: certificate?.keyPem, ...bounds })
    // A wrong one is refused by EXTERNAL, not by the handshake.
    const asks = this.#offered.has('external') ? { requestCert: true, rejectUnauthorized: false } : {}
    return { secureContext, ...asks, ...(alpn ? { ALPNProtocols: alpn } : {}) }
  }

  #watchHandshake(secure: tls.TLSSocket | undefined, link: Link | undefined) {
    let done = false
    if (secure) this.#secure.add(secure)
    secure?.once('close', () => this.#secure.delete(secure))
    secure?.on('secure', () => {
      done = true
      this.handshakes.push({
        servername: 'servername' in secure && secure.servername ? String(secure.servername) : undefined,
        alpn: secure.alpnProtocol || undefined,
      })
      this.#changed()
    })
    const failed = (error?: Error) => {
      if (done) return
      done = true
      this.failedHandshakes.push(error?.message ?? 'the client closed')
      link?.recorder.event('handshake-failed', error?.message)
      this.#changed()
    }
    secure?.on('error', failed)
    secure?.on('close', () => failed())
  }
}

const everyOffset = (length: number, every: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil(length / every) - 1) }, (_, index) => (index + 1) * every)
