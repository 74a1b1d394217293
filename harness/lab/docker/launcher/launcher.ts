import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import path from 'node:path'
import { type Duplex, PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import type { DriverExit } from '../../embedded/client-driver.ts'
import { LabError } from '../../lab.ts'
import { docker } from '../client.ts'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import type { LaunchedDriver } from './launched-driver.ts'

/** The command that a container is to run as its first process. Debian's base has Perl. */
export const launcherCommand = async (): Promise<string[]> => [
  '/usr/bin/perl',
  '-e',
  await readFile(path.join(import.meta.dirname, 'launcher.pl'), 'utf8'),
]

/** How long the launcher may take to say that it is there, milliseconds. */
const readyMs = 30_000

export interface LauncherOptions {
  /** Called when a driver cannot be ended: the container is to go. */
  condemn(reason: string): void
  /** Answers a question to the container's name server, both as RFC 1035 §4 has them; '' where there is no such name. */
  resolve(question: Uint8Array): Promise<Uint8Array | ''>
}

/** The launcher of a running container, spoken to over the container's own input and output. */
export class Launcher {
  /** Resolves with what its end was, once the container's streams are gone. */
  readonly ended: Promise<string>
  readonly #stream: Duplex
  readonly #hello: Promise<Buffer | undefined>
  readonly #frames = new FrameReader()
  readonly #drivers = new Map<number, LaunchedDriver>()
  /** Who waits for which answer, in the order of asking. */
  readonly #answers = new Map<string, ((payload: Buffer | undefined) => void)[]>()
  readonly #options: LauncherOptions
  #numbers = 0
  #printed = ''
  #over = false
  #buried = false

  private constructor(stream: Duplex, options: LauncherOptions) {
    this.#stream = stream
    this.#options = options
    const output = new PassThrough()
    const errors = new PassThrough()
    output.on('data', (chunk: Buffer) => {
      for (const frame of this.#frames.read(chunk)) this.#hear(frame)
    })
    errors.on('data', (chunk: Buffer) => {
      this.#printed = (this.#printed + chunk.toString()).slice(-4_000)
    })
    docker().modem.demuxStream(stream, output, errors)
    this.#hello = this.#answer('H', 0)
    this.ended = new Promise((resolve) => {
      const end = () => {
        if (this.#over) return
        this.#over = true
        stream.destroy()
        resolve(this.#printed.trim())
      }
      stream.on('end', end).on('close', end).on('error', end)
    })
  }

  /** Attaches to a container that is not started yet, so that nothing is lost. */
  static async attach(container: Docker.Container, options: LauncherOptions): Promise<Launcher> {
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })
    return new Launcher(stream as Duplex, options)
  }

  /** Resolves when it speaks. @throws LabError when it does not. */
  async ready(): Promise<void> {
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, readyMs)
    const hello = await Promise.race([this.#hello, late.promise])
    clearTimeout(timer)
    if (!hello) throw new LabError(`its first process says nothing: ${this.#printed.trim() || 'no reason is known'}`)
  }

  /** Starts a driver. */
  start(driver: LaunchedDriver, command: string[], environment: Record<string, string>): void {
    const number = ++this.#numbers
    this.#drivers.set(number, driver)
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
    this.#send('S', number, [...command, '', ...variables].join('\0'))
    driver.connect({
      send: (kind, payload) => this.#send(kind, number, payload),
      processorTime: async () => {
        const answer = await this.#ask('C', number)
        return answer ? Number(answer.toString()) : undefined
      },
      condemn: this.#options.condemn,
    })
  }

  /** Writes a file in the container, its folders too. @throws LabError */
  async write(file: string, content: string): Promise<void> {
    const answer = await this.#ask('W', ++this.#numbers, `${file}\0${content}`)
    const fault = answer ? answer.toString() : 'the container is gone'
    if (fault) throw new LabError(`a file could not be written in the container: ${fault}`)
  }

  /** The IPv4 address that a name has inside the container; undefined where it has none. */
  async lookUp(name: string): Promise<string | undefined> {
    return (await this.#ask('A', ++this.#numbers, name))?.toString() || undefined
  }

  /** To be called when it has ended: tells the drivers that are left how they did, and whoever waits for an answer. */
  endDrivers(exit: DriverExit): void {
    this.#buried = true
    for (const driver of this.#drivers.values()) driver.end(exit)
    this.#drivers.clear()
    for (const waiting of this.#answers.values()) for (const answer of waiting) answer(undefined)
    this.#answers.clear()
  }

  #ask(kind: string, number: number, payload?: string): Promise<Buffer | undefined> {
    const answer = this.#answer(kind, number)
    this.#send(kind, number, payload)
    return answer
  }

  #answer(kind: string, number: number): Promise<Buffer | undefined> {
    if (this.#buried) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const key = `${kind} ${number}`
      this.#answers.set(key, [...(this.#answers.get(key) ?? []), resolve])
    })
  }

  #hear({ kind, probe, payload }: Frame) {
    if (kind === 'O' || kind === 'R') return this.#drivers.get(probe)?.hear(kind, payload)
    if (kind === 'X') {
      const driver = this.#drivers.get(probe)
      this.#drivers.delete(probe)
      return driver?.end(readExit(payload.toString()))
    }
    if (kind === 'Q') {
      const answer = (bytes: Uint8Array | '') => this.#send('Q', probe, bytes)
      return void this.#options.resolve(payload).then(answer, () => answer(''))
    }
    const key = `${kind} ${probe}`
    const [first, ...others] = this.#answers.get(key) ?? []
    if (others.length > 0) this.#answers.set(key, others)
    else this.#answers.delete(key)
    first?.(payload)
  }

  #send(kind: string, number: number, payload?: string | Uint8Array) {
    if (!this.#over) this.#stream.write(encodeFrame(kind, number, payload))
  }
}

/** `ended CODE SIGNAL`, with `memory` behind it where the container's was used up; or `failed REASON`. */
function readExit(text: string): DriverExit {
  const ended = /^ended (\d+) (\d+)( memory)?$/.exec(text)
  if (!ended)
    return { code: null, signal: null, reason: `could not be started: ${text.replace(/^failed /, '')}`, fault: 'lab' }
  const [, code, signal, memory] = ended
  const name = Object.entries(constants.signals).find(([, number]) => number === Number(signal))?.[0]
  return {
    code: name ? null : Number(code),
    signal: (name as NodeJS.Signals | undefined) ?? null,
    ...(memory ? { reason: 'killed: it used up the memory of its container' } : {}),
  }
}
