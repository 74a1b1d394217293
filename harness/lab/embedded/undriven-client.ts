import { type ClientDriver, DriverError, type DriverEvent, type DriverExit, driverCodes } from './client-driver.ts'

/**
 * A client that nobody drives: it is told where to log in, and what it does is seen from outside. It has no verbs of
 * drivers/PROTOCOL.md but `alive` and `login`.
 */
export abstract class UndrivenClient implements ClientDriver {
  readonly exited: Promise<DriverExit>
  /** Says that it is gone; only the first time counts. */
  protected readonly gone: (exit: DriverExit) => void
  readonly #early: DriverEvent[] = []
  #listener: ((event: DriverEvent) => void) | undefined

  constructor() {
    const { promise, resolve } = Promise.withResolvers<DriverExit>()
    this.exited = promise
    this.gone = resolve
  }

  abstract readonly stderr: string
  abstract end(): Promise<void>

  /** Brings the client to log in, or tells whoever does; resolves when it is on its way. */
  protected abstract begin(params: Record<string, unknown>): Promise<void>

  /** Tells what the client did, as an event of drivers/PROTOCOL.md. */
  tell(event: string, params: Record<string, unknown> = {}): void {
    const told = { event, params }
    if (this.#listener) this.#listener(told)
    else this.#early.push(told)
  }

  onEvent(listener: (event: DriverEvent) => void): void {
    this.#listener = listener
    for (const event of this.#early.splice(0)) listener(event)
  }

  async request(verb: string, params: Record<string, unknown> = {}): Promise<unknown> {
    if (verb === 'alive') return null
    if (verb !== 'login') throw new DriverError(`nobody drives it: there is no "${verb}"`, driverCodes.methodNotFound)
    await this.begin(params)
    return null
  }
}
