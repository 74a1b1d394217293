import { demultiplex } from '../demultiplex.ts'
import { looksLikeDtls } from '../dtls/decode-dtls.ts'
import { magicCookie, padded, stunHeaderLength, uint16, uint32 } from '../stun/stun-message.ts'
import type { StreamBudget } from './stream-reassembler.ts'

/** How messages stand in a stream: as RFC 8489 §6.2.2 and RFC 8656 §12.5 have it, or framed as RFC 4571 does for ICE. */
export type Framing = 'stun' | 'rfc4571'

/** Segments of an undecided stream that are looked at; of one seen from its start the first tells. */
const looks = 256
/** Segments that are each one frame, which make a stream framed where no STUN was seen. */
const frames = 3

/**
 * Cuts a stream of TCP into messages. Which framing it has is told by its first bytes; of a stream that the capture
 * joined late, or of which it lost bytes, by the beginnings of its segments.
 */
export class StreamFraming {
  /** Undefined until it is known; `foreign` of a stream that carries something else. */
  framing: Framing | 'foreign' | undefined
  readonly #message: (bytes: Uint8Array) => void
  readonly #other: (bytes: number) => void
  readonly #budget: StreamBudget
  #left = new Uint8Array(0)
  #looks = 0
  #frames = 0

  /**
   * @param message takes each whole message, a ChannelData message with its header
   * @param other takes the length of what is none
   */
  constructor(message: (bytes: Uint8Array) => void, other: (bytes: number) => void, budget: StreamBudget) {
    this.#message = message
    this.#other = other
    this.#budget = budget
  }

  /** A stream begins: what the one before it was says nothing of it. */
  open(): void {
    this.gap()
    this.framing = undefined
    this.#looks = looks - 1
    this.#frames = 0
  }

  /** Bytes are missing: a message that was begun is lost, and the next beginning of a segment is looked at. */
  gap(): void {
    this.#other(this.#left.length)
    this.#keep(nothing)
    if (this.framing === 'foreign') return
    this.framing = undefined
    this.#looks = 0
  }

  /** The next bytes, as one segment brought them. */
  push(segment: Uint8Array): void {
    if (this.framing === 'foreign') {
      this.#other(segment.length)
      return
    }
    let bytes = this.#left.length > 0 ? Buffer.concat([this.#left, segment]) : segment
    this.#keep(nothing)
    while (bytes.length > 0) {
      if (this.framing === undefined && !this.#decide(bytes)) return
      const length = this.framing === 'stun' ? stunLength(bytes) : framedLength(bytes)
      if (length === 'other') {
        // Behind ConnectionBind anything may follow (RFC 6062 §4.3).
        this.framing = undefined
        this.#looks++
        continue
      }
      if (length === 'more' || length.whole > bytes.length) {
        this.#keep(bytes)
        return
      }
      if (length.end > length.start) this.#message(bytes.subarray(length.start, length.end))
      bytes = bytes.subarray(length.whole)
    }
  }

  /** False where the bytes are used up without having told. */
  #decide(bytes: Uint8Array): boolean {
    const found = framingOf(bytes)
    if (found === 'more') {
      this.#keep(bytes)
      return false
    }
    if (found === undefined && isOneFrame(bytes)) this.#frames++
    this.framing = found ?? (this.#frames >= frames ? 'rfc4571' : undefined)
    if (this.framing) return true
    this.#other(bytes.length)
    if (++this.#looks >= looks) this.framing = 'foreign'
    return false
  }

  #keep(bytes: Uint8Array): void {
    this.#budget.used += bytes.length - this.#left.length
    this.#left = bytes.length === 0 ? nothing : Uint8Array.from(bytes)
    if (this.#budget.used > this.#budget.limit && bytes.length > 0) this.gap()
  }
}

const nothing = new Uint8Array(0)

/** STUN alone or in a frame is sure of itself; DTLS in a frame of its length too. */
function framingOf(bytes: Uint8Array): Framing | 'more' | undefined {
  const first = bytes[0] as number
  if (bytes.length >= 8 && first < 4 && uint32(bytes, 4) === magicCookie) return 'stun'
  if (bytes.length >= 10 && (bytes[2] as number) < 4 && uint32(bytes, 6) === magicCookie) {
    return uint16(bytes, 0) >= stunHeaderLength ? 'rfc4571' : undefined
  }
  if (looksLikeDtls(bytes.subarray(2)) && uint16(bytes, 0) <= 1 << 14) return 'rfc4571'
  return bytes.length < 10 && cookieMayFollow(bytes) ? 'more' : undefined
}

/** Of fewer than ten bytes: whether a magic cookie may still come where one would be. */
const cookieMayFollow = (bytes: Uint8Array): boolean =>
  [4, 6].some((at) => {
    if ((bytes[at - 4] ?? 0) > 3) return false
    for (let i = at; i < Math.min(bytes.length, at + 4); i++) if (bytes[i] !== cookie[i - at]) return false
    return true
  })

const cookie = [0x21, 0x12, 0xa4, 0x42]

/** Whether a segment is one frame that could hold media. */
function isOneFrame(bytes: Uint8Array): boolean {
  if (bytes.length < 14 || uint16(bytes, 0) !== bytes.length - 2) return false
  return demultiplex(bytes.subarray(2)) === 'rtp'
}

type Extent = { start: number; end: number; whole: number }

/** A STUN message, or ChannelData with padding (RFC 8656 §12.5). */
function stunLength(bytes: Uint8Array): Extent | 'more' | 'other' {
  const first = bytes[0] as number
  if (first >> 4 === 4) {
    if (bytes.length < 4) return 'more'
    const end = 4 + uint16(bytes, 2)
    return { start: 0, end, whole: padded(end) }
  }
  if (first > 3) return 'other'
  if (bytes.length < 8) return 'more'
  if (uint32(bytes, 4) !== magicCookie) return 'other'
  const end = stunHeaderLength + uint16(bytes, 2)
  return { start: 0, end, whole: end }
}

function framedLength(bytes: Uint8Array): Extent | 'more' {
  if (bytes.length < 2) return 'more'
  const end = 2 + uint16(bytes, 0)
  return { start: 2, end, whole: end }
}
