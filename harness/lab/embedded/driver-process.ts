import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { DriverExit } from './client-driver.ts'
import type { DriverTransport, TransportListener } from './driver-transport.ts'
import { RpcDriver } from './rpc-driver.ts'
import { signalGroup } from './signal-group.ts'

export interface DriverProcessOptions {
  command: string
  args: string[]
  /** Variables beside those of this process. */
  environment?: Record<string, string>
  /** Milliseconds between SIGTERM and SIGKILL; 2000 by default. */
  graceMs?: number
}

/** What a driver's process may hold, bytes, and how often that is looked at, milliseconds. */
const mostMemory = 1024 ** 3
const memoryLookMs = 200
const pageBytes = 4096

/** How long output is waited for that a child of a dead child holds open, milliseconds. */
const lateOutputMs = 200

/** A driver in a child process of this one. */
export class DriverProcess extends RpcDriver {
  readonly #child: ChildTransport

  constructor(options: DriverProcessOptions) {
    const child = new ChildTransport(options)
    super(child, options.graceMs)
    this.#child = child
  }

  get pid(): number | undefined {
    return this.#child.pid
  }
}

class ChildTransport implements DriverTransport {
  readonly #child: ChildProcess
  #tooBig: string | undefined

  constructor({ command, args, environment = {} }: DriverProcessOptions) {
    this.#child = spawn(command, args, {
      // A process group of its own: what the driver starts goes with it.
      detached: process.platform !== 'win32',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  listen({ output, log, gone }: TransportListener): void {
    const child = this.#child
    const reason = () => this.#tooBig
    const watch = setInterval(() => this.#weigh(), memoryLookMs).unref()
    child.stdout?.on('data', output)
    child.stderr?.on('data', log)
    child.stdin?.on('error', () => {})
    let over = false
    const ended = (exit: DriverExit) => {
      if (over) return
      over = true
      clearInterval(watch)
      gone(reason() === undefined ? exit : { ...exit, reason: reason() })
    }
    child.on('error', (error) => {
      if (child.pid === undefined) ended({ code: null, signal: null, reason: `could not be started: ${error.message}` })
    })
    child.on('close', (code, signal) => ended({ code, signal }))
    // A child that keeps its output open through a child of its own is gone all the same.
    child.on('exit', (code, signal) => setTimeout(ended, lateOutputMs, { code, signal }).unref())
  }

  write(text: string): void {
    this.#child.stdin?.write(text)
  }

  endInput(): void {
    this.#child.stdin?.end()
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    signalGroup(this.#child, signal)
  }

  /** Ends it where it holds more memory than any client needs: the machine is not only its own. */
  #weigh(): void {
    try {
      // The second number is the resident pages; of systems without /proc nothing is known.
      const pages = Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1])
      if (pages * pageBytes < mostMemory) return
    } catch {
      return
    }
    this.#tooBig = `was ended: it held more than ${mostMemory / 1024 ** 3} GiB of memory`
    this.kill('SIGKILL')
  }

  /** Of its main thread. */
  processorMs(): number | undefined {
    try {
      // Linux alone tells this, in nanoseconds.
      const [ran] = readFileSync(`/proc/${this.pid}/schedstat`, 'utf8').split(' ')
      return Number(ran) / 1e6
    } catch {
      return undefined
    }
  }

  release(): void {
    // What it started may outlive it.
    signalGroup(this.#child, 'SIGKILL')
    this.#child.stdin?.destroy()
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
  }
}
