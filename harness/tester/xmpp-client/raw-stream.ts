import type { X509Certificate } from 'node:crypto'
import type { Element } from '@xmpp/xml'
import type { ServerEndpoints } from '../../lab/lab.ts'
import { NothingCame } from '../../suite/verdict-errors.ts'
import { Inbox } from '../inbox.ts'
import type { Interference } from '../interference.ts'
import type { ConnectionRecorder } from '../recorder.ts'
import { brief } from '../xml/brief.ts'
import { type Channel, TcpChannel, WebSocketChannel } from './channel.ts'
import { ns } from './namespaces.ts'
import { RecordedConnection, type TlsChoice } from './recorded-connection.ts'
import { attributes, type ChannelBinding, Scram, scramHash } from './scram.ts'

/** Something that came on a stream. */
export type StreamItem =
  | { kind: 'header'; element: Element }
  | { kind: 'element'; element: Element }
  | { kind: 'footer' }
  | { kind: 'fault'; error: Error }

export type Transport = 'starttls' | 'direct-tls' | 'websocket'

export interface OpenOptions {
  transport?: Transport
  tls?: Partial<TlsChoice>
  websocket?: { protocols?: string[]; origin?: string }
}

/** What one SASL exchange came to: `success` or `failure` with the element. */
export interface SaslOutcome {
  element: Element
  succeeded: boolean
  /** The condition of `<failure/>` (RFC 6120 §6.5). */
  condition: string | undefined
  /** SCRAM only: whether the server proved that it knows the password (RFC 5802 §5.1). */
  serverVerified?: boolean
}

/**
 * A client's side of one XML stream with every byte under the case's control. Nothing is sent unless the case says so;
 * the methods below are the right way to do each step of RFC 6120, and `write` sends anything else.
 */
export class RawStream {
  readonly channel: Channel
  readonly domain: string
  readonly #inbox = new Inbox<StreamItem>(describe)
  readonly #tls: TlsChoice
  readonly #interference: Interference | undefined

