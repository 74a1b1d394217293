import { createHmac, timingSafeEqual } from 'node:crypto'
import { attributes, type ChannelBinding, Scram, type ScramHash } from '../xmpp-client/scram.ts'
import { listsHash } from '../xmpp-server/sasl/lists-hash.ts'
import type { ModelParts } from './model-client.ts'

/** One exchange of the model, whichever profile carries it. Messages are what is inside the base64. */
export interface ModelExchange {
  /** What it begins with; undefined: nothing. */
  initial(): string | Uint8Array | undefined
  /**
   * Answers a challenge.
   *
   * @throws GaveUp where it must not be answered.
   */
  challenge(message: Buffer): Promise<string>
  /** Whether success may be believed, with this additional data. */
  believes(data: Buffer): boolean
}

/** The exchange is to be aborted. */
export class GaveUp extends Error {
  override name = 'GaveUp'
}

/** Fewest and most iterations that the model computes: RFC 7677 §4, and what a second allows. */
const iterationBounds = { least: 4_096, most: 1_000_000 }

/** PLAIN, ANONYMOUS, EXTERNAL: one message, and nothing to be proved by the server. */
export const oneMessage = (message: string): ModelExchange => ({
  initial: () => message,
  challenge: async () => {
    throw new GaveUp('there is nothing to be challenged')
  },
  believes: () => true,
})

/** The same, begun without it: the server asks for it or does not (RFC 4422 §3.4). */
export const whenAsked = (message: string): ModelExchange => ({
  initial: () => undefined,
  challenge: async () => message,
  believes: () => true,
})

export interface ScramLists {
  mechanisms: readonly string[]
  /** Channel-binding types; undefined where the server announced none. */
  types: readonly string[] | undefined
}

export interface ModelScramOptions {
  hash: ScramHash
  binding: ChannelBinding
  /** What the server announced, for XEP-0474. */
  lists: ScramLists
  /** Nothing but a right hash of the lists makes this exchange trustworthy (XEP-0474 §7). */
  needsListsHash: boolean
  hang(): void
}

/** SCRAM (RFC 5802, RFC 7677) with all that a client has to check. */
export class ModelScram implements ModelExchange {
  readonly #model: ModelParts
  readonly #options: ModelScramOptions
  readonly #scram: Scram
  #state: 'first' | 'final' | 'proved' = 'first'

  constructor(model: ModelParts, options: ModelScramOptions) {
    const { username, password, jid } = model.params
    this.#model = model
    this.#options = options
    this.#scram = new Scram({
      hash: options.hash,
      username: model.errs('logs-in-with-address') ? jid : username,
      password,
      binding: options.binding,
      ...(model.errs('sends-authzid') ? { authzid: jid } : {}),
    })
  }

  initial(): string {
    return this.#scram.first()
  }

  async challenge(message: Buffer): Promise<string> {
    const text = message.toString('utf8')
    // The final message may come as one more challenge, which an empty response answers (RFC 6120 §6.3.10).
    const ends = this.#state === 'final' && !this.#model.errs('answers-any-challenge')
    if (ends && !this.#model.errs('knows-no-final-challenge')) {
      if (!this.believes(message)) throw new GaveUp('the server did not prove that it knows the password')
      this.#state = 'proved'
      return ''
    }
    const parts = attributes(text)
    this.#check(parts)
    if (Number(parts.get('i')) > iterationBounds.most) {
      if (!this.#model.errs('computes-without-end')) throw new GaveUp('too many rounds')
      this.#options.hang()
      return new Promise(() => {})
    }
    const final = await this.#scram.final(parts.get('s') ? text : `${text},s=AAAA`)
    this.#state = 'final'
    return final
  }

  believes(data: Buffer): boolean {
    if (this.#state === 'proved') return true
    if (this.#state === 'first') return this.#model.errs('believes-success-at-once')
    return this.#model.errs('ignores-server-signature') || this.#scram.verifies(data.toString('utf8'))
  }

  /** What must hold of server-first-message (RFC 5802 §5.1, XEP-0474 §6.2). */
  #check(parts: Map<string, string>) {
    const model = this.#model
    const own = /r=([^,]+)/.exec(this.#scram.clientFirstBare)?.[1] ?? ''
    const nonce = parts.get('r') ?? ''
    const iterations = Number(parts.get('i'))
    const giveUpWhere = (wrong: boolean, reason: string) => {
      if (wrong) throw new GaveUp(reason)
    }
    const extended = nonce.startsWith(own) && nonce.length > own.length
    giveUpWhere(!extended && !model.errs('checks-no-nonce'), 'the nonce is not an extension of mine')
    giveUpWhere(parts.has('m') && !model.errs('ignores-mandatory-extensions'), 'a mandatory extension')
    const optional = [...parts.keys()].some((name) => !'rsimh'.includes(name))
    giveUpWhere(optional && model.errs('refuses-optional-extensions'), 'an extension')
    this.#checkLists(parts.get('h'))
    giveUpWhere(!parts.get('s') && !model.errs('needs-no-salt'), 'there is no salt')
    giveUpWhere(iterations < iterationBounds.least && !model.errs('takes-any-iteration-count'), 'too few rounds')
  }

  #checkLists(claimed: string | undefined) {
    const { hash, lists, needsListsHash } = this.#options
    if (this.#model.errs('ignores-lists-hash')) return
    if (claimed === undefined) {
      if (needsListsHash) throw new GaveUp('nothing vouches for the types of channel binding')
      return
    }
    const mechanisms = this.#model.errs('sorts-no-lists') ? [lists.mechanisms.join('\x1e')] : lists.mechanisms
    const right = claimed === listsHash(hash, mechanisms, lists.types)
    if (!right) throw new GaveUp('somebody changed what the server announced')
  }
}

/** The hashed tokens of XEP-0484. */
export class ModelHashedToken implements ModelExchange {
  readonly #model: ModelParts
  readonly #hmac: (word: string) => Buffer

  /** @param binding data of the channel binding; empty where the mechanism has none */
  constructor(model: ModelParts, mechanism: string, token: string, binding: Uint8Array) {
    const hash = /^HT-SHA-(\d+)/.exec(mechanism)?.[1] ?? '256'
    this.#model = model
    this.#hmac = (word) => createHmac(`sha${hash}`, token).update(word).update(binding).digest()
  }

  initial(): Uint8Array {
    return Buffer.concat([Buffer.from(`${this.#model.params.username}\0`), this.#hmac('Initiator')])
  }

  async challenge(): Promise<string> {
    throw new GaveUp('there is nothing to be challenged')
  }

  believes(data: Buffer): boolean {
    if (this.#model.errs('ignores-responder')) return true
    const expected = this.#hmac('Responder')
    return data.length === expected.length && timingSafeEqual(data, expected)
  }
}
