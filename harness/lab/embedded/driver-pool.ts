import { DriverProcess, type DriverProcessOptions } from './driver-process.ts'

/**
 * Keeps processes of one driver warm: started, their libraries loaded, nothing done yet. Each is handed out once, so a
 * probe still meets a fresh process.
 */
export class DriverPool implements AsyncDisposable {
  readonly #options: DriverProcessOptions
  readonly #size: number
  readonly #warm: DriverProcess[] = []
  readonly #out = new Set<DriverProcess>()
  #closed = false

  /** @param size how many processes wait at a time */
  constructor(options: DriverProcessOptions, size: number) {
    this.#options = options
    this.#size = size
  }

  /** A process that nobody has used; another is started in its place. */
  take(): DriverProcess {
    if (this.#closed) throw new Error('the pool of driver processes is closed')
    const taken = this.#warm.shift() ?? this.#start()
    this.#out.add(taken)
    taken.exited.then(() => this.#out.delete(taken))
    this.fill()
    return taken
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

  #start(): DriverProcess {
    const driver = new DriverProcess(this.#options)
    // One that dies while it waits is handed out all the same: its case tells why.
    return driver
  }
}
