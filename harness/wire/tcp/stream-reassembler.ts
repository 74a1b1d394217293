/** Bytes that all streams of a capture may hold together. */
export interface StreamBudget {
  used: number
  readonly limit: number
}

/** What a stream tells, in order. */
export interface StreamListener {
  /** Bytes that follow the ones before; a view on the segment, or on a copy of it. */
  data(bytes: Uint8Array): void
  /** Bytes that the capture does not have, or for which there was no room; 0 where nobody knows how many. */
  gap(bytes: number): void
}

const segmentsAtMost = 256
/** A segment that begins so far before what is expected is of another connection between the same ports. */
const farBehind = 1 << 26

/** Puts the segments of one direction of a TCP connection in order (RFC 9293 §3.10.7.4), with a bound on what waits. */
export class StreamReassembler {
  readonly #listener: StreamListener
  readonly #budget: StreamBudget
  /** The next sequence number; undefined before the first segment. */
  #next: number | undefined
  /** Of the SYN, if it was seen. */
  #initial: number | undefined
  #finished = false
  /** What came too early, in order. */
  #early: { sequence: number; data: Uint8Array }[] = []

  constructor(listener: StreamListener, budget: StreamBudget) {
    this.#listener = listener
    this.#budget = budget
  }

  /** SYN: a stream begins behind it, a second one of the same ports too. False where it only repeats what is known. */
  open(sequence: number): boolean {
    if (this.#initial === sequence && !this.#finished) return false
    this.forget()
    this.#finished = false
    this.#initial = sequence
    this.#next = (sequence + 1) >>> 0
    return true
  }

  /** @param length bytes of the segment by its headers; fewer in `data` where the capture cut it */
  push(sequence: number, data: Uint8Array, length: number): void {
    if (length === 0) return
    this.#next ??= sequence
    const ahead = (sequence - this.#next) | 0
    if (ahead < -farBehind) {
      this.forget()
      this.#next = sequence
      this.#listener.gap(0)
      this.push(sequence, data, length)
    } else if (ahead > 0) this.#keep(sequence, data)
    else if (ahead + length > 0) {
      this.#deliver(data.subarray(Math.min(-ahead, data.length)))
      // What the capture cut off will not come again, whoever repeats it.
      if (data.length < length) this.#jump((sequence + length) >>> 0)
      this.#drain()
    }
  }

  /** The other side has all bytes before this one: what of them is not here was not captured. */
  acknowledged(sequence: number): void {
    const [first] = this.#early
    if (first && ((sequence - first.sequence - first.data.length) | 0) >= 0) {
      this.#jump(first.sequence)
      this.#drain()
    }
  }

  /** FIN: whoever opens the same ports again begins anew. What was captured too late may still follow. */
  finish(): void {
    this.#finished = true
  }

  /** The connection is over: what came too early is told behind its gap. */
  close(): void {
    while (this.#early[0]) {
      this.#jump(this.#early[0].sequence)
      this.#drain()
    }
    this.#next = undefined
    this.#initial = undefined
  }

  #deliver(data: Uint8Array): void {
    this.#next = ((this.#next as number) + data.length) >>> 0
    if (data.length > 0) this.#listener.data(data)
  }

  #jump(to: number): void {
    const missing = (to - (this.#next as number)) | 0
    if (missing <= 0) return
    this.#next = to
    this.#listener.gap(missing)
  }

  #keep(sequence: number, data: Uint8Array): void {
    let place = this.#early.length
    while (place > 0 && (((this.#early[place - 1]?.sequence ?? 0) - sequence) | 0) >= 0) place--
    const same = this.#early[place]
    if (same?.sequence === sequence && same.data.length >= data.length) return
    this.#early.splice(place, 0, { sequence, data: Uint8Array.from(data) })
    this.#budget.used += data.length
    const [first] = this.#early
    if (first && (this.#early.length > segmentsAtMost || this.#budget.used > this.#budget.limit)) {
      this.#jump(first.sequence)
      this.#drain()
    }
  }

  #drain(): void {
    for (;;) {
      const [first] = this.#early
      if (first === undefined) return
      const ahead = (first.sequence - (this.#next as number)) | 0
      if (ahead > 0) return
      this.#early.shift()
      this.#budget.used -= first.data.length
      if (ahead + first.data.length > 0) this.#deliver(first.data.subarray(-ahead))
    }
  }

  /** Gives back what waits, without telling it. */
  forget(): void {
    for (const { data } of this.#early) this.#budget.used -= data.length
    this.#early = []
  }
}
