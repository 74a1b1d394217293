import { NothingCame } from '../../suite/verdict-errors.ts'
import { epochMicroseconds } from '../../wire/epoch-clock.ts'
import type { Endpoint } from '../../wire/ip/address.ts'
import { longTermKey } from '../../wire/stun/stun-integrity.ts'
import { attributeOf, decodeStun, hex, type StunMessage, uint16 } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { errorCodeOf, numberOf, textOf, xorAddressOf } from '../../wire/stun/stun-values.ts'
import { Inbox } from '../inbox.ts'
import {
  bytesOfDraft,
  type Change,
  channelDataBytes,
  channelField,
  peerField,
  type TurnDraft,
  type TurnField,
  transportField,
  turnDraft,
  turnMethods,
} from './turn-draft.ts'
import { openTurnLink, type TurnLink, type TurnLinkOptions } from './turn-link.ts'

/** A message of the server. */
export type FromServer =
  | { kind: 'stun'; at: number; message: StunMessage }
  | { kind: 'channel-data'; at: number; channel: number; data: Buffer }
  | { kind: 'other'; at: number; bytes: Uint8Array }

export interface TurnAccount {
  username: string
  password: string
}

export interface TurnClientOptions extends Omit<TurnLinkOptions, 'onMessage' | 'onEnd'> {
  account: TurnAccount
}

/** When a request over UDP is sent again, and given up at last, milliseconds (RFC 8489 §6.2.1, cut short). */
const resendAfterMs = [500, 1_500]
const answerMs = 3_000

const unchanged: Change = (draft) => draft

/** A scripted TURN client (RFC 8656): right in everything, but for what a case changes in one line. */
export class TurnClient {
  readonly server: Endpoint
  readonly inbox = new Inbox<FromServer>(describe)
  /** What the server challenged with; learned before the first signed request. */
  challenge: { realm: string; nonce: string } | undefined
  /** The relayed transport address, once an Allocate succeeded. */
  relayed: Endpoint | undefined
  readonly #account: TurnAccount
  readonly #transport: TurnLinkOptions['transport']
  #link: TurnLink | undefined

  private constructor({ server, account, transport }: TurnClientOptions) {
    this.server = server
    this.#account = account
    this.#transport = transport
  }