  private constructor(channel: Channel, domain: string, tls: TlsChoice, interference: Interference | undefined) {
    this.channel = channel
    this.domain = domain
    this.#tls = tls
    this.#interference = interference
    channel.on('header', (element) => {
      this.#inbox.push({ kind: 'header', element: interference?.header(element) ?? element })
    })
    channel.on('element', (element) => {
      for (const changed of interference?.element(element) ?? [element]) {
        this.#inbox.push({ kind: 'element', element: changed })
      }
    })
    const keepsOpen = interference?.mistake.keepsOpen
    channel.on('footer', () => keepsOpen || this.#inbox.push({ kind: 'footer' }))
    channel.on('fault', (error) => this.#inbox.push({ kind: 'fault', error }))
    channel.on('gone', (reason) => keepsOpen || this.#inbox.end(reason))
  }

  /**
   * Connects to a server and sends nothing yet (direct TLS: nothing inside TLS).
   *
   * @throws Error when it cannot connect or has no such transport.
   */
  static async connect(
    endpoints: ServerEndpoints,
    recorder: ConnectionRecorder,
    options: OpenOptions = {},
    interference?: Interference,
  ): Promise<RawStream> {
    const { transport = 'starttls' } = options
    const choice: TlsChoice = { servername: endpoints.domain, ca: endpoints.ca, ...options.tls }
    if (transport === 'websocket') {
      if (!endpoints.websocket) throw new Error('the server has no WebSocket endpoint')
      const channel = await WebSocketChannel.connect(endpoints.websocket, recorder, {
        ...options.websocket,
        tls: choice,
      })
      return new RawStream(channel, endpoints.domain, choice, interference)
    }
    const port = transport === 'starttls' ? endpoints.starttls : endpoints.directTls
    if (port === undefined) throw new Error(`the server has no port for ${transport}`)
    const direct = transport === 'direct-tls'
    const host = (direct && endpoints.directTlsHost) || endpoints.host
    const connection = await RecordedConnection.connect(host, port, recorder)
    if (direct) await connection.encrypt({ alpn: ['xmpp-client'], ...choice })
    return new RawStream(new TcpChannel(connection), endpoints.domain, choice, interference)
  }

  /** Sends text or bytes exactly as given. */
  write(data: string | Uint8Array): Promise<void> {
    return this.channel.write(data)
  }

  /**
   * Sends a stream header and waits for the server's (RFC 6120 §4.2). Attributes given here replace the usual ones;
   * `undefined` leaves one out.
   */
  async open(attributes: Record<string, string | undefined> = {}): Promise<Element> {
    this.channel.restart()
    await this.write(this.channel.header({ to: this.domain, ...attributes }))
    return this.header()
  }

  /** Waits for the server's stream header. */
  async header(timeoutMs?: number): Promise<Element> {
    const item = await this.#inbox.next((item) => item.kind === 'header', { awaited: 'a stream header', timeoutMs })
    return (item as { element: Element }).element
  }

  /** Waits for the next element that matches; those that do not match stay for later. */
  async next(match: (element: Element) => boolean, awaited: string, timeoutMs?: number): Promise<Element> {
    const item = await this.#inbox.next((item) => item.kind === 'element' && match(item.element), {
      awaited,
      timeoutMs,
    })
    return (item as { element: Element }).element
  }

  /** Waits for `<stream:features/>` (RFC 6120 §4.3.2). */
  features(timeoutMs?: number): Promise<Element> {
    return this.next((element) => element.is('features', ns.streams), 'stream features', timeoutMs)
  }

  /** Elements that came and were not waited for. */
  seen(match: (element: Element) => boolean = () => true): Element[] {
    return this.#inbox
      .seen((item) => item.kind === 'element' && match(item.element))
      .map((item) => (item as { element: Element }).element)
  }

  /** Faults of the server's XML that the strict reader found. */
  faults(): Error[] {
    return this.#inbox.seen((item) => item.kind === 'fault').map((item) => (item as { error: Error }).error)
  }

  /** Waits for the server's closing tag (RFC 6120 §4.4). */
  async footer(timeoutMs?: number): Promise<void> {
    await this.#inbox.next((item) => item.kind === 'footer', { awaited: 'the closing stream tag', timeoutMs })
  }

  /** How many closing stream tags came that were not waited for. */
  get footers(): number {
    return this.#inbox.seen((item) => item.kind === 'footer').length
  }

  /**
   * Waits until the connection is gone.
   *
   * @throws NothingCame when it still stands after `timeoutMs`.
   */
  async gone(timeoutMs = 5_000): Promise<string> {
    if (this.#inbox.ended !== undefined) return this.#inbox.ended
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const timer = setTimeout(
      () => reject(new NothingCame('the end of the connection', `it still stood after ${timeoutMs} ms`)),
      timeoutMs,
    )
    this.channel.once('gone', resolve)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.channel.off('gone', resolve)
    }
  }

  /** True once the connection is gone. */
  get isGone(): boolean {
    return this.#inbox.ended !== undefined
  }

  /** Waits for a stream error and returns its condition (RFC 6120 §4.9.3). */
  async streamError(timeoutMs?: number): Promise<{ condition: string; element: Element }> {
    const element = await this.next((el) => el.is('error', ns.streams), 'a stream error', timeoutMs)
    const condition = element
      .getChildElements()
      .find((child) => child.getNS() === ns.streamErrors && child.getName() !== 'text')
    return { condition: condition?.getName() ?? '', element }
  }

  /** STARTTLS as RFC 6120 §5.4 has it, up to the handshake; the caller opens the new stream. */
  async startTls(choice: Partial<TlsChoice> = {}): Promise<void> {
    await this.write(`<starttls xmlns='${ns.tls}'/>`)
    const answer = await this.next((element) => element.getNS() === ns.tls, '<proceed/>')
    if (!answer.is('proceed')) throw new NothingCame('<proceed/>', answer.toString())
    await this.encrypt(choice)
  }

  /** The TLS handshake alone. */
  async encrypt(choice: Partial<TlsChoice> = {}): Promise<void> {
    if (!this.channel.connection) throw new Error('a WebSocket has no TLS of its own to negotiate')
    await this.channel.connection.encrypt({ ...this.#tls, ...choice })
  }

  /**
   * Opens the stream and goes on until the features that follow TLS, whichever transport it is.
   *
   * @returns those features.
   */
  openSecure(headerAttributes: Record<string, string | undefined> = {}): Promise<Element> {
    return this.#leadUp(() => this.#openSecure(headerAttributes))
  }

  async #openSecure(headerAttributes: Record<string, string | undefined>): Promise<Element> {
    await this.open(headerAttributes)
    const features = await this.features()
    if (this.channel.encrypted || !this.channel.connection || !features.getChild('starttls', ns.tls)) return features
    await this.startTls()
    await this.open(headerAttributes)
    return this.features()
  }

  /** Sends `<auth/>`; `payload` is put in base64, `undefined` sends it empty. */
  auth(mechanism: string, payload?: string): Promise<void> {
    return this.write(
      `<auth xmlns='${ns.sasl}' mechanism='${mechanism}'>${payload === undefined ? '' : encode(payload)}</auth>`,
    )
  }

  /** Sends `<response/>` with the payload in base64. */
  respond(payload: string): Promise<void> {
    return this.write(`<response xmlns='${ns.sasl}'>${payload === '' ? '' : encode(payload)}</response>`)
  }

  /** Waits for the next element of the SASL namespace. */
  sasl(timeoutMs?: number): Promise<Element> {
    return this.next((element) => element.getNS() === ns.sasl, 'a SASL element', timeoutMs)
  }

  /** Waits for `<challenge/>` and decodes it. */
  async challenge(): Promise<string> {
    const element = await this.sasl()
    if (!element.is('challenge')) throw new NothingCame('<challenge/>', element.toString())
    return decode(element.getText())
  }

  /** Waits for the end of a SASL exchange. */
  async outcome(timeoutMs?: number): Promise<SaslOutcome> {
    const element = await this.sasl(timeoutMs)
    const condition = element
      .getChildElements()
      .find((child) => child.getName() !== 'text')
      ?.getName()
    return { element, succeeded: element.is('success'), condition: element.is('failure') ? condition : undefined }
  }

  /**
   * A whole right SASL exchange: PLAIN or SCRAM, -PLUS with the binding that fits the TLS version.
   *
   * @throws NothingCame when the server breaks off.
   */
  async authenticate(account: { local: string; password: string }, mechanism = 'SCRAM-SHA-1'): Promise<SaslOutcome> {
    this.channel.recorder.secret = true
    try {
      return await this.#authenticate(account, mechanism)
    } finally {
      this.channel.recorder.secret = false
    }
  }

  async #authenticate(account: { local: string; password: string }, mechanism: string): Promise<SaslOutcome> {
    if (mechanism === 'PLAIN') {
      await this.auth('PLAIN', `\0${account.local}\0${account.password}`)
      return this.outcome()
    }
    const hash = scramHash(mechanism)
    if (!hash) throw new Error(`the tester does not speak ${mechanism}`)
    const binding = mechanism.endsWith('-PLUS') ? this.channelBinding() : undefined
    const scram = new Scram({ hash, username: account.local, password: account.password, binding })
    await this.auth(mechanism, scram.first())
    const first = await this.sasl()
    if (!first.is('challenge'))
      return { element: first, succeeded: first.is('success'), condition: first.getChildElements()[0]?.getName() }
    await this.respond(await scram.final(decode(first.getText())))
    let outcome = await this.outcome()
    let serverFinal = decode(outcome.element.getText())
    if (outcome.element.is('challenge')) {
      await this.respond('')
      outcome = await this.outcome()
    }
    if (outcome.succeeded && outcome.element.getText()) serverFinal = decode(outcome.element.getText())
    return { ...outcome, serverVerified: outcome.succeeded ? scram.verifies(serverFinal) : undefined }
  }

  /** Channel binding of this connection: tls-exporter on TLS 1.3 (RFC 9266), tls-unique before it (RFC 5929 §3). */
  channelBinding(type?: 'tls-exporter' | 'tls-unique' | 'tls-server-end-point'): ChannelBinding & { flag: 'p' } {
    const socket = this.channel.connection?.tls
    if (!socket) throw new Error('channel binding needs TLS')
    const chosen = type ?? (socket.getProtocol() === 'TLSv1.3' ? 'tls-exporter' : 'tls-unique')
    if (chosen === 'tls-exporter') {
      const data = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
      return { flag: 'p', type: chosen, data }
    }
    if (chosen === 'tls-server-end-point') {
      const certificate = socket.getPeerX509Certificate() as X509Certificate
      return { flag: 'p', type: chosen, data: Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex') }
    }
    const data = socket.getFinished()
    if (!data) throw new Error('TLS told no Finished message')
    return { flag: 'p', type: chosen, data }
  }

  /**
   * Opens, encrypts, authenticates and opens again: what is left to do is binding. Returns the features.
   *
   * @param header attributes of the last stream header, beside the usual ones
   */
  login(
    account: { local: string; password: string },
    mechanism?: string,
    header: Record<string, string | undefined> = {},
  ): Promise<Element> {
    return this.#leadUp(() => this.#login(account, mechanism, header))
  }

  #leadUp<T>(step: () => Promise<T>): Promise<T> {
    return this.#interference ? this.#interference.leadUp(step) : step()
  }

  async #login(
    account: { local: string; password: string },
    mechanism: string | undefined,
    header: Record<string, string | undefined>,
  ): Promise<Element> {
    const features = await this.#openSecure({})
    const offered = mechanisms(features)
    const chosen =
      mechanism ?? ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN'].find((name) => offered.includes(name))
    if (!chosen) throw new NothingCame('a SASL mechanism that the tester speaks', offered.join(', ') || 'none')
    const outcome = await this.authenticate(account, chosen)
    if (!outcome.succeeded) throw new NothingCame('<success/>', outcome.element.toString())
    await this.open(header)
    return this.features()
  }

