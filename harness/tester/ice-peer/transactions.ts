import type { IceRole, Makes } from './judge-message.ts'
import type { Pair } from './pairs.ts'

export interface TransactionParts {
  /** 24 hexadecimal digits. */
  id: string
  pair: Pair
  password: string
  role: IceRole
  nominate: boolean
  send(): void
  failed(): void
  /** Of a question for consent: an answer came; of an error with its code. */
  consent?(code: number | undefined): void
}

interface Transaction extends TransactionParts {
  sent: number
  timer: NodeJS.Timeout | undefined
}

/** How often a request is sent, and for how many RTOs its last one is waited for (RFC 8489 §6.2.1). */
const [requests, lastWait] = [7, 16]

/** Requests that wait for their answers, and are sent again until then (RFC 8489 §6.2.1). */
export class Transactions {
  readonly #open = new Map<string, Transaction>()
  readonly #rto: number
  readonly #makes: Makes

  constructor(rto: number, makes: Makes) {
    this.#rto = makes('retransmits-early') ? 100 : rto
    this.#makes = makes
  }

  begin(parts: TransactionParts, { once = false }: { once?: boolean } = {}): void {
    const transaction: Transaction = { ...parts, sent: 0, timer: undefined }
    this.#open.set(parts.id, transaction)
    const most = once || this.#makes('never-retransmits') ? 1 : requests
    const again = () => {
      if (transaction.sent === most) {
        const rest = once ? 30_000 : this.#rto * lastWait
        transaction.timer = setTimeout(() => this.#expire(transaction), rest)
        return
      }
      transaction.send()
      transaction.sent++
      const doubled = this.#makes('retransmits-evenly') ? 1 : 2 ** (transaction.sent - 1)
      transaction.timer = setTimeout(again, transaction.sent === most ? 0 : this.#rto * doubled)
    }
    again()
  }

  find(id: string, any = false): Transaction | undefined {
    return this.#open.get(id) ?? (any ? [...this.#open.values()].at(-1) : undefined)
  }

  end(transaction: Transaction): void {
    clearTimeout(transaction.timer)
    this.#open.delete(transaction.id)
  }

  /** Sends no more for a pair, and still takes the answer that may come (RFC 8445 §7.3.1.4). */
  cancel(pair: Pair): void {
    for (const transaction of this.#open.values()) if (transaction.pair === pair) clearTimeout(transaction.timer)
  }

  clear(): void {
    for (const transaction of [...this.#open.values()]) this.end(transaction)
  }

  #expire(transaction: Transaction) {
    this.end(transaction)
    transaction.failed()
  }
}
