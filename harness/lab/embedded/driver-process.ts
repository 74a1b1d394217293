import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type ClientDriver, DriverError, type DriverEvent, type DriverExit } from './client-driver.ts'
import { LineReader } from './line-reader.ts'

export interface DriverProcessOptions {
  command: string
  args: string[]
  /** Variables beside those of this process. */
  environment?: Record<string, string>
  /** Milliseconds between SIGTERM and SIGKILL; 2000 by default. */
  graceMs?: number
}

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
 * A driver in a child process: JSON-RPC 2.0, one message a line, over its standard input and output. What it writes to
 * standard error is its log. A driver that floods or writes what is no JSON-RPC is ended, with that reason.
 */
export class DriverProcess implements ClientDriver {
  readonly exited: Promise<DriverExit>
  readonly #child: ChildProcess
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

  constructor({ command, args, environment = {}, graceMs = 2_000 }: DriverProcessOptions) {
    this.#graceMs = graceMs
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => this.#output(chunk))
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-limits.stderr)
    })
    child.stdin.on('error', () => {})
    const { promise, resolve } = Promise.withResolvers<DriverExit>()
    this.exited = promise
    const gone = (exit: DriverExit) => {
      if (this.#gone) return
      this.#gone = this.#reason ? { ...exit, reason: this.#reason } : exit
      for (const [id, pending] of this.#pending) this.#settle(id, () => pending.reject(this.#goneError()))
      resolve(this.#gone)
    }
    child.on('error', (error) => {
      this.#reason ??= `could not be started: ${error.message}`
      if (child.pid === undefined) gone({ code: null, signal: null })
    })
    child.on('close', (code, signal) => gone({ code, signal }))
    // A child that keeps its output open through a child of its own is gone all the same.
    child.on('exit', (code, signal) => setTimeout(gone, 200, { code, signal }).unref())
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get stderr(): string {
    return this.#stderr
  }

  processorMs(): number | undefined {
    try {
      // Linux alone tells this, in nanoseconds.
      const [ran] = readFileSync(`/proc/${this.pid}/schedstat`, 'utf8').split(' ')
      return Number(ran) / 1e6
    } catch {
      return undefined
    }
  }

  onEvent(listener: (event: DriverEvent) => void): void {
    this.#listener = listener
    for (const event of this.#early.splice(0)) listener(event)
  }

  request(verb: string, params: Record<string, unknown> = {}, timeoutMs = 5_000): Promise<unknown> {
    if (this.#gone || this.#reason) return Promise.reject(this.#goneError())
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
    this.#child.stdin?.write(text)
  }

  /** Closes the driver's standard input. */
  endInput(): void {
    this.#child.stdin?.end()
  }

  async end(): Promise<void> {
    if (!this.#gone && this.#child.pid !== undefined) {
      this.#child.kill('SIGTERM')
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), this.#graceMs)
      await this.exited
      clearTimeout(timer)
    }
    this.#child.stdin?.destroy()
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
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
    for (const [id, pending] of this.#pending) this.#settle(id, () => pending.reject(this.#goneError()))
    this.#child.kill('SIGKILL')
  }

  #goneError(): Error {
    const { code, signal } = this.#gone ?? {}
    const how = this.#reason ?? (signal ? `was ended by ${signal}` : `exited with code ${code}`)
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
