import type { Makes } from './judge-message.ts'

/** Lets one thing happen every Ta (RFC 8445 §14.2), as long as there is something to do. */
export class Pacer {
  readonly #ta: number
  readonly #next: () => boolean
  #timer: NodeJS.Timeout | undefined

  /**
   * @param ta milliseconds
   * @param next does the next thing; false where there is none
   */
  constructor(ta: number, makes: Makes, next: () => boolean) {
    this.#ta = makes('checks-all-at-once') ? 0 : makes('checks-every-7-ms') ? 7 : ta
    this.#next = next
  }

  wake(): void {
    this.#timer ??= setTimeout(() => this.#tick(), 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #tick() {
    this.#timer = undefined
    while (this.#next()) {
      if (this.#ta === 0) continue
      this.#timer = setTimeout(() => this.#tick(), this.#ta)
      return
    }
  }
}
