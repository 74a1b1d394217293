import { type ChildProcess, spawn } from 'node:child_process'
import { LineReader } from './line-reader.ts'
import { signalGroup } from './signal-group.ts'
import { UndrivenClient } from './undriven-client.ts'

export interface OwnClientOptions {
  /** A command line for the shell. */
  command: string
  /** PEM file of the lab's authority. */
  caFile: string
  /** Milliseconds between SIGTERM and SIGKILL; 2000 by default. */
  graceMs?: number
}

/** Bounds on what the command may make us hold. */
const limits = { line: 1024 * 1024, log: 64 * 1024, lines: 20_000 }

/**
 * A client of the user's own: a command that is started when it is to log in, with everything it needs in its
 * environment (docs/own-client.md). What it prints is its log; lines that begin with `online`, `message` or `error`
 * also tell what it told its user. One that ends itself has given up; one that a signal ends has died.
 */
export class OwnClient extends UndrivenClient {
  readonly #options: OwnClientOptions
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #log = ''
  #lines = 0
  #reason: string | undefined

  constructor(options: OwnClientOptions) {
    super()
    this.#options = options
  }

  get stderr(): string {
    return this.#log
  }

  protected async begin(params: Record<string, unknown>): Promise<void> {
    const { command, caFile } = this.#options
    const child = spawn(command, {
      shell: true,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...clientVariables(params, caFile) },
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new LineReader(limits.line)
      stream.on('data', (chunk: Buffer) => this.#output(lines, chunk))
    }
    this.#ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        resolve()
        if (signal || this.#reason)
          return this.gone({ code, signal, ...(this.#reason ? { reason: this.#reason } : {}) })
        this.tell('error', { message: `it ended with exit code ${code}; ${lastLine(this.#log)}` })
      })
      child.on('error', (error) => {
        this.#log += `${error.message}\n`
        this.gone({ code: null, signal: null, reason: `could not be started: ${error.message}` })
        resolve()
      })
    })
  }

  async end(): Promise<void> {
    this.#signal('SIGTERM')
    const timer = setTimeout(() => this.#signal('SIGKILL'), this.#options.graceMs ?? 2_000)
    await this.#ended
    clearTimeout(timer)
    // What it started may outlive it.
    this.#signal('SIGKILL')
  }

  #signal(signal: NodeJS.Signals) {
    if (this.#child) signalGroup(this.#child, signal)
  }

  #output(lines: LineReader, chunk: Buffer) {
    if (this.#reason) return
    this.#log = (this.#log + chunk.toString('utf8')).slice(-limits.log)
    try {
      for (const line of lines.read(chunk)) this.#line(line.trim())
    } catch (error) {
      this.#condemn(`it printed ${error instanceof Error ? error.message : error}`)
    }
  }

  #line(line: string) {
    if (++this.#lines > limits.lines) return this.#condemn(`it printed more than ${limits.lines} lines`)
    const [, word, rest = ''] = /^(online|message|error)(?:\s+(.*))?$/s.exec(line) ?? []
    if (word === 'online') this.tell('online', rest === '' ? {} : { jid: rest })
    if (word === 'error') this.tell('error', { message: rest })
    if (word === 'message') {
      const [, from, body = ''] = /^(\S+)\s*(.*)$/s.exec(rest) ?? []
      this.tell('message', { from, body })
    }
  }

  #condemn(reason: string) {
    this.#reason ??= reason
    this.#signal('SIGKILL')
  }
}

/** What a command of the user's own finds in its environment (docs/own-client.md). */
export function clientVariables(params: Record<string, unknown>, caFile: string): Record<string, string> {
  const named = ['jid', 'username', 'password', 'domain', 'host', 'port', 'transport', 'service']
  return {
    ...Object.fromEntries(named.map((name) => [`ASSAY_${name.toUpperCase()}`, String(params[name] ?? '')])),
    ASSAY_CA_FILE: caFile,
    // Where OpenSSL, Go and Node look, so that a client that trusts the machine's authorities needs no option for it.
    SSL_CERT_FILE: caFile,
    NODE_EXTRA_CA_CERTS: caFile,
  }
}

const lastLine = (log: string): string => {
  const line = log.trimEnd().split('\n').at(-1) ?? ''
  return line === '' ? 'it printed nothing' : `the last it printed: ${line.slice(0, 300)}`
}
