import type { RpcDriver } from './rpc-driver.ts'

/**
 * Keeps processes of one driver warm: started, their libraries loaded, nothing done yet. Each is handed out once, so a
 * probe still meets a fresh process.
 */
export class DriverPool<D extends RpcDriver = RpcDriver> implements AsyncDisposable {
  readonly #start: () => D
  readonly #size: number
  readonly #warm: D[] = []
  readonly #out = new Set<D>()
  #closed = false

  /**
   * @param start starts a process
   * @param size how many processes wait at a time
   */
  constructor(start: () => D, size: number) {
    this.#start = start
    this.#size = size
  }

  /** A process that nobody has used; another is started in its place. */
  take(): D {
    if (this.#closed) throw new Error('the pool of driver processes is closed')
    let taken = this.#warm.shift()
    // One that dies while it waits is handed out all the same: its case tells why. Unless its lab took it along.
    while (taken?.gone?.fault === 'lab') taken = this.#warm.shift()
    taken ??= this.#start()
    const out = taken
    this.#out.add(out)
    out.exited.then(() => this.#out.delete(out))
    this.fill()
    return out
  }

  /** Starts as many processes as are to wait. */
  fill(): void {
    while (!this.#closed && this.#warm.length < this.#size) this.#warm.push(this.#start())
  }

  /** Ends every process of the pool, also those handed out. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#warm.splice(0), ...this.#out].map((driver) => driver.end()))
  }
}
