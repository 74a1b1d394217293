import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { type Element, escapeXML } from '@xmpp/xml'
import type { Account } from '../../lab/lab.ts'
import { parseElement } from '../xml/stream-parser.ts'
import { ns } from '../xmpp-client/namespaces.ts'
import { scramHash } from '../xmpp-client/scram.ts'
import { answerIq } from './answer-iq.ts'
import type { Deviations, Point, PointContext, Points, Said } from './deviations.ts'
import type { Link, TcpLink } from './link.ts'
import { ScramServer } from './scram-server.ts'

/** A secret that the client gave away on a connection. */
export interface Secret {
  kind: 'password' | 'proof'
  mechanism: string
  encrypted: boolean
}

/** What a connection needs of its server. */
export interface ConnectionParts {
  domain: string
  account: Account
  /** What is offered where the case says nothing. */
  mechanisms: readonly string[]
  deviations: Deviations
  /** Encrypts a connection in clear; resolves when the handshake was begun. */
  encrypt(link: TcpLink, connection: ServerConnection): Promise<void>
  /** Certificate shown on this connection, PEM. */
  certificate(): string | undefined
  onElement(element: Element, connection: ServerConnection): void
  onChange(connection: ServerConnection): void
}

/**
 * One connection of a client to the scripted server: negotiates as RFC 6120 §4.3 has it and answers what a right server
 * answers, changed where the case deviates. What it did says what it holds to: `<proceed/>` is followed by TLS,
 * `<success/>` by a new stream, whoever put it there.
 */
export class ServerConnection {
  readonly number: number
  readonly link: Link
  /** Everything that the client sent, in order: headers, elements. */
  readonly received: Element[] = []
  /** What in it was no XML that a stream may carry. */
  readonly faults: string[] = []
  /** Mechanisms that the client tried. */
  readonly mechanisms: string[] = []
  readonly secrets: Secret[] = []
  /** White space and other text between stanzas. */
  whitespace = ''
  /** Streams opened. */
  streams = 0
  /** The client closed its stream with a closing tag or `<close/>`. */
  footerSeen = false
  authenticated = false
  /** The proof, or the password, was right. */
  provedRight = false
  /** Full JID that the client was given. */
  jid: string | undefined
  readonly #parts: ConnectionParts
  #scram: ScramServer | undefined
  #mechanism = ''
  #awaits: 'auth' | 'first' | 'final' | 'empty' = 'auth'
  #footerSent = false
  #work: Promise<void> = Promise.resolve()

