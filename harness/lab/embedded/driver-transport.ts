import type { DriverExit } from './client-driver.ts'

/** What a driver's process does. */
export interface TransportListener {
  /** Bytes of its standard output. */
  output(chunk: Buffer): void
  /** Bytes of its standard error. */
  log(chunk: Buffer): void
  /** It is gone; nothing comes after this. Called once. */
  gone(exit: DriverExit): void
}

/** A process that a driver runs in, wherever that is: its streams, and its end. */
export interface DriverTransport {
  /** Called once, before anything else. */
  listen(listener: TransportListener): void
  write(text: string): void
  endInput(): void
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  /** Milliseconds of a processor that it has used; undefined where that cannot be told. */
  processorMs(): number | undefined | Promise<number | undefined>
  /** Lets go of its streams; called when it is gone. */
  release(): void
}
