import type { Socket } from 'node:net'

/** What a tap does to the bytes of one direction. Nothing by default. */
export interface DirectionFaults {
  /** Each byte, and the end, arrive this many milliseconds later. */
  delayMs?: number
  /** The connection is cut (RST to both sides) once this many bytes of it have passed. */
  dropAfterBytes?: number
  /** Bytes are passed on in segments of this many at most … */
  segmentBytes?: number
  /** … with this many milliseconds between two. */
  segmentIntervalMs?: number
}

/** What a direction tells of what it passed on, so that a capture can be made of it. */
export interface DirectionEvents {
  /** These bytes came in from the sender. */
  received(bytes: Uint8Array): void
  /** The sender finished. */
  receivedEnd(): void
  /** These bytes went out to the receiver. */
  passed(bytes: Uint8Array): void
  /** The end went out to the receiver. */
  passedEnd(): void
  /** The connection is to be aborted on both sides: the sender did so, or `dropAfterBytes` is reached. */
  abort(): void
}

type Item = { due: number } & ({ kind: 'bytes'; bytes: Uint8Array } | { kind: 'end' } | { kind: 'abort' })

/** Bytes that wait in a direction before its sender is made to wait. */
const highWaterMark = 256 << 10

/**
 * One direction of a relayed connection: reads a socket and writes another in order, with back-pressure, the half-close
 * and the faults. Bytes that are held back do not make the sender wait before 256 KiB of them are there.
 */
export class TapDirection {
  readonly #from: Socket
  readonly #to: Socket
  readonly #faults: DirectionFaults
  readonly #events: DirectionEvents
  readonly #queue: Item[] = []
  #queuedBytes = 0
  #passedBytes = 0
  #held: boolean
  #clogged: boolean
  #over = false
  #timer: NodeJS.Timeout | undefined
  #nextSegmentAt = 0

  /** @param faults read at each step: what is changed in it counts at once */
  constructor(from: Socket, to: Socket, faults: DirectionFaults, held: boolean, events: DirectionEvents) {
    this.#from = from
    this.#to = to
    this.#faults = faults
    this.#held = held
    this.#events = events
    from.on('data', (bytes) => {
      this.#events.received(bytes)
      this.#enqueue({ kind: 'bytes', bytes, due: this.#due() })
    })
    from.on('end', () => {
      this.#events.receivedEnd()
      this.#enqueue({ kind: 'end', due: this.#due() })
    })
    this.#clogged = to.connecting
    const unclog = () => {
      this.#clogged = false
      this.#pump()
    }
    to.once('connect', unclog)
    to.on('drain', unclog)
  }

  /** Nothing passes until `resume`. */
  hold(): void {
    this.#held = true
  }

  /** What was held passes on. */
  resume(): void {
    this.#held = false
    this.#pump()
  }

  /** The sender aborted: what is on its way passes, and then the abort, unless the receiver lets nothing in. */
  senderAborted(): void {
    if (this.#clogged) this.#abort()
    else this.#enqueue({ kind: 'abort', due: this.#due() })
  }

  /** The connection is over. */
  stop(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#queue.length = 0
  }

  #due(): number {
    return performance.now() + (this.#faults.delayMs ?? 0)
  }

  #enqueue(item: Item): void {
    if (this.#over) return
    this.#queue.push(item)
    if (item.kind === 'bytes') this.#queuedBytes += item.bytes.length
    this.#pump()
  }

  #pump(): void {
    clearTimeout(this.#timer)
    while (!this.#over && !this.#held && !this.#clogged) {
      const item = this.#queue[0]
      if (item === undefined) break
      const wait = Math.max(item.due, item.kind === 'bytes' ? this.#nextSegmentAt : 0) - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait))
        break
      }
      this.#pass(item)
    }
    this.#slowDown()
  }

  #pass(item: Item): void {
    if (item.kind === 'bytes') {
      this.#passBytes(item)
      return
    }
    this.#queue.shift()
    if (item.kind === 'abort') this.#abort()
    else {
      this.#events.passedEnd()
      this.#to.end()
    }
  }

  #passBytes(item: Extract<Item, { kind: 'bytes' }>): void {
    const { dropAfterBytes = Number.POSITIVE_INFINITY, segmentBytes = Number.POSITIVE_INFINITY } = this.#faults
    const room = Math.min(dropAfterBytes - this.#passedBytes, Math.max(1, segmentBytes))
    const bytes = item.bytes.subarray(0, Math.max(0, room))
    item.bytes = item.bytes.subarray(bytes.length)
    if (item.bytes.length === 0) this.#queue.shift()
    this.#queuedBytes -= bytes.length
    this.#passedBytes += bytes.length
    this.#nextSegmentAt = performance.now() + (this.#faults.segmentIntervalMs ?? 0)
    if (bytes.length > 0) {
      this.#events.passed(bytes)
      this.#clogged = !this.#to.write(bytes)
    }
    if (this.#passedBytes >= dropAfterBytes) this.#abort()
  }

  #abort(): void {
    this.stop()
    this.#events.abort()
  }

  #slowDown(): void {
    if (this.#over) return
    const full = this.#queuedBytes >= highWaterMark || this.#clogged
    if (full) this.#from.pause()
    else if (this.#from.isPaused()) this.#from.resume()
  }
}
