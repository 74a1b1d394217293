import { NothingCame } from '../suite/verdict-errors.ts'

interface Waiter<T> {
  match: (item: T) => boolean
  resolve: (item: T) => void
  reject: (error: Error) => void
  awaited: string
  timer: NodeJS.Timeout
}

export interface WaitOptions {
  /** What is waited for, for the failure's text: `a roster push`. */
  awaited: string
  /** Milliseconds; default 5000. */
  timeoutMs?: number
}

let defaultTimeoutMs = 5_000

/** Changes how long waits last that name no bound; for tests against peers that are known to stay silent. */
export function setDefaultWait(timeoutMs: number): void {
  defaultTimeoutMs = timeoutMs
}

/** How many unconsumed items are held: an IUT that floods costs its own case, not the run. */
const capacity = 20_000

/**
 * What came from a peer and has not been looked at yet. `next` takes the first item that matches, in order of arrival,
 * and leaves the others for later waits.
 */
export class Inbox<T> {
  readonly #items: T[] = []
  readonly #waiters: Waiter<T>[] = []
  readonly #describe: (item: T) => string
  #ended: string | undefined

  constructor(describe: (item: T) => string) {
    this.#describe = describe
  }

  push(item: T): void {
    // A copy: a waiter whose matcher throws leaves the list while it is gone through.
    const waiter = [...this.#waiters].find((waiting) => this.#matches(waiting, item))
    if (waiter) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
      clearTimeout(waiter.timer)
      waiter.resolve(item)
      return
    }
    if (this.#items.length >= capacity) {
      this.end(`more than ${capacity} items that nobody asked for`)
      return
    }
    this.#items.push(item)
  }

  /** A matcher that throws is the case's fault: its wait fails with that, and neither the stream nor other waits do. */
  #matches(waiter: Waiter<T>, item: T): boolean {
    try {
      return waiter.match(item)
    } catch (error) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
      clearTimeout(waiter.timer)
      waiter.reject(error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }

  /** Nothing more will come: waits for what is not there fail at once. */
  end(reason: string): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer)
      waiter.reject(new NothingCame(waiter.awaited, this.#instead(reason)))
    }
  }

  get ended(): string | undefined {
    return this.#ended
  }

  /**
   * Takes the first item that matches, waiting for it where it has not come.
   *
   * @throws NothingCame when time runs out or the connection ends before it came.
   */
  next(match: (item: T) => boolean, { awaited, timeoutMs = defaultTimeoutMs }: WaitOptions): Promise<T> {
    const index = this.#items.findIndex(match)
    if (index >= 0) return Promise.resolve(this.#items.splice(index, 1)[0] as T)
    if (this.#ended !== undefined) return Promise.reject(new NothingCame(awaited, this.#instead(this.#ended)))
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        match,
        resolve,
        reject,
        awaited,
        timer: setTimeout(() => {
          this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
          reject(new NothingCame(awaited, this.#instead(`nothing within ${timeoutMs} ms`)))
        }, timeoutMs),
      }
      this.#waiters.push(waiter)
    })
  }

  /** What has come and was not taken, without taking it. */
  seen(match: (item: T) => boolean = () => true): T[] {
    return this.#items.filter(match)
  }

  /** Takes all that match and have come by now. */
  take(match: (item: T) => boolean = () => true): T[] {
    const taken = this.#items.filter(match)
    for (const item of taken) this.#items.splice(this.#items.indexOf(item), 1)
    return taken
  }

  #instead(reason: string): string {
    const last = this.#items.slice(-3).map(this.#describe)
    return last.length === 0 ? reason : `${reason}; before that: ${last.join(' · ')}`
  }
}
