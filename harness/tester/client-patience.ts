import { type ClientDriver, DriverError } from '../lab/embedded/client-driver.ts'

/** How long things may take, milliseconds. */
export const bounds = {
  /**
   * Between two looks at whether anything is new. Each look also asks the driver, which on a slow machine takes its
   * time: so a busy machine is waited for longer.
   */
  look: 250,
  /** A driver that does not answer for so long hangs. */
  hang: 5_000,
  /** Starting a process, loading a library. */
  start: 20_000,
  /** Between the end of what a driver is believed and the end of its process. */
  leave: 3_000,
  /** Of a processor within one look: more than answering the driver's question takes, so it is still at something. */
  working: 10,
  /** The whole of one wait for a client to settle. */
  settle: 15_000,
}

/** After how many looks with nothing new on the wire, and nothing told, whatever there was to come has come. */
export const looks = {
  /** After a hostile step. */
  quiet: 6,
  /** Where the server did everything right. */
  right: 30,
  /** Where an error was told and the connection is still open. */
  afterError: 2,
}

/** Waits for what a client does, as long as it is at something. */
export class ClientPatience {
  readonly #driver: ClientDriver
  readonly #hangMs: () => number
  readonly #waiters = new Set<() => void>()
  #changes = 0
  #gone = false

  /** @param hangMs how long the driver may take to answer, milliseconds */
  constructor(driver: ClientDriver, hangMs: () => number) {
    this.#driver = driver
    this.#hangMs = hangMs
    driver.exited.then(() => {
      this.#gone = true
    })
  }

  /** Something passed on the wire. */
  touch(): void {
    this.#changes++
  }

  /** Something happened that whoever waits may be waiting for. */
  changed(): void {
    this.#changes++
    for (const look of [...this.#waiters]) look()
  }

  /**
   * Waits until `state` says something, or nothing has happened for so many looks: then `otherwise`, or how the client
   * ended.
   */
  async settled<T, F>(
    state: () => T | undefined,
    patience: () => number,
    otherwise: F,
  ): Promise<T | F | 'dies' | 'hangs'> {
    const deadline = performance.now() + bounds.settle
    for (let quiet = 0; quiet < patience() && performance.now() < deadline; quiet++) {
      const since = this.#changes
      const ran = (await this.#driver.processorMs?.()) ?? 0
      const found = await this.#until(state, bounds.look)
      if (found !== undefined) return found
      if (!(await this.alive())) return state() ?? (this.#gone ? 'dies' : 'hangs')
      const working = ((await this.#driver.processorMs?.()) ?? 0) - ran > bounds.working
      if (this.#changes !== since || working) quiet = -1
    }
    return state() ?? otherwise
  }

  /** Whether its driver answers. */
  async alive(): Promise<boolean> {
    try {
      await this.#driver.request('alive', {}, this.#hangMs())
      return true
    } catch (error) {
      // A driver without the verb answers all the same.
      return error instanceof DriverError
    }
  }

  /** Resolves with what `state` says as soon as it says something, or with undefined when the time is over. */
  #until<T>(state: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const done = (value: T | undefined) => {
        clearTimeout(timer)
        this.#waiters.delete(look)
        resolve(value)
      }
      const look = () => {
        const value = state()
        if (value !== undefined) done(value)
      }
      const timer = setTimeout(() => done(state()), Math.max(0, timeoutMs))
      this.#waiters.add(look)
      look()
    })
  }
}
