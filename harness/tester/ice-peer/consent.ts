import { randomBytes } from 'node:crypto'
import type { IceEngine } from './ice-engine.ts'
import type { Makes } from './judge-message.ts'
import type { Transactions } from './transactions.ts'

/** Milliseconds (RFC 7675 §5.1). */
const period = 5_000
const expiry = 30_000

/** Asks the peer for consent as long as data may be sent, and ends the session when it is gone (RFC 7675 §5). */
export class Consent {
  readonly #agent: IceEngine
  readonly #transactions: Transactions
  readonly #makes: Makes
  #timer: NodeJS.Timeout | undefined
  #expiry: NodeJS.Timeout | undefined
  #again: NodeJS.Timeout | undefined
  #id: Uint8Array | undefined

  constructor(agent: IceEngine, transactions: Transactions, makes: Makes) {
    this.#agent = agent
    this.#transactions = transactions
    this.#makes = makes
  }

  /** Begins with the selected pair. */
  start(): void {
    this.stop()
    this.granted()
    if (this.#agent.lite || this.#makes('sends-no-consent-checks')) return
    this.#schedule()
  }

  /** A valid answer came. */
  granted(): void {
    clearTimeout(this.#expiry)
    this.#expiry = setTimeout(() => this.#lost(), expiry)
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#expiry)
    clearInterval(this.#again)
  }

  #lost() {
    this.stop()
    if (this.#makes('ignores-lost-consent')) return this.#schedule()
    this.#agent.become('failed')
  }

  #schedule() {
    const spread = this.#makes('checks-consent-evenly') ? 1 : 0.8 + Math.random() * 0.4
    const usual = this.#makes('checks-consent-every-second') ? 1_000 : period
    this.#timer = setTimeout(() => this.#ask(), usual * spread)
  }

  #ask() {
    const { selected, remote } = this.#agent
    if (!selected || !remote || this.#agent.state !== 'connected') return
    const made = this.#agent.draftCheck(selected, false)
    this.#id = this.#makes('repeats-consent-transaction') ? (this.#id ?? randomBytes(12)) : made.transactionId
    const draft = { ...made, transactionId: this.#id }
    const send = () => this.#agent.transmit(this.#agent.options.onCheck?.(draft) ?? draft)
    this.#transactions.begin(
      {
        id: Buffer.from(draft.transactionId).toString('hex'),
        pair: selected,
        password: remote.pwd,
        role: this.#agent.role,
        nominate: false,
        send,
        failed: () => {},
        consent: (code) => (code === undefined ? this.granted() : this.#refused(code)),
      },
      { once: !this.#makes('retransmits-consent') },
    )
    this.#schedule()
  }

  /** A signed 403 takes consent back at once (RFC 7675 §5.2); any other error is no answer. */
  #refused(code: number) {
    if (code === 403 && !this.#makes('ignores-revocation')) this.#lost()
  }
}