  /** @throws Error when the server cannot be reached at all. */
  static async open(options: TurnClientOptions): Promise<TurnClient> {
    const client = new TurnClient(options)
    client.#link = await openTurnLink({
      ...options,
      onMessage: (bytes) => client.inbox.push(read(bytes)),
      onEnd: (reason) => client.inbox.end(reason),
    })
    return client
  }

  get local(): Endpoint {
    return this.#way.local
  }

  /** The key of the long-term credentials (RFC 8489 §9.2.2). */
  key(account: TurnAccount = this.#account): Uint8Array {
    return longTermKey({ ...account, realm: this.challenge?.realm ?? '' })
  }

  /** Sends a request without credentials. Throws NothingCame. */
  askBare(method: number, fields: TurnField[] = [], change = unchanged): Promise<StunMessage> {
    return this.exchange(change(turnDraft('request', method, fields)))
  }

  /** Lets the server say realm and nonce, as the first Allocate of a client does; returns its answer. Throws NothingCame. */
  async beChallenged(): Promise<StunMessage> {
    const answer = await this.askBare(turnMethods.Allocate, [transportField()])
    this.#learn(answer)
    return answer
  }

  /** Sends a request with credentials; once more where only its nonce is too old. Throws NothingCame. */
  async ask(method: number, fields: TurnField[], change = unchanged): Promise<StunMessage> {
    if (!this.challenge) await this.beChallenged()
    const answer = await this.exchange(change(this.signed(method, fields)))
    if (errorOf(answer) !== 438 || change !== unchanged) return answer
    this.#learn(answer)
    return this.exchange(this.signed(method, fields))
  }

  /** A request as it would be sent, with USERNAME, REALM, NONCE and the key. */
  signed(method: number, fields: TurnField[]): TurnDraft {
    const { realm, nonce } = this.challenge ?? { realm: '', nonce: '' }
    const draft = turnDraft('request', method, fields)
    const credentials = [
      { type: stunAttributes.USERNAME, value: this.#account.username },
      { type: stunAttributes.REALM, value: realm },
      { type: stunAttributes.NONCE, value: nonce },
    ]
    return { ...draft, fields: [...draft.fields, ...credentials], key: this.key() }
  }

  /** Sends a request as it is, again over UDP where no answer comes, and waits for the answer. Throws NothingCame. */
  async exchange(draft: TurnDraft): Promise<StunMessage> {
    const bytes = bytesOfDraft(draft)
    const id = hex(draft.transactionId)
    this.#way.send(bytes)
    const timers =
      this.#transport === 'udp' ? resendAfterMs.map((ms) => setTimeout(() => this.#way.send(bytes), ms)) : []
    try {
      const isAnswer = (one: FromServer) => one.kind === 'stun' && isAnswerTo(id, one.message)
      const awaited = 'an answer to the request'
      const came = await this.inbox.next(isAnswer, { awaited, timeoutMs: answerMs })
      return (came as Extract<FromServer, { kind: 'stun' }>).message
    } finally {
      for (const timer of timers) clearTimeout(timer)
    }
  }

  async allocate(further: TurnField[] = [], change = unchanged): Promise<StunMessage> {
    const answer = await this.ask(turnMethods.Allocate, [transportField(), ...further], change)
    if (answer.class === 'success') this.relayed = relayedOf(answer)
    return answer
  }

  refresh(further: TurnField[] = [], change = unchanged): Promise<StunMessage> {
    return this.ask(turnMethods.Refresh, further, change)
  }

  permit(peers: Endpoint[], change = unchanged): Promise<StunMessage> {
    return this.ask(turnMethods.CreatePermission, peers.map(peerField), change)
  }

  bind(channel: number, peer: Endpoint, change = unchanged): Promise<StunMessage> {
    return this.ask(turnMethods.ChannelBind, [channelField(channel), peerField(peer)], change)
  }

  /** A Send indication (RFC 8656 §11.1). */
  sendTo(peer: Endpoint, data: string, change = unchanged): void {
    const fields = [peerField(peer), { type: stunAttributes.DATA, value: data }]
    this.#way.send(bytesOfDraft(change(turnDraft('indication', turnMethods.Send, fields))))
  }

  /** A ChannelData message, padded where it goes over TCP (RFC 8656 §12.5). */
  sendOn(channel: number, data: string): void {
    this.sendRaw(channelDataBytes(channel, Buffer.from(data), this.#transport === 'tcp'))
  }

  sendRaw(bytes: Uint8Array): void {
    this.#way.send(bytes)
  }

  /** The next data that a peer sent, by whichever way it comes. Throws NothingCame. */
  async nextData(timeoutMs?: number): Promise<PeerData> {
    const wait = { awaited: 'data of the peer', ...(timeoutMs === undefined ? {} : { timeoutMs }) }
    const came = await this.inbox.next((one) => peerDataOf(one) !== undefined, wait)
    return peerDataOf(came) as PeerData
  }

  /** Data of a peer that comes within so many milliseconds; undefined where none does. */
  async dataWithin(timeoutMs: number): Promise<PeerData | undefined> {
    return orNothing(this.nextData(timeoutMs))
  }

  /** Gives the allocation back, where there is one, and closes. Never throws. */
  async close(): Promise<void> {
    if (this.relayed) {
      const nothing = { type: stunAttributes.LIFETIME, value: 0 }
      await this.refresh([nothing]).catch(() => undefined)
    }
    await this.#way.close()
    this.inbox.end('closed')
  }

  #learn(answer: StunMessage): void {
    const realm = attributeOf(answer, stunAttributes.REALM)
    const nonce = attributeOf(answer, stunAttributes.NONCE)
    if (!nonce) return
    this.challenge = { realm: realm ? textOf(realm) : (this.challenge?.realm ?? ''), nonce: textOf(nonce) }
  }

  get #way(): TurnLink {
    if (!this.#link) throw new Error('the client is not open')
    return this.#link
  }
}

/** What a peer sent, as the server handed it on. */
export interface PeerData {
  by: 'indication' | 'channel-data'
  channel?: number
  /** Undefined of ChannelData, or where the indication names nobody. */
  peer?: Endpoint | undefined
  data: string
}

function peerDataOf(one: FromServer): PeerData | undefined {
  if (one.kind === 'channel-data') return { by: 'channel-data', channel: one.channel, data: one.data.toString() }
  if (one.kind !== 'stun' || one.message.class !== 'indication' || one.message.method !== turnMethods.Data) return
  const data = attributeOf(one.message, stunAttributes.DATA)
  if (!data) return undefined
  const peer = attributeOf(one.message, stunAttributes.XOR_PEER_ADDRESS)
  return { by: 'indication', peer: peer && xorAddressOf(peer, one.message), data: textOf(data) }
}

/** What came, or undefined where nothing did. */
export async function orNothing<T>(wait: Promise<T>): Promise<T | undefined> {
  try {
    return await wait
  } catch (error) {
    if (error instanceof NothingCame) return undefined
    throw error
  }
}

/** The number of ERROR-CODE of an error; undefined of a success. */
export function errorOf(message: StunMessage): number | undefined {
  const attribute = message.class === 'error' ? attributeOf(message, stunAttributes.ERROR_CODE) : undefined
  return attribute && errorCodeOf(attribute)?.code
}

/** `success`, `error 437`. */
export const answerOf = (message: StunMessage): string =>
  message.class === 'error' ? `error ${errorOf(message) ?? 'without a code'}` : message.class

export function relayedOf(message: StunMessage): Endpoint | undefined {
  const attribute = attributeOf(message, stunAttributes.XOR_RELAYED_ADDRESS)
  return attribute && xorAddressOf(attribute, message)
}

/** Seconds that LIFETIME tells; undefined where it is missing or malformed. */
export function lifetimeOf(message: StunMessage): number | undefined {
  const attribute = attributeOf(message, stunAttributes.LIFETIME)
  return attribute && numberOf(attribute)
}

const isAnswerTo = (id: string, message: StunMessage) =>
  message.transactionId === id && (message.class === 'success' || message.class === 'error')

function read(bytes: Uint8Array): FromServer {
  const at = epochMicroseconds()
  if ((bytes[0] ?? 0xff) >> 4 === 4 && bytes.length >= 4) {
    const data = Buffer.from(bytes.subarray(4, 4 + uint16(bytes, 2)))
    return { kind: 'channel-data', at, channel: uint16(bytes, 0), data }
  }
  const message = decodeStun(bytes)
  return message.kind === 'stun' ? { kind: 'stun', at, message } : { kind: 'other', at, bytes }
}

function describe(one: FromServer): string {
  if (one.kind === 'channel-data') return `ChannelData of ${one.data.length} bytes on ${one.channel.toString(16)}`
  if (one.kind === 'other') return `${one.bytes.length} bytes that are no message`
  return `${answerOf(one.message)} of method ${one.message.method}`
}