  constructor(number: number, link: Link, parts: ConnectionParts) {
    this.number = number
    this.link = link
    this.#parts = parts
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

  /** The client has bound a resource: it is online as far as the server can know. */
  get online(): boolean {
    return this.jid !== undefined && this.open
  }

  /** Sends text: on WebSocket one message each, with the namespaces that it then needs. */
  say(said: Said): void {
    for (const text of typeof said === 'string' ? [said] : said) {
      if (closesStream(text)) this.#footerSent = true
      if (text !== '') this.link.write(this.link.framed ? framed(text) : text)
    }
  }

  /** Sends exactly these bytes. */
  sayBytes(bytes: Uint8Array | string): void {
    this.link.write(bytes)
  }

  /** Closes the stream: `</stream:stream>`, or `<close/>` (RFC 6120 §4.4, RFC 7395 §3.6). */
  closeStream(): void {
    if (!this.#footerSent) this.say(this.#footerText)
  }

  get #footerText(): string {
    return this.link.framed ? `<close xmlns='${ns.framing}'/>` : '</stream:stream>'
  }

  /** One thing after the other: what arrives while a proof is being computed waits. */
  #queue(step: () => Promise<void> | void) {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      this.link.recorder.event('tester-error', error instanceof Error ? error.stack : String(error))
    })
  }

  #at<P extends Point>(
    point: P,
    context: Omit<Points[P]['context'], keyof PointContext>,
  ): Points[P]['value'] | undefined {
    const full = { ...context, connection: this, number: this.number } as unknown as Points[P]['context']
    const value = this.#parts.deviations.at(point, full)
    if (value !== undefined) this.link.recorder.event('deviates', point)
    return value
  }

  /** Sends what the point says: the usual or the case's own. Returns the text sent. */
  #speak<P extends SayPoint>(
    point: P,
    usual: string,
    context: Omit<Points[P]['context'], keyof PointContext | 'usual'>,
  ): string {
    const said = this.#said(point, usual, context)
    this.say(said)
    return said.join('')
  }

  #said<P extends SayPoint>(
    point: P,
    usual: string,
    context: Omit<Points[P]['context'], keyof PointContext | 'usual'>,
  ): string[] {
    const said = (this.#at(point, { ...context, usual } as never) ?? usual) as Said
    return typeof said === 'string' ? [said] : [...said]
  }

  #header(header: Element) {
    this.streams++
    this.#note(header)
    const { domain } = this.#parts
    const id = randomBytes(8).toString('hex')
    const attributes = `from='${domain}' id='${id}' xml:lang='en' version='1.0'`
    const usual = this.link.framed
      ? `<open xmlns='${ns.framing}' ${attributes}/>`
      : `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${ns.streams}' ${attributes}>`
    this.#footerSent = false
    const opening = this.#said('stream.header', usual, { header, stream: this.streams, id })
    const point = this.authenticated
      ? 'features.authenticated'
      : this.encrypted
        ? 'features.encrypted'
        : 'features.plain'
    // In one segment over TCP, as servers do it: what a client makes of that then does not hang on chance.
    const both = [...opening, ...this.#said(point, this.#features(), {})]
    this.say(this.link.framed ? both : both.join(''))
  }

  #features(): string {
    if (this.authenticated) {
      const session = `<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>`
      return `<stream:features><bind xmlns='${ns.bind}'/>${session}</stream:features>`
    }
    const starttls = `<starttls xmlns='${ns.tls}'><required/></starttls>`
    if (!this.encrypted) return `<stream:features>${starttls}</stream:features>`
    const usual = [...this.#parts.mechanisms]
    const offered = this.#at('sasl.mechanisms', { encrypted: true, usual }) ?? usual
    const list = offered.map((name) => `<mechanism>${escapeXML(name)}</mechanism>`).join('')
    return `<stream:features><mechanisms xmlns='${ns.sasl}'>${list}</mechanisms></stream:features>`
  }

  async #element(element: Element) {
    this.#note(element)
    if (element.is('starttls', ns.tls)) return this.#startTls()
    if (element.getNS() === ns.sasl) return this.#sasl(element)
    if (!this.authenticated) return
    if (element.is('iq')) return this.#iq(element)
    if (element.is('message') || element.is('presence')) return this.#route(element)
  }

  async #startTls() {
    const said = this.#speak('starttls.reply', `<proceed xmlns='${ns.tls}'/>`, {})
    if (said.includes('<proceed') && !this.link.framed && !this.encrypted) {
      await this.#parts.encrypt(this.link as TcpLink, this)
    }
  }

  async #sasl(element: Element) {
    const text = Buffer.from(element.getText(), 'base64').toString('utf8')
    if (element.is('auth')) {
      this.#mechanism = element.attrs.mechanism ?? ''
      this.mechanisms.push(this.#mechanism)
      this.#awaits = 'auth'
      this.#scram = undefined
    } else if (element.is('abort')) return this.#fail(element, 'aborted')
    else if (!element.is('response')) return
    try {
      if (this.#mechanism === 'PLAIN') return this.#plain(element, text)
      const hash = scramHash(this.#mechanism)
      if (!hash || !this.#mechanism.startsWith('SCRAM-')) return this.#fail(element, 'invalid-mechanism')
      if (this.#awaits === 'auth' && element.is('auth')) return this.#scramFirst(element, new ScramServer(hash, text))
      if (this.#awaits === 'final') return await this.#scramFinal(element, text)
      if (this.#awaits === 'empty') return this.#succeed(element, '')
      this.#fail(element, 'malformed-request')
    } catch {
      this.#fail(element, 'malformed-request')
    }
  }

  #plain(element: Element, text: string) {
    const [, username, password] = text.split('\0')
    this.#giveAway('password')
    this.provedRight = username === this.#parts.account.local && password === this.#parts.account.password
    const usual = this.provedRight ? success('') : failure('not-authorized')
    const said = this.#at('sasl.auth', { element, mechanism: 'PLAIN', usual })
    if (said !== undefined) {
      this.say(said)
      this.#heed(typeof said === 'string' ? said : said.join(''))
    } else if (this.provedRight) this.#succeed(element, '')
    else this.#fail(element, 'not-authorized')
  }

  #scramFirst(element: Element, scram: ScramServer) {
    this.#scram = scram
    this.#awaits = 'final'
    const usualFirst = scram.first()
    const { clientNonce, nonce } = scram
    const salt = scram.salt.toString('base64')
    const first =
      this.#at('scram.first', { usual: usualFirst, clientNonce, nonce, salt, iterations: 4096 }) ?? usualFirst
    scram.sent(first)
    const usual = `<challenge xmlns='${ns.sasl}'>${base64(first)}</challenge>`
    this.#heed(this.#speak('sasl.auth', usual, { element, mechanism: this.#mechanism }))
  }

  async #scramFinal(element: Element, text: string) {
    const scram = this.#scram
    if (!scram) return this.#fail(element, 'malformed-request')
    const { account } = this.#parts
    const outcome = await scram.final(text, account.password, this.#bindingData(scram.bindingType))
    if (outcome.proof !== undefined) this.#giveAway('proof')
    this.provedRight = outcome.right && scram.username === account.local
    const usual = `v=${outcome.signature}`
    const final = this.#at('scram.final', { usual, signature: outcome.signature })
    // A hostile server does not mind a wrong proof: it wants to be believed.
    if (!this.provedRight && final === undefined) return this.#fail(element, 'not-authorized')
    this.#succeed(element, final ?? usual)
  }

  #succeed(element: Element, data: string) {
    this.#heed(this.#speak('sasl.success', success(data), { element, mechanism: this.#mechanism }))
  }

  #fail(element: Element, condition: string) {
    this.#heed(this.#speak('sasl.failure', failure(condition), { element, mechanism: this.#mechanism }))
  }

  /** Holds to what was said, whoever made it up. */
  #heed(said: string) {
    if (said.includes('<success')) {
      this.authenticated = true
      this.link.restart()
    } else if (said.includes('<failure')) this.#awaits = 'auth'
  }

  /** Data of the channel bindings that Node knows (RFC 5929 §4, RFC 9266). */
  #bindingData(type: string | undefined): Uint8Array | undefined {
    const secure = this.link.tls
    if (type === 'tls-exporter') return secure?.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    const certificate = this.#parts.certificate()
    if (type !== 'tls-server-end-point' || !certificate) return undefined
    return createHash('sha256').update(new X509Certificate(certificate).raw).digest()
  }

  #iq(iq: Element) {
    if (iq.attrs.type !== 'get' && iq.attrs.type !== 'set') return
    const [payload] = iq.getChildElements()
    const namespace = payload?.getNS()
    if (payload?.is('bind', ns.bind)) return this.#bind(iq, payload)
    const usual = answerIq(iq, { domain: this.#parts.domain, account: this.#parts.account, jid: this.jid ?? '' })
    this.#speak('iq.reply', usual, { iq, namespace })
  }

  #bind(iq: Element, payload: Element) {
    const resource = payload.getChildText('resource') || randomBytes(6).toString('hex')
    const jid = `${this.#parts.account.jid}/${resource}`
    const bound = `<bind xmlns='${ns.bind}'><jid>${escapeXML(jid)}</jid></bind>`
    const usual = `<iq type='result' id='${escapeXML(iq.attrs.id ?? '')}'>${bound}</iq>`
    const said = this.#speak('bind.reply', usual, { iq, namespace: ns.bind, jid })
    const told = /<jid>([^<]*)<\/jid>/.exec(said)?.[1]
    if (told !== undefined && /type=['"]result/.test(said)) this.jid = told
    this.#parts.onChange(this)
  }

  /** What a client sends to itself comes back; its presence comes back to it as to all its resources (RFC 6121 §4.2.2). */
  #route(stanza: Element) {
    if (this.jid === undefined) return
    const to = stanza.attrs.to
    const own = to === this.jid || to === this.#parts.account.jid
    const broadcast = stanza.is('presence') && to === undefined && stanza.attrs.type === undefined
    if (!own && !broadcast) return
    const copy = parseElement(stanza.toString())
    Object.assign(copy.attrs, { from: this.jid, to: this.jid })
    this.say(copy.toString())
  }

  #footer() {
    this.footerSeen = true
    this.#parts.onChange(this)
    if (!this.#footerSent) this.#speak('stream.footer', this.#footerText, {})
    this.#footerSent = true
    this.link.end()
  }

  #giveAway(kind: Secret['kind']) {
    this.secrets.push({ kind, mechanism: this.#mechanism, encrypted: this.encrypted })
  }

  #note(element: Element) {
    this.received.push(element)
    this.#parts.onElement(element, this)
  }
}

type SayPoint = {
  [P in Point]: Points[P]['context'] extends { usual: string } ? (Points[P]['value'] extends Said ? P : never) : never
}[Point]

const closesStream = (text: string) => text.endsWith('</stream:stream>') || text.startsWith('<close ')
const base64 = (text: string) => Buffer.from(text).toString('base64')
const success = (data: string) =>
  data === '' ? `<success xmlns='${ns.sasl}'/>` : `<success xmlns='${ns.sasl}'>${base64(data)}</success>`
const failure = (condition: string) => `<failure xmlns='${ns.sasl}'><${condition}/></failure>`

/** Declares on an element what a stream header declares over TCP (RFC 7395 §3.3.3). */
export function framed(text: string): string {
  const tag = /^<([\w:.-]+)([^>]*)/.exec(text)
  if (!tag) return text
  const [, name = '', rest = ''] = tag
  const stream = name.startsWith('stream:') && !rest.includes('xmlns:stream=') ? ` xmlns:stream='${ns.streams}'` : ''
  const stanza = /^(iq|message|presence)$/.test(name) && !/\sxmlns=/.test(rest) ? ` xmlns='${ns.client}'` : ''
  return `<${name}${stream}${stanza}${text.slice(name.length + 1)}`
}
