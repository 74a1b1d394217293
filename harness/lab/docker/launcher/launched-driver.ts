import type { DriverExit } from '../../embedded/client-driver.ts'
import type { DriverTransport, TransportListener } from '../../embedded/driver-transport.ts'

/** How a driver in a container is reached. */
export interface DriverLine {
  send(kind: string, payload?: string): void
  /** Asks for the nanoseconds of a processor that the driver and its children have used. */
  processorTime(): Promise<number | undefined>
  /** The container cannot be trusted any more: it goes, and all its drivers with it. */
  condemn(reason: string): void
}

/** How long what was killed may take to be gone, and the launcher to answer, milliseconds. */
const bounds = { kill: 10_000, answer: 20_000 }

/** A driver that a launcher starts: what is said before it runs is kept for it. */
export class LaunchedDriver implements DriverTransport {
  #listener: TransportListener | undefined
  #line: DriverLine | undefined
  #waiting: [kind: string, payload?: string][] = []
  #exit: DriverExit | undefined
  #killed: NodeJS.Timeout | undefined

  /** From here on it can be reached. */
  connect(line: DriverLine): void {
    this.#line = line
    for (const [kind, payload] of this.#waiting.splice(0)) line.send(kind, payload)
  }

  /** Something came from it. */
  hear(kind: 'O' | 'R', bytes: Buffer): void {
    if (kind === 'O') this.#listener?.output(bytes)
    else this.#listener?.log(bytes)
  }

  /** It is gone. */
  end(exit: DriverExit): void {
    if (this.#exit) return
    this.#exit = exit
    clearTimeout(this.#killed)
    this.#listener?.gone(exit)
  }

  listen(listener: TransportListener): void {
    this.#listener = listener
    if (this.#exit) listener.gone(this.#exit)
  }

  write(text: string): void {
    this.#send('I', text)
  }

  endInput(): void {
    this.#send('E')
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#send(signal === 'SIGTERM' ? 'T' : 'K')
    if (signal === 'SIGTERM' || this.#exit) return
    this.#killed ??= setTimeout(() => this.#line?.condemn('a driver in it could not be ended'), bounds.kill)
  }

  /** Of it and its children. */
  async processorMs(): Promise<number | undefined> {
    const line = this.#line
    if (this.#exit || !line) return undefined
    const timer = setTimeout(() => line.condemn('its first process does not answer'), bounds.answer)
    const nanoseconds = await line.processorTime()
    clearTimeout(timer)
    return nanoseconds === undefined ? undefined : nanoseconds / 1e6
  }

  release(): void {
    clearTimeout(this.#killed)
  }

  #send(kind: string, payload?: string) {
    if (this.#exit) return
    if (this.#line) this.#line.send(kind, payload)
    else this.#waiting.push([kind, payload])
  }
}
