import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type tls from 'node:tls'
import type { Element } from '@xmpp/xml'
import type { ConnectionRecorder } from '../../recorder.ts'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { Link, LinkEvents } from '../link.ts'
import type { BoshReply, BoshRequest } from './bosh-request.ts'
import type { Exchange } from './exchange.ts'
import { HeldRequests } from './held-requests.ts'
import { Outbox, wrapped } from './outbox.ts'

/** What the connection manager grants at most (XEP-0124 §7.2). Seconds, requests. */
const granted = { wait: 60, hold: 1, inactivity: 30, polling: 2, minorVersion: 11 }

/** Requests that may come before their turn: the window is smaller, but a case may widen it. */
const mostEarly = 64

export interface BoshLinkParts {
  readonly recorder: ConnectionRecorder
  readonly tls: tls.TLSSocket
  /** What the case answers instead of the usual. */
  respond(usual: string, request: BoshRequest): BoshReply | undefined
  changed(): void
}

/**
 * A session of BOSH: a stream that travels in the bodies of HTTP requests and their answers (XEP-0124, XEP-0206). A right
 * connection manager: requests are taken in the order of their `rid`, one is held until there is something to say or
 * its time is over, and an answer that was lost is given again.
 */
export class BoshLink extends EventEmitter<LinkEvents> implements Link {
  readonly framed = true
  readonly endsUnseen = true
  readonly footerText = `<body type='terminate' xmlns='${ns.httpBind}'/>`
  readonly recorder: ConnectionRecorder
  readonly tls: tls.TLSSocket
  readonly sid = randomBytes(12).toString('hex')
  /** Requests that the client may have unanswered at a time (XEP-0124 §7.2). */
  readonly window: number
  /** Nothing is answered by itself: the case calls `answer`. */
  manual = false
  readonly #parts: BoshLinkParts
  readonly #wait: number
  readonly #hold: number
  readonly #minorVersion: number | undefined
  readonly #contentType: string | undefined
  readonly #outbox = new Outbox()
  readonly #held: HeldRequests
  readonly #early = new Map<number, { request: BoshRequest; exchange: Exchange }>()
  readonly #answered = new Map<number, string>()
  /** Answered with a recoverable error: they are still to be answered (XEP-0124 §17.3). */
  readonly #reopened = new Map<number, BoshRequest>()
  #lastRid: number
  #restarted = false
  #closed = false
  #inactive: NodeJS.Timeout | undefined