  /** Binds a resource (RFC 6120 §7) and returns the full JID. */
  async bind(resource?: string): Promise<string> {
    const inner = resource === undefined ? '' : `<resource>${resource}</resource>`
    const result = await this.iq(
      `<iq xmlns='${ns.client}' type='set' id='bind-1'><bind xmlns='${ns.bind}'>${inner}</bind></iq>`,
    )
    const jid = result.getChild('bind', ns.bind)?.getChildText('jid')
    if (!jid) throw new NothingCame('a bound JID', result.toString())
    return jid
  }

  /** Sends an IQ given as text with an id in it, and waits for the answer with that id. */
  async iq(text: string, timeoutMs?: number): Promise<Element> {
    const id = /\sid=['"]([^'"]+)['"]/.exec(text)?.[1]
    if (!id) throw new Error('an IQ sent by `iq` needs an id')
    await this.write(text)
    const answers = (element: Element) =>
      element.is('iq') && element.attrs.id === id && (element.attrs.type === 'result' || element.attrs.type === 'error')
    return this.next(answers, `an answer to the IQ ${id}`, timeoutMs)
  }

  /** Closes the stream in order and waits for the other side, at most a second. */
  async close(): Promise<void> {
    if (this.channel.closed) return
    await this.write(this.channel.footerText)
    await this.gone(1_000).catch(() => this.channel.destroy())
  }

  /** Goes away at once. */
  destroy(): void {
    this.channel.destroy()
  }
}

/** The mechanisms that stream features offer (RFC 6120 §6.3.3). */
export const mechanisms = (features: Element): string[] =>
  features
    .getChild('mechanisms', ns.sasl)
    ?.getChildren('mechanism')
    .map((element) => element.getText()) ?? []

const encode = (text: string): string => (text === '' ? '=' : Buffer.from(text).toString('base64'))
const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8')

function describe(item: StreamItem): string {
  if (item.kind === 'element') return brief(item.element)
  if (item.kind === 'header') return 'a stream header'
  return item.kind === 'footer' ? 'the closing stream tag' : `unreadable XML (${item.error.message})`
}

export { attributes as scramAttributes }
