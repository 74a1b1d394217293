import type { Endpoint } from '../../wire/ip/address.ts'
import { attributeOf, decodeStun, type StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { errorCodeOf } from '../../wire/stun/stun-values.ts'
import { Inbox, type WaitOptions } from '../inbox.ts'
import { bytesOf, type Draft } from './drafts.ts'
import type { IceEngineOptions } from './engine-options.ts'
import { IceEngine } from './ice-engine.ts'
import type { Datagram, IceSocket } from './ice-socket.ts'
import type { Pair } from './pairs.ts'

/** A STUN message that came from the agent under test. */
export interface Seen {
  /** Epoch microseconds. */
  at: number
  message: StunMessage
  from: Endpoint
  /** Which of the peer's sockets it came to. */
  socket: IceSocket
}

/** Data that came: anything that is not STUN. */
export interface SeenData {
  at: number
  bytes: Uint8Array
  from: Endpoint
  socket: IceSocket
}

export interface AskOptions {
  /** Which of the peer's sockets it goes from; the first by default. */
  via?: IceSocket
  timeoutMs?: number
}

const briefly = ({ message }: Seen) => `a ${message.class} of ${message.bytes.length} bytes`

/** Ta of an agent that knows nothing of its network, milliseconds (RFC 8445 §14.2). */
const defaultTaMs = 50

/** The scripted ICE peer: an engine that does everything right but for what its points change, and a memory of what came. */
export class IcePeer {
  readonly engine: IceEngine
  readonly requests: Seen[] = []
  readonly responses: Seen[] = []
  readonly data: SeenData[] = []
  readonly passed: Datagram[] = []
  readonly #requestInbox = new Inbox<Seen>(briefly)
  readonly #responseInbox = new Inbox<Seen>(briefly)
  readonly #dataInbox = new Inbox<SeenData>(({ bytes }) => `${bytes.length} bytes of data`)

  private constructor(engine: IceEngine) {
    this.engine = engine
  }

  /**
   * Opens the peer's sockets.
   *
   * @param onDatagram told of all that passes
   * @throws Error when no port can be had.
   */
  static async open(options: IceEngineOptions, onDatagram: (datagram: Datagram) => void = () => {}): Promise<IcePeer> {
    let note: (datagram: Datagram) => void = () => {}
    const engine = await IceEngine.open({
      ...options,
      onDatagram(datagram) {
        onDatagram(datagram)
        note(datagram)
      },
    })
    const peer = new IcePeer(engine)
    note = (datagram) => peer.#note(datagram)
    return peer
  }

  get sockets(): IceSocket[] {
    return this.engine.sockets
  }

  /** Where the agent can be reached from a socket: its best candidate, or whence it asked. */
  targetFrom(socket: IceSocket): Endpoint | undefined {
    const pairs = this.engine.list.pairs.filter((pair) => pair.socket === socket)
    return this.engine.list.sorted(this.engine.role, pairs)[0]?.remote
  }

  nextRequest(match: (seen: Seen) => boolean, wait: WaitOptions): Promise<Seen> {
    return this.#requestInbox.next(match, wait)
  }

  nextData(match: (seen: SeenData) => boolean, wait: WaitOptions): Promise<SeenData> {
    return this.#dataInbox.next(match, wait)
  }

  /** A right check of the agent, to be changed and sent by `post`. */
  draft(change: (draft: Draft) => Draft = (draft) => draft, via = this.sockets[0], nominate = false): Draft {
    const remote = via && this.targetFrom(via)
    if (!via || !remote) throw new Error('the agent told no candidate that can be reached')
    const pair = {
      socket: via,
      remote,
      localPriority: this.engine.candidates[this.sockets.indexOf(via)]?.priority ?? 1,
    }
    return change(this.engine.draftCheck(pair as Pair, nominate))
  }

  /** Sends a check, changed as told, and waits for what answers it: undefined where nothing does. */
  async ask(change: (draft: Draft) => Draft = (draft) => draft, options: AskOptions = {}): Promise<Seen | undefined> {
    const draft = this.draft(change, options.via)
    const id = transactionOf(draft)
    const answer = this.#answerTo(id, options.timeoutMs ?? 2_000)
    this.post(draft)
    return answer
  }

  /**
   * Sends something that must not be answered, and a right check behind it: the answer to the first, if one came by the time
   * that the second was answered.
   *
   * @throws NothingCame when the right check is not answered either.
   */
  async unanswered(change: (draft: Draft) => Draft, options: AskOptions = {}): Promise<Seen | undefined> {
    const draft = this.draft(change, options.via)
    const id = transactionOf(draft)
    this.post(draft)
    await this.mark(options)
    return this.responses.find(({ message }) => message.transactionId === id)
  }

  /** A right check, and its answer. @throws NothingCame */
  mark(options: AskOptions = {}): Promise<Seen> {
    const draft = this.draft(undefined, options.via)
    const answer = this.#responseInbox.next(({ message }) => message.transactionId === transactionOf(draft), {
      awaited: 'an answer to a right check',
      timeoutMs: options.timeoutMs ?? 3_000,
    })
    this.post(draft)
    return answer
  }

  /**
   * Right checks at the pace of an agent (RFC 8445 §14.2: one each 50 ms): what the other side does by a timer of its own is
   * before no marker, and has its turns here.
   *
   * @throws NothingCame
   */
  async paced(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      await new Promise((resolve) => setTimeout(resolve, defaultTaMs))
      await this.mark()
    }
  }

  /**
   * Waits until so much time has passed since then: for times that the specification fixes, and which are measured.
   *
   * @param at epoch milliseconds
   * @param ms milliseconds
   */
  reach(at: number, ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, Math.max(0, at + ms - Date.now())))
  }

  post(draft: Draft): void {
    draft.via.send(bytesOf(draft), draft.to)
  }

  /** Sends bytes that are no STUN, or broken STUN. */
  postBytes(bytes: Uint8Array, via = this.sockets[0]): void {
    const to = via && this.targetFrom(via)
    if (to) via.send(bytes, to)
  }

  async close(): Promise<void> {
    await this.engine.close()
    for (const inbox of [this.#requestInbox, this.#responseInbox, this.#dataInbox]) inbox.end('the case is over')
  }

  async #answerTo(id: string, timeoutMs: number): Promise<Seen | undefined> {
    try {
      return await this.#responseInbox.next(({ message }) => message.transactionId === id, {
        awaited: 'an answer',
        timeoutMs,
      })
    } catch {
      return undefined
    }
  }

  #note(datagram: Datagram) {
    this.passed.push(datagram)
    if (datagram.direction !== 'received') return
    const socket = this.sockets.find(({ local }) => local === datagram.local)
    if (!socket) return
    const { at, remote: from, bytes } = datagram
    const message = decodeStun(bytes)
    if (message.kind === 'malformed' || (bytes[0] ?? 0) > 3) {
      this.data.push({ at, bytes, from, socket })
      this.#dataInbox.push({ at, bytes, from, socket })
      return
    }
    const seen = { at, message, from, socket }
    if (message.class === 'request') {
      this.requests.push(seen)
      this.#requestInbox.push(seen)
    } else if (message.class !== 'indication') {
      this.responses.push(seen)
      this.#responseInbox.push(seen)
    }
  }
}

const transactionOf = ({ transactionId }: Draft) => Buffer.from(transactionId).toString('hex')

/** The number of an error answer; undefined of another. */
export function codeOf({ message }: Seen): number | undefined {
  const error = attributeOf(message, stunAttributes.ERROR_CODE)
  return message.class === 'error' && error ? errorCodeOf(error)?.code : undefined
}

/** An answer in words: `success`, `error 401`. */
export const answerIn = (seen: Seen | undefined): string =>
  seen === undefined
    ? 'no answer'
    : seen.message.class === 'error'
      ? `error ${codeOf(seen) ?? 'without a code'}`
      : 'success'
