import { closeSync, openSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { PassThrough, type Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { docker } from './client.ts'

/** A line of a container's log. */
export interface LogLine {
  /** Epoch milliseconds, with a fraction; the engine's clock. */
  at: number
  text: string
}

/** Bytes of the spilled log between two entries of the index. */
const stride = 16 * 1024
/** A line longer than this is cut, bytes. */
const longestLine = 64 * 1024
/** How long the engine may take to hand a line on, milliseconds. */
const lag = 50

/** Follows a container's log into a file, over restarts of the container, and reads it by time. Holds an index only. */
export class LogFollower {
  readonly path: string
  #file: number | undefined
  #bytes = 0
  #index: { at: number; offset: number }[] = []
  #lastStamp = ''
  #lastAt = 0
  #tail: string[] = []
  #listeners = new Set<(line: LogLine) => void>()
  #stream: Readable | undefined

  /** @param path file to spill to; made anew */
  constructor(path: string) {
    this.path = path
    this.#file = openSync(path, 'w')
  }

  /** Follows from the start of the log, or from where the last following ended. Resolves when it follows. */
  async follow(containerId: string): Promise<void> {
    this.#stream?.destroy()
    const container = docker().getContainer(containerId)
    const since = this.#lastAt === 0 ? 0 : Math.floor(this.#lastAt / 1000)
    const stream = (await container.logs({
      follow: true,
      stdout: true,
      stderr: true,
      timestamps: true,
      since,
    })) as unknown as Readable
    this.#stream = stream
    stream.on('error', () => {})
    const resumeAfter = this.#lastStamp
    // Two streams, so that a line begun on one is not finished by the other.
    docker().modem.demuxStream(stream, this.#lines(resumeAfter), this.#lines(resumeAfter))
  }

  /** Calls `listener` for each line from now on; returns how to stop. */
  onLine(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The last lines, for messages. */
  tail(): string {
    return this.#tail.join('\n')
  }

  /** Lines between two epoch milliseconds, each with its time in front. */
  async slice(from: number, to: number): Promise<string> {
    const missing = to + lag - Date.now()
    if (missing > 0 && this.#lastAt <= to) await new Promise((resolve) => setTimeout(resolve, Math.min(missing, lag)))
    let first = 0
    let end = this.#bytes
    // Lines of two streams may come a little out of order: one stride more on either side.
    for (const [n, { at }] of this.#index.entries()) {
      if (at < from) first = this.#index[n - 1]?.offset ?? 0
      if (at > to) {
        end = this.#index[n + 1]?.offset ?? this.#bytes
        break
      }
    }
    const file = await open(this.path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - first), 0, end - first, first)
      return buffer
        .toString('utf8', 0, bytesRead)
        .split('\n')
        .filter((line) => {
          const at = Date.parse(line.slice(0, line.indexOf(' ')))
          return at >= Math.floor(from) && at <= to
        })
        .join('\n')
    } finally {
      await file.close()
    }
  }

  close(): void {
    this.#stream?.destroy()
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #lines(resumeAfter: string): PassThrough {
    const sink = new PassThrough()
    let rest = Buffer.alloc(0)
    sink.on('data', (chunk: Buffer) => {
      let buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10)) {
        this.#line(buffer.subarray(0, end), resumeAfter)
        buffer = buffer.subarray(end + 1)
      }
      rest = Buffer.from(buffer.subarray(0, longestLine))
    })
    return sink
  }

  #line(bytes: Buffer, resumeAfter: string): void {
    const line = stripVTControlCharacters(bytes.toString('utf8', 0, longestLine)).replaceAll('\r', '')
    const space = line.indexOf(' ')
    const stamp = space < 0 ? line : line.slice(0, space)
    const at = Date.parse(stamp)
    // `since` is in whole seconds: what was read before comes again.
    if (Number.isNaN(at) || stamp <= resumeAfter) return
    if (stamp > this.#lastStamp) {
      this.#lastStamp = stamp
      this.#lastAt = at
    }
    this.#tail.push(line.slice(space + 1))
    if (this.#tail.length > 40) this.#tail.shift()
    this.#spill(at, `${line}\n`)
    for (const listener of this.#listeners) listener({ at, text: line.slice(space + 1) })
  }

  #spill(at: number, line: string): void {
    if (this.#file === undefined) return
    const last = this.#index.at(-1)
    if (!last || this.#bytes - last.offset >= stride) this.#index.push({ at, offset: this.#bytes })
    try {
      this.#bytes += writeSync(this.#file, line)
    } catch {
      // The disk is full: the log ends here; who needs the disk more will say so.
      closeSync(this.#file)
      this.#file = undefined
    }
  }
}