  /** @param creation the request that asks for the session (XEP-0124 §7.1) */
  constructor(creation: BoshRequest, parts: BoshLinkParts) {
    super()
    const { wait, hold, ver, content } = creation.body?.attrs ?? {}
    this.#parts = parts
    this.recorder = parts.recorder
    this.tls = parts.tls
    this.#wait = Math.min(number(wait) ?? granted.wait, granted.wait)
    this.#hold = Math.min(number(hold) ?? granted.hold, granted.hold)
    this.#minorVersion = ver === undefined ? undefined : Math.min(number(ver.split('.')[1]) ?? 0, granted.minorVersion)
    this.#contentType = content && /^[\w./+-]+(; ?charset=[\w-]+)?$/.test(content) ? content : undefined
    this.window = this.#hold + 1
    this.#lastRid = (creation.rid ?? 0) - 1
    this.#held = new HeldRequests(this.#wait * 1000, () => this.#flush(true))
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The `rid`s of requests that are not answered yet, in order. */
  get waiting(): number[] {
    return this.#held.rids
  }

  /** What answers a request for a session, or for a new stream in it (XEP-0124 §7.2, XEP-0206 §4, §5). */
  headerText({ domain, id }: { domain: string; id: string }): string {
    const namespaces = `xmlns='${ns.httpBind}' xmlns:stream='${ns.streams}' xmlns:xmpp='${ns.xbosh}'`
    if (this.#restarted) return `<body ${namespaces}/>`
    const version = this.#minorVersion === undefined ? '' : ` ver='1.${this.#minorVersion}'`
    const { inactivity, polling } = granted
    return (
      `<body sid='${this.sid}' wait='${this.#wait}' hold='${this.#hold}' requests='${this.window}'` +
      ` inactivity='${inactivity}' polling='${polling}'${version} from='${domain}' authid='${id}'` +
      ` xmpp:version='1.0' xmpp:restartlogic='true' ${namespaces}/>`
    )
  }

  /** A request of the session came. */
  take(request: BoshRequest, exchange: Exchange): void {
    clearTimeout(this.#inactive)
    const { rid } = request
    if (rid === undefined) this.#refuse(exchange, 'bad-request')
    else if (rid <= this.#lastRid) this.#takeAgain(rid, exchange)
    // Higher than the window allows: the session is over (XEP-0124 §14.2).
    else if (rid > this.#lastRid + this.window && !this.manual) this.#refuse(exchange, 'item-not-found')
    else if (this.#early.size >= mostEarly) this.#refuse(exchange, 'policy-violation')
    else this.#takeInTurn(rid, request, exchange)
  }

  #takeInTurn(rid: number, request: BoshRequest, exchange: Exchange) {
    this.#early.set(rid, { request, exchange })
    for (let next = this.#early.get(this.#lastRid + 1); next; next = this.#early.get(this.#lastRid + 1)) {
      this.#lastRid++
      this.#early.delete(this.#lastRid)
      this.#process(next.request, next.exchange)
    }
  }

  /** Answers by itself again. */
  release(): void {
    this.manual = false
    this.#flush()
  }

  /** Answers one request now, with this in the body. For cases that have said `manual`. */
  answer(rid: number, payloads: readonly string[]): void {
    const held = this.#held.take(rid)
    if (held) this.#respond(held.request, held.exchange, wrapped(payloads.join('')))
  }

  write(data: string | Uint8Array): void {
    this.#outbox.add(data)
    queueMicrotask(() => this.#flush())
  }

  writePart(data: Uint8Array, last: boolean): void {
    this.#outbox.addPart(data, last)
    if (last) queueMicrotask(() => this.#flush())
  }

  restart(): void {}

  end(): void {
    this.#flush()
    this.#over('the client ended the session')
  }

  destroy(): void {
    for (const { exchange } of this.#held.takeAll()) exchange.answer({ breaks: true })
    this.#over()
  }

  /** In its turn. */
  #process(request: BoshRequest, exchange: Exchange) {
    const { body } = request
    if (!body) return
    this.#held.add({ rid: request.rid ?? 0, request, exchange })
    if (body.children.some((child) => typeof child === 'string' && child.trim() !== '')) {
      this.emit('fault', 'character data in the <body/> (XEP-0124 §6)')
    }
    if (body.attrs.sid === undefined) this.emit('header', body)
    else if (isRestart(body)) {
      this.#restarted = true
      this.emit('header', body)
    } else for (const child of body.getChildElements()) this.emit('element', child)
    if (body.attrs.type === 'terminate') this.emit('footer')
    // What the server says to it in this turn goes into the answer.
    if (body.attrs.pause === undefined) setImmediate(() => this.#flush())
    else for (const held of this.#held.takeAll()) this.#respond(held.request, held.exchange, wrapped(''))
    this.#parts.changed()
  }

  /** A `rid` that was there before (XEP-0124 §14.3). */
  #takeAgain(rid: number, exchange: Exchange) {
    const before = this.#held.replace(rid, exchange)
    if (before) return before.answer(wrapped('', ` type='error'`))
    const reopened = this.#reopened.get(rid)
    if (reopened) {
      this.#reopened.delete(rid)
      this.#held.add({ rid, request: reopened, exchange })
      return this.#flush()
    }
    const answer = this.#answered.get(rid)
    if (answer === undefined) return this.#refuse(exchange, 'item-not-found')
    exchange.answer(answer, this.#contentType)
  }

  /** Says what there is to say, and lets go of requests that are more than may be held. */
  #flush(timeIsOver = false) {
    if (this.manual || this.#closed) return
    const due = !this.#outbox.empty || timeIsOver
    const oldest = due ? this.#held.takeOldest() : undefined
    if (oldest) {
      const { text, terminates } = this.#outbox.takeBody()
      this.#respond(oldest.request, oldest.exchange, text)
      if (terminates) return this.#over('the server ended the session')
    }
    while (this.#held.count > this.#hold) {
      const held = this.#held.takeOldest()
      if (held) this.#respond(held.request, held.exchange, wrapped(''))
    }
  }

  #respond(request: BoshRequest, exchange: Exchange, usual: string) {
    const reply = this.#parts.respond(usual, request) ?? usual
    const { rid } = request
    const said = typeof reply === 'string' ? reply : reply.body
    // What a broken connection or an HTTP error kept from the client is what it gets when it asks again.
    const lost = typeof reply !== 'string' && (reply.breaks || (reply.status ?? 200) !== 200)
    if (rid !== undefined && said && /^<body [^>]*type=['"]error/.test(said)) this.#reopened.set(rid, request)
    else if (rid !== undefined) this.#remember(rid, lost ? usual : (said ?? usual))
    exchange.answer(reply, this.#contentType)
    this.#idle()
  }

  /** As many answers are kept as requests may be unanswered (XEP-0124 §14.3). */
  #remember(rid: number, text: string) {
    this.#answered.set(rid, text)
    const [first] = this.#answered.keys()
    if (this.#answered.size > this.window && first !== undefined) this.#answered.delete(first)
  }

  /** A session that asks nothing any more is over after a while (XEP-0124 §10). */
  #idle() {
    clearTimeout(this.#inactive)
    if (this.#closed || this.#held.count > 0) return
    this.#inactive = setTimeout(() => this.#over('no request within the inactivity period'), granted.inactivity * 1000)
    this.#inactive.unref()
  }

  #refuse(exchange: Exchange, condition: string) {
    exchange.answer(wrapped('', ` type='terminate' condition='${condition}'`))
    this.recorder.event('refuses', condition)
    this.#over(condition)
  }

  #over(why?: string) {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#inactive)
    for (const { exchange } of this.#held.takeAll()) exchange.answer(wrapped(''))
    this.recorder.event('session-ended', why)
    this.emit('gone', why)
  }
}

/** Whether a request asks for a new stream (XEP-0206 §5). The parser keeps the prefix that the client chose. */
function isRestart(body: Element): boolean {
  return Object.entries(body.attrs).some(([name, value]) => {
    const [prefix, local] = name.split(':')
    return local === 'restart' && (value === 'true' || value === '1') && body.attrs[`xmlns:${prefix}`] === ns.xbosh
  })
}

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined
