/** What a client's driver tells while it runs. */
export interface DriverEvent {
  /** `online`, `error`, `message`, …: drivers/PROTOCOL.md. */
  event: string
  params: Record<string, unknown>
}

/** How a driver came to its end. */
export interface DriverExit {
  code: number | null
  signal: NodeJS.Signals | null
  /** Why, where it was no exit of its own: `garbage`, `flood`. */
  reason?: string
  /** `lab`: what it ran in was taken from under it; that says nothing about the client. */
  fault?: 'lab'
}

/** An answer of a driver that is an error. */
export class DriverError extends Error {
  override name = 'DriverError'
  readonly code: number
  readonly data: unknown
  constructor(message: string, code: number, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** The codes of drivers/PROTOCOL.md beside those of JSON-RPC 2.0. */
export const driverCodes = { methodNotFound: -32601, invalidParams: -32602, failed: -32000 } as const

/** A client under test as its driver offers it: a child process, or a scripted client in this one. */
export interface ClientDriver {
  /** Resolves when the driver is gone. */
  readonly exited: Promise<DriverExit>
  /**
   * Asks for a verb of drivers/PROTOCOL.md.
   *
   * @param timeoutMs milliseconds, 5000 by default
   * @throws DriverError when the driver answers with an error; Error when it does not answer, or is gone.
   */
  request(verb: string, params?: Record<string, unknown>, timeoutMs?: number): Promise<unknown>
  /** Called for every event, in order. */
  onEvent(listener: (event: DriverEvent) => void): void
  /** Milliseconds of a processor that it has used; undefined where that cannot be told. */
  processorMs?(): number | undefined | Promise<number | undefined>
  /** What it wrote to its standard error. */
  readonly stderr: string
  /** Ends it: asks, then insists. Resolves when it is gone. */
  end(): Promise<void>
}
