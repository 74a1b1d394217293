import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Client } from '@xmpp/client-core'
import type { Element } from '@xmpp/xml'
import type { Account, ServerEndpoints } from '../../lab/lab.ts'
import { NothingCame } from '../../suite/verdict-errors.ts'
import { Inbox } from '../inbox.ts'
import type { Interference, SessionInterference } from '../interference.ts'
import type { ConnectionRecorder } from '../recorder.ts'
import { brief } from '../xml/brief.ts'
import { parseElement } from '../xml/stream-parser.ts'
import { ns } from './namespaces.ts'
import { sessionEntity } from './session-entity.ts'

/** A stanza as a case writes it: text that reads like the specification's examples, or an element. */
export type Stanza = string | Element

/** Bound on a whole login, milliseconds. */
const loginTimeoutMs = 10_000

/** Elements of stream negotiation, which a session does not show: features, STARTTLS, SASL, the answer to our bind. */
const isNegotiation = (element: Element): boolean =>
  element.is('features', ns.streams) ||
  element.getNS() === ns.tls ||
  element.getNS() === ns.sasl ||
  element.getChild('bind', ns.bind) !== undefined

/**
 * A client that is logged in and has a resource. What comes to it waits in order of arrival until the case takes it;
 * IQ answers are taken by `iq`. Nothing is answered by itself.
 */
export class Session {
  readonly account: Account
  /** The full JID that the server bound. */
  readonly jid: string
  readonly resource: string
  readonly #entity: Client
  readonly #inbox: Inbox<Element>
  readonly #interference: SessionInterference | undefined

  private constructor(account: Account, entity: Client, inbox: Inbox<Element>, interference?: SessionInterference) {
    this.account = account
    this.jid = String(entity.jid)
    this.resource = this.jid.slice(this.jid.indexOf('/') + 1)
    this.#entity = entity
    this.#inbox = inbox
    this.#interference = interference
  }

