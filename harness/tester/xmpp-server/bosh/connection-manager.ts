import type { IncomingMessage, ServerResponse } from 'node:http'
import type tls from 'node:tls'
import { Inbox, type WaitOptions } from '../../inbox.ts'
import type { ConnectionRecorder } from '../../recorder.ts'
import type { ServerConnection } from '../server-connection.ts'
import { BoshLink } from './bosh-link.ts'
import { type BoshReply, type BoshRequest, readRequest } from './bosh-request.ts'
import { Exchange } from './exchange.ts'
import { wrapped } from './outbox.ts'

/** Where BOSH clients find the server. */
export const boshPath = '/http-bind'

/** What one client may make the tester hold: requests that are kept, sessions, requests at a time. */
const limits = { requests: 20_000, sessions: 100, atOnce: 200 }

export interface ConnectionManagerParts {
  /** A session begins: its number, from 1. */
  begin(number: number, link: BoshLink): ServerConnection
  changed(): void
}

/** The connection that an HTTP request came on. */
export interface HttpConnection {
  number: number
  tls: tls.TLSSocket
  recorder: ConnectionRecorder
}

/** Takes the HTTP requests of BOSH clients and gives each to its session (XEP-0124 §3, "connection manager"). */
export class ConnectionManager {
  /** Every POST that came, in order. */
  readonly requests: BoshRequest[] = []
  /** What was asked with another method. */
  readonly others: string[] = []
  readonly sessions: BoshLink[] = []
  readonly #parts: ConnectionManagerParts
  readonly #inbox = new Inbox<BoshRequest>(({ text }) => text.slice(0, 120))
  readonly #bySid = new Map<string, BoshLink>()
  #open = 0

  constructor(parts: ConnectionManagerParts) {
    this.#parts = parts
  }

  /** The newest session. */
  get session(): BoshLink | undefined {
    return this.sessions.at(-1)
  }

  /** Requests of sessions that were over. */
  get late(): BoshRequest[] {
    return this.requests.filter(({ late }) => late)
  }

  /**
   * Takes the next request that matches, or waits for it.
   *
   * @throws NothingCame when it does not come in time.
   */
  next(match: (request: BoshRequest) => boolean, wait: WaitOptions): Promise<BoshRequest> {
    return this.#inbox.next(match, wait)
  }

  end(): void {
    this.#inbox.end('the case is over')
    for (const session of this.sessions) session.destroy()
  }

  /** Answers an HTTP request, whatever it holds. */
  async handle(message: IncomingMessage, response: ServerResponse, connection: HttpConnection): Promise<void> {
    const exchange = new Exchange(message, response, connection.recorder)
    if (message.method === 'OPTIONS') return exchange.answer({ status: 204 })
    if (message.url?.split('?')[0] !== boshPath) return exchange.answer({ status: 404 })
    if (message.method !== 'POST') {
      if (this.others.length < limits.requests) this.others.push(`${message.method}`)
      return exchange.answer({ status: 405, headers: { Allow: 'POST, OPTIONS' } })
    }
    if (this.#open >= limits.atOnce || this.requests.length >= limits.requests) {
      return exchange.answer({ status: 503, headers: { Connection: 'close' } })
    }
    this.#open++
    response.once('close', () => this.#open--)
    let request: BoshRequest
    try {
      request = await readRequest(message, connection.number)
    } catch (error) {
      connection.recorder.event('refuses', String(error))
      return exchange.answer({ status: 413, headers: { Connection: 'close' } })
    }
    connection.recorder.bytes('received', Buffer.from(request.text))
    this.requests.push(request)
    this.#take(request, exchange, connection)
    this.#inbox.push(request)
    this.#parts.changed()
  }

  #take(request: BoshRequest, exchange: Exchange, connection: HttpConnection) {
    const { body, sid, fault } = request
    const known = sid === undefined ? undefined : this.#bySid.get(sid)
    if (!body) {
      connection.recorder.event('not-well-formed', fault)
      return exchange.answer(terminate('bad-request'))
    }
    if (sid !== undefined) {
      if (known && !known.closed) return known.take(request, exchange)
      request.late = known !== undefined
      return exchange.answer(terminate('item-not-found'))
    }
    if (request.rid === undefined) return exchange.answer(terminate('bad-request'))
    if (!body.attrs.to) return exchange.answer(terminate('improper-addressing'))
    if (this.sessions.length >= limits.sessions) return exchange.answer(terminate('policy-violation'))
    this.#begin(request, exchange, connection)
  }

  #begin(request: BoshRequest, exchange: Exchange, { tls, recorder }: HttpConnection) {
    let session: ServerConnection | undefined
    const link = new BoshLink(request, {
      recorder,
      tls,
      respond: (usual, of): BoshReply | undefined => session?.at('bosh.response', { usual, request: of }),
      changed: () => this.#parts.changed(),
    })
    this.sessions.push(link)
    this.#bySid.set(link.sid, link)
    session = this.#parts.begin(this.sessions.length, link)
    link.take(request, exchange)
  }
}

const terminate = (condition: string): string => wrapped('', ` type='terminate' condition='${condition}'`)
