import { randomBytes } from 'node:crypto'
import type { Element } from '@xmpp/xml'
import type { Account } from '../../lab/lab.ts'
import { ns } from '../xmpp-client/namespaces.ts'
import type { Deviations, Point, PointContext, Points, Said } from './deviations.ts'
import { closesStream, framed } from './framing.ts'
import type { Link, TcpLink } from './link.ts'
import type { Token } from './sasl/tokens.ts'
import type { InlinePart, Offer, ServerFeature, Stage } from './server-feature.ts'

/** A secret that the client gave away on a connection. */
export interface Secret {
  kind: 'password' | 'proof'
  mechanism: string
  encrypted: boolean
}

/** What a connection needs of its server. */
export interface ConnectionParts {
  readonly domain: string
  readonly account: Account
  /** SASL mechanisms that are offered where the case says nothing. */
  readonly mechanisms: readonly string[]
  readonly deviations: Deviations
  /** All that a server can offer, in order, and what of it this one offers now. */
  readonly offers: readonly Offer[]
  readonly offered: ReadonlySet<string>
  /** What a feature keeps beyond a connection, made when first asked for: a session to be resumed, a token. */
  remembered<T>(key: object, make: () => T): T
  /** Encrypts a connection in clear; resolves when the handshake was begun. */
  encrypt(link: TcpLink, connection: ServerConnection): Promise<void>
  /** Certificate of the authority that vouches for clients, PEM. */
  readonly authority: string
  /** Certificate shown on this connection, PEM. */
  certificate(): string | undefined
  onElement(element: Element, connection: ServerConnection): void
  onChange(connection: ServerConnection): void
}

/**
 * One connection of a client to the scripted server: streams, and who takes what comes on them. What is negotiated, and
 * what is answered, is the work of its features; each holds to what was said: `<proceed/>` is followed by TLS,
 * `<success/>` by a new stream, whoever put it there.
 */
export class ServerConnection {
  readonly number: number
  readonly link: Link
  readonly parts: ConnectionParts
  /** Everything that the client sent, in order: headers, elements. */
  readonly received: Element[] = []
  /** What in it was no XML that a stream may carry. */
  readonly faults: string[] = []
  /** Mechanisms that the client tried. */
  readonly mechanisms: string[] = []
  readonly secrets: Secret[] = []
  /** What the client said of channel binding in each SCRAM exchange: `n`, `y`, or `p=` and the type (RFC 5802 §6). */
  readonly gs2: { mechanism: string; flag: string }[] = []
  /** White space and other text between stanzas. */
  whitespace = ''
  /** Streams opened. */
  streams = 0
  /** The client closed its stream with a closing tag or `<close/>`. */
  footerSeen = false
  authenticated = false
  /** The proof, or the password, was right. */
  provedRight = false
  /** Bare JID that the client authenticates as. */
  identity: string
  /** Token by which it did (XEP-0484). */
  usedToken: Token | undefined
  #jid: string | undefined
  readonly #features: readonly (readonly [string, ServerFeature])[]
  #footerSent = false
  #work: Promise<void> = Promise.resolve()