  /**
   * Logs in: TCP with STARTTLS (or direct TLS where the server has no other), SASL, resource binding.
   *
   * @throws Error with the step that failed.
   */
  static async login(
    endpoints: ServerEndpoints,
    account: Account,
    recorder: ConnectionRecorder,
    resource?: string,
    interference?: Interference,
  ): Promise<Session> {
    const entity = sessionEntity(endpoints, account, resource, recorder)
    const inbox = new Inbox<Element>((element) => brief(element))
    const mistaken = interference?.join((element) => inbox.push(element))
    const failed = Promise.withResolvers<never>()
    // Stanzas may stand in the same segment as the answer to our bind: they are kept from the beginning.
    entity.on('element', (element: Element) => {
      if (isNegotiation(element)) return
      for (const changed of mistaken?.element(element) ?? [element]) inbox.push(changed)
    })
    entity.on('disconnect', () => {
      inbox.end('the connection was closed')
      failed.reject(new Error('the server closed the connection'))
    })
    entity.on('error', (error: Error) => {
      failed.reject(error)
      // A stream error is an element too and tells more; it came before this.
      if (error.name !== 'StreamError') inbox.end(`the stream broke: ${error.message}`)
    })
    const timer = setTimeout(() => failed.reject(new Error(`it took over ${loginTimeoutMs} ms`)), loginTimeoutMs)
    try {
      await Promise.race([failed.promise, entity.start()])
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`${account.jid} could not log in: ${reason}`, { cause: error })
    } finally {
      clearTimeout(timer)
    }
    failed.promise.catch(() => {})
    return new Session(account, entity, inbox, mistaken)
  }

  /** The bare JID. */
  get bare(): string {
    return this.account.jid
  }

  /** Sends one stanza. */
  async send(stanza: Stanza): Promise<void> {
    if (this.#inbox.ended !== undefined) throw new NothingCame('a connection to send on', this.#inbox.ended)
    const text = typeof stanza === 'string' ? stanza : stanza.toString()
    if (this.#interference?.sends(text, this.jid)) return
    await this.#entity.write(text)
  }

  /**
   * Sends an IQ, with an id of its own where it has none, and waits for the result or error with that id.
   *
   * @throws NothingCame when no answer comes.
   */
  async iq(stanza: Stanza, timeoutMs?: number): Promise<Element> {
    const element = typeof stanza === 'string' ? parseElement(stanza) : stanza
    element.attrs.id ??= randomUUID()
    const { id } = element.attrs
    await this.send(element)
    const answers = (answer: Element) =>
      answer.is('iq') && answer.attrs.id === id && (answer.attrs.type === 'result' || answer.attrs.type === 'error')
    return this.#inbox.next(answers, { awaited: `an answer to the IQ ${brief(element, 200)}`, timeoutMs })
  }

  /** Takes the next stanza that matches, waiting for it at most `timeoutMs` (default 5000). */
  next(match: (element: Element) => boolean, awaited: string, timeoutMs?: number): Promise<Element> {
    return this.#inbox.next(match, { awaited, timeoutMs })
  }

  /** The next message that matches. */
  message(
    match: (element: Element) => boolean = () => true,
    awaited = 'a message',
    timeoutMs?: number,
  ): Promise<Element> {
    return this.next((element) => element.is('message') && match(element), awaited, timeoutMs)
  }

  /** The next presence that matches. */
  presence(
    match: (element: Element) => boolean = () => true,
    awaited = 'a presence',
    timeoutMs?: number,
  ): Promise<Element> {
    return this.next((element) => element.is('presence') && match(element), awaited, timeoutMs)
  }

  /** What came and was not taken, without taking it. */
  seen(match: (element: Element) => boolean = () => true): Element[] {
    return this.#inbox.seen(match)
  }

  /** Takes all that match and are there by now. */
  take(match: (element: Element) => boolean = () => true): Element[] {
    return this.#inbox.take(match)
  }

  /**
   * Waits until the server has worked off what this session sent before: a ping to our own server, which it must
   * answer in order, with a result or an error (RFC 6120 §10.1, XEP-0199).
   */
  async sync(): Promise<void> {
    await this.iq(
      `<iq type='get' id='sync-${randomUUID()}' to='${this.account.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`,
    )
  }

  /**
   * Sends a message with a body of its own to a full JID's session and waits there for it. What the sender sent to
   * that session before has arrived by then, or never will (RFC 6120 §10.1).
   */
  async marker(receiver: Session): Promise<void> {
    const body = `marker ${randomUUID()}`
    await this.send(`<message to='${receiver.jid}' type='chat'><body>${body}</body></message>`)
    const isMarker = (element: Element) =>
      element.is('message') && element.getChildText('body') === body && element.attrs.from === this.jid
    await receiver.next(isMarker, 'the marker message sent behind')
  }

  /** Sends initial presence and waits for the server's echo of it (RFC 6121 §4.2.2). */
  async available(priority?: number): Promise<void> {
    const id = randomUUID()
    await this.send(
      `<presence id='${id}'>${priority === undefined ? '' : `<priority>${priority}</priority>`}</presence>`,
    )
    await this.presence(
      (element) => element.attrs.from === this.jid && element.attrs.type === undefined,
      'our own presence',
    )
  }

  get closed(): boolean {
    return this.#inbox.ended !== undefined
  }

  /** Closes the stream in order, waiting at most a second for the other side. */
  async close(): Promise<void> {
    if (this.closed) return
    const gone = once(this.#entity, 'disconnect', { signal: AbortSignal.timeout(1_000) }).catch(() => this.destroy())
    await this.#entity.write('</stream:stream>').catch(() => {})
    await gone
    this.#inbox.end('the session was closed by the tester')
  }

  /** Goes away without a word, as a phone in a tunnel does. */
  destroy(): void {
    const { socket } = this.#entity as unknown as { socket: { destroy(): void } | null }
    socket?.destroy()
  }
}
