/** How many may be under way before whoever adds another waits. */
const most = 24

/** What is left to do of work that is already judged: it goes on beside the next, in bounded number. */
export class Tails {
  readonly #pending = new Set<Promise<void>>()
  #fault: { error: unknown } | undefined

  /**
   * Begins a tail; resolves when there is room for another, or, with `wait`, when this one is done.
   *
   * @throws what an earlier tail threw.
   */
  async add(tail: () => Promise<void>, wait = false): Promise<void> {
    const pending = tail()
      .catch((error) => {
        this.#fault ??= { error }
      })
      .finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
    if (wait) await pending
    while (this.#pending.size > most) await Promise.race(this.#pending)
    this.#rethrow()
  }

  /** Resolves when all are done. Throws what one of them threw. */
  async done(): Promise<void> {
    await Promise.all(this.#pending)
    this.#rethrow()
  }

  #rethrow() {
    if (this.#fault) throw this.#fault.error
  }
}