  constructor(number: number, link: Link, parts: ConnectionParts) {
    this.number = number
    this.link = link
    this.parts = parts
    this.identity = parts.account.jid
    this.#features = parts.offers.map((offer) => [offer.name, offer.connect(this)])
    link.on('header', (header) => this.#queue(() => this.#header(header)))
    link.on('element', (element) => this.#queue(() => this.#element(element)))
    link.on('text', (text) => {
      this.whitespace += text
      parts.onChange(this)
    })
    link.on('footer', () => this.#queue(() => this.#footer()))
    link.on('fault', (fault) => {
      this.faults.push(fault)
      link.recorder.event('not-well-formed', fault)
      if (this.streams === 0 && !link.framed) this.#refuseOpening()
      parts.onChange(this)
    })
    link.on('gone', () => parts.onChange(this))
  }

  get open(): boolean {
    return !this.link.closed
  }

  get encrypted(): boolean {
    return this.link.tls !== undefined
  }

  get stage(): Stage {
    return this.authenticated ? 'authenticated' : this.encrypted ? 'encrypted' : 'plain'
  }

  /** Full JID that the client was given. */
  get jid(): string | undefined {
    return this.#jid
  }

  /** The client has bound a resource: it is online as far as the server can know. */
  get online(): boolean {
    return this.jid !== undefined && this.open
  }

  /** Namespaces that disco#info of this server names. */
  get disco(): string[] {
    return this.#offered().flatMap(({ disco = [] }) => disco)
  }

  /** The features of this stage as a right server announces them, without the element around them. */
  get announced(): string {
    return this.#offered()
      .map((feature) => feature.advertise?.(this.stage) ?? '')
      .join('')
  }

  /** Whether the server offers this. */
  readonly offers = (name: string): boolean => this.parts.offered.has(name)

  /** What of the server's features can be asked for while the client authenticates, in order. */
  inline(where: 'inSasl2' | 'inBind2'): InlinePart[] {
    return this.#offered().flatMap((feature) => feature[where] ?? [])
  }

  /** The client is this from here on. */
  becomes(jid: string): void {
    this.#jid = jid
    for (const feature of this.#offered()) feature.bound?.()
    this.parts.onChange(this)
  }

  /** Sends text: on WebSocket one message each, with the namespaces that it then needs. */
  say(said: Said): void {
    for (const text of typeof said === 'string' ? [said] : said) {
      if (closesStream(text)) this.#footerSent = true
      if (text === '') continue
      this.link.write(this.link.framed ? framed(text) : text)
      for (const feature of this.#offered()) feature.sent?.(text)
    }
  }

  /**
   * Sends texts that belong together, in one segment over TCP, as servers do it: what a client makes of that then does
   * not hang on chance.
   */
  sayTogether(texts: readonly string[]): void {
    this.say(this.link.framed ? texts : texts.join(''))
  }

  /** Sends exactly these bytes. */
  sayBytes(bytes: Uint8Array | string): void {
    this.link.write(bytes)
  }

  /** Closes the stream (RFC 6120 §4.4, RFC 7395 §3.6, XEP-0124 §13). */
  closeStream(): void {
    if (!this.#footerSent) this.say(this.link.footerText)
  }

  /** What the case wants at a point instead of the usual; undefined: the usual. */
  at<P extends Point>(
    point: P,
    context: Omit<Points[P]['context'], keyof PointContext>,
  ): Points[P]['value'] | undefined {
    const full = { ...context, connection: this, number: this.number } as unknown as Points[P]['context']
    const value = this.parts.deviations.at(point, full)
    if (value !== undefined) this.link.recorder.event('deviates', point)
    return value
  }

  /** Sends what the point says: the usual or the case's own. Returns the text sent. */
  speak<P extends SayPoint>(
    point: P,
    usual: string,
    context: Omit<Points[P]['context'], keyof PointContext | 'usual'>,
  ): string {
    const said = this.#said(point, usual, context)
    this.say(said)
    return said.join('')
  }

  /** Notes that the client gave away a secret. */
  giveAway(kind: Secret['kind'], mechanism: string): void {
    this.secrets.push({ kind, mechanism, encrypted: this.encrypted })
  }

  #offered(): ServerFeature[] {
    return this.#features.filter(([name]) => this.offers(name)).map(([, feature]) => feature)
  }

  /** One thing after the other: what arrives while a proof is being computed waits. */
  #queue(step: () => Promise<void> | void) {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      this.link.recorder.event('tester-error', error instanceof Error ? error.stack : String(error))
    })
  }

  #said<P extends SayPoint>(
    point: P,
    usual: string,
    context: Omit<Points[P]['context'], keyof PointContext | 'usual'>,
  ): string[] {
    const said = (this.at(point, { ...context, usual } as never) ?? usual) as Said
    return typeof said === 'string' ? [said] : [...said]
  }

  /** What comes first is no XML: TLS where it is not expected, another protocol (RFC 6120 §4.9.1.2, §4.9.3.13). */
  #refuseOpening() {
    if (this.#footerSent) return
    const id = randomBytes(8).toString('hex')
    const error = `<stream:error><not-well-formed xmlns='${ns.streamErrors}'/></stream:error>`
    this.say(`${this.link.headerText({ domain: this.parts.domain, id })}${error}${this.link.footerText}`)
    this.link.end()
  }

  #header(header: Element) {
    this.streams++
    this.#note(header)
    const { domain } = this.parts
    const id = randomBytes(8).toString('hex')
    const usual = this.link.headerText({ domain, id })
    this.#footerSent = false
    const opening = this.#said('stream.header', usual, { header, stream: this.streams, id })
    this.sayTogether([...opening, ...this.featuresSaid()])
  }

  /** The stream features of this stage, as they are to be said. */
  featuresSaid(): string[] {
    return this.#said(`features.${this.stage}`, `<stream:features>${this.announced}</stream:features>`, {})
  }

  async #element(element: Element) {
    this.#note(element)
    const features = this.#offered()
    for (const feature of features) if (await feature.element?.(element)) return
    if (!this.authenticated) return
    if (element.is('iq')) return this.#iq(element, features)
    const stanza = element.is('message') || element.is('presence')
    if (stanza && this.jid !== undefined) features.some((feature) => feature.stanza?.(element))
  }

  #iq(iq: Element, features: readonly ServerFeature[]) {
    if (iq.attrs.type !== 'get' && iq.attrs.type !== 'set') return
    const [payload] = iq.getChildElements()
    for (const feature of features) {
      const usual = feature.iq?.(iq, payload)
      if (usual === undefined) continue
      this.speak('iq.reply', usual, { iq, namespace: payload?.getNS() })
      return
    }
  }

  #footer() {
    this.footerSeen = true
    this.parts.onChange(this)
    if (!this.#footerSent) this.speak('stream.footer', this.link.footerText, {})
    this.#footerSent = true
    this.link.end()
  }

  #note(element: Element) {
    if (this.received.length === mostElements) {
      this.faults.push(`more than ${mostElements} elements`)
      this.link.recorder.event('flooded', `more than ${mostElements} elements: the connection is reset`)
      this.link.destroy()
    }
    if (this.received.length >= mostElements) return
    this.received.push(element)
    this.parts.onElement(element, this)
  }
}

/** Elements that a connection is kept for: a client that floods costs its own case, not the memory of the run. */
const mostElements = 20_000

type SayPoint = {
  [P in Point]: Points[P]['context'] extends { usual: string } ? (Points[P]['value'] extends Said ? P : never) : never
}[Point]
