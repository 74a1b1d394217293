import { z } from 'zod'
import { type ClientDriver, DriverError, type DriverEvent, type DriverExit } from './client-driver.ts'
import type { DriverTransport } from './driver-transport.ts'
import { LineReader } from './line-reader.ts'

interface Pending {
  resolve(result: unknown): void
  reject(error: Error): void
  timer: NodeJS.Timeout
}

const message = z.union([
  z.object({ id: z.number(), result: z.unknown() }).and(z.object({ error: z.undefined().optional() })),
  z.object({
    id: z.number().nullable(),
    error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }),
  }),
  z.object({ method: z.string(), params: z.record(z.string(), z.unknown()).optional() }),
])

/** Bounds on what one driver may make us hold. */
const limits = { line: 32 * 1024 * 1024, stderr: 64 * 1024, events: 20_000 }

/**
 * A driver that speaks JSON-RPC 2.0, one message a line, over its standard input and output. What it writes to standard
 * error is its log. A driver that floods or writes what is no JSON-RPC is ended, with that reason.
 */
export class RpcDriver implements ClientDriver {
  readonly exited: Promise<DriverExit>
  readonly #transport: DriverTransport
  readonly #graceMs: number
  readonly #pending = new Map<number, Pending>()
  readonly #early: DriverEvent[] = []
  readonly #lines = new LineReader(limits.line)
  #listener: ((event: DriverEvent) => void) | undefined
  #stderr = ''
  #nextId = 1
  #events = 0
  #reason: string | undefined
  #gone: DriverExit | undefined

  /** @param graceMs milliseconds between SIGTERM and SIGKILL */
  constructor(transport: DriverTransport, graceMs = 2_000) {
    this.#transport = transport
    this.#graceMs = graceMs
    const { promise, resolve } = Promise.withResolvers<DriverExit>()
    this.exited = promise
    transport.listen({
      output: (chunk) => this.#output(chunk),
      log: (chunk) => {
        this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-limits.stderr)
      },
      gone: (exit) => {
        this.#gone = this.#reason ? { ...exit, reason: this.#reason } : exit
        for (const [id, pending] of this.#pending) this.#settle(id, () => pending.reject(this.#goneError()))
        resolve(this.#gone)
      },
    })
  }

  get stderr(): string {
    return this.#stderr
  }

  /** How it ended; undefined while it runs. */
  get gone(): DriverExit | undefined {
    return this.#gone
  }

  processorMs(): number | undefined | Promise<number | undefined> {
    return this.#transport.processorMs()
  }

  onEvent(listener: (event: DriverEvent) => void): void {
    this.#listener = listener
    for (const event of this.#early.splice(0)) listener(event)
  }

  request(verb: string, params: Record<string, unknown> = {}, timeoutMs = 5_000): Promise<unknown> {
    if (this.#gone) return Promise.reject(this.#goneError())
    // On its way out: whoever asks is told when it is gone, so that nobody takes the wait for a hang.
    if (this.#reason) return this.exited.then(() => Promise.reject(this.#goneError()))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(id, () => reject(new Error(`the driver did not answer "${verb}" within ${timeoutMs} ms`)))
      }, timeoutMs)
      this.#pending.set(id, { resolve, reject, timer })
      this.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: verb, params })}\n`)
    })
  }

  /** Writes to the driver's standard input as it is. */
  write(text: string): void {
    this.#transport.write(text)
  }

  /** Closes the driver's standard input. */
  endInput(): void {
    this.#transport.endInput()
  }

  async end(): Promise<void> {
    if (!this.#gone) {
      this.#transport.kill('SIGTERM')
      const timer = setTimeout(() => this.#transport.kill('SIGKILL'), this.#graceMs)
      await this.exited
      clearTimeout(timer)
    }
    this.#transport.release()
  }

  #output(chunk: Buffer) {
    if (this.#reason) return
    try {
      for (const line of this.#lines.read(chunk)) if (line.trim() !== '') this.#line(line)
    } catch (error) {
      this.#condemn(error instanceof Error ? error.message : String(error))
    }
  }

  #line(line: string) {
    const parsed = message.safeParse(parse(line))
    if (!parsed.success) throw new Error(`what is no JSON-RPC message: ${line.slice(0, 200)}`)
    const { data } = parsed
    if ('method' in data) {
      if (++this.#events > limits.events) throw new Error(`more than ${limits.events} events`)
      const event = { event: data.method, params: data.params ?? {} }
      if (this.#listener) this.#listener(event)
      else this.#early.push(event)
      return
    }
    const { id } = data
    // An error without an id answers what was no request.
    const pending = id === null ? undefined : this.#pending.get(id)
    if (id === null || !pending) return
    this.#settle(id, () => {
      const { error } = data
      if (error) pending.reject(new DriverError(error.message, error.code, error.data))
      else pending.resolve(data.result)
    })
  }

  #settle(id: number, how: () => void) {
    clearTimeout(this.#pending.get(id)?.timer)
    this.#pending.delete(id)
    how()
  }

  /** Nothing that it says is believed any more. */
  #condemn(fault: string) {
    this.#reason = `it wrote ${fault}`
    this.#transport.kill('SIGKILL')
  }

  #goneError(): Error {
    const { code, signal, reason } = this.#gone ?? {}
    const how = this.#reason ?? reason ?? (signal ? `was ended by ${signal}` : `exited with code ${code}`)
    const last = this.#stderr.trim().split('\n').slice(-20).join('\n')
    return new Error(`the driver is gone: ${how}${last ? `; the last it printed:\n${last}` : ''}`)
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
