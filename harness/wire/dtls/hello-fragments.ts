import type { DtlsHandshake } from '../trace/trace.ts'

/** No hello is longer, bytes: a length above it is a lie. */
const longest = 1 << 15

/** Puts together the fragments of a hello that one side sends in several records (RFC 6347 §4.2.3), in their order. */
export class HelloFragments {
  #type = 0
  #sequence = -1
  #body = new Uint8Array(0)
  #filled = 0

  /** Takes a fragment. The whole body once this one ends it; undefined before, and where one is missing. */
  add({ type, sequence, length, fragmentOffset }: DtlsHandshake, fragment: Uint8Array): Uint8Array | undefined {
    if (length > longest) return undefined
    if (fragmentOffset === 0) {
      this.#type = type
      this.#sequence = sequence
      this.#body = new Uint8Array(length)
      this.#filled = 0
    }
    const follows = type === this.#type && sequence === this.#sequence && length === this.#body.length
    if (!follows || fragmentOffset !== this.#filled || fragmentOffset + fragment.length > length) return undefined
    this.#body.set(fragment, fragmentOffset)
    this.#filled += fragment.length
    return this.#filled === length ? this.#body : undefined
  }
}
