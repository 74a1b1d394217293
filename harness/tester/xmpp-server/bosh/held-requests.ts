import type { BoshRequest } from './bosh-request.ts'
import type { Exchange } from './exchange.ts'

/** A request that waits for its answer. */
export interface Held {
  rid: number
  request: BoshRequest
  exchange: Exchange
}

/** The requests of a session that have no answer yet, in the order of their `rid` (XEP-0124 §8). */
export class HeldRequests {
  readonly #waitMs: number
  readonly #timeIsOver: () => void
  #held: (Held & { timer: NodeJS.Timeout })[] = []

  /** @param timeIsOver called when the oldest has waited so long */
  constructor(waitMs: number, timeIsOver: () => void) {
    this.#waitMs = waitMs
    this.#timeIsOver = timeIsOver
  }

  get count(): number {
    return this.#held.length
  }

  get rids(): number[] {
    return this.#held.map(({ rid }) => rid)
  }

  add(held: Held): void {
    const timer = setTimeout(this.#timeIsOver, this.#waitMs)
    timer.unref()
    this.#held.push({ ...held, timer })
    this.#held.sort((a, b) => a.rid - b.rid)
  }

  /** Puts another connection into the place of the one that waited for this; returns that. */
  replace(rid: number, exchange: Exchange): Exchange | undefined {
    const held = this.#held.find((one) => one.rid === rid)
    const before = held?.exchange
    if (held) held.exchange = exchange
    return before
  }

  take(rid: number): Held | undefined {
    const index = this.#held.findIndex((one) => one.rid === rid)
    return index < 0 ? undefined : this.#remove(index)
  }

  takeOldest(): Held | undefined {
    return this.#held.length === 0 ? undefined : this.#remove(0)
  }

  takeAll(): Held[] {
    return this.#held.splice(0).map(({ timer, ...held }) => {
      clearTimeout(timer)
      return held
    })
  }

  #remove(index: number): Held | undefined {
    const [held] = this.#held.splice(index, 1)
    if (held) clearTimeout(held.timer)
    return held
  }
}
