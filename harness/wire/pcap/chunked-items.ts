/** What a file is made of, one item behind the other. */
export interface ItemFormat {
  /** Bytes that the item at `from` has, as far as can be told from what is there up to `to`; 0 where it cannot be read. */
  need(bytes: Uint8Array, from: number, to: number): number
  /** Takes a whole item. Returns how many bytes behind it are to be passed over. */
  item(bytes: Uint8Array): number
}

/** Cuts a file that comes in chunks, however they are cut, into its items. Holds one item at most. */
export class ChunkedItems {
  /** Bytes of an item that is not whole yet. */
  filled = 0
  /** Bytes that are still to be passed over. */
  skipping = 0
  readonly #format: ItemFormat
  #pending = new Uint8Array(64)

  constructor(format: ItemFormat) {
    this.#format = format
  }

  /** Bytes that the item at the end of the file has or would have. */
  get needed(): number {
    return this.#format.need(this.#pending, 0, this.filled)
  }

  /** Gives each item that this chunk completes to the format: a view on the chunk, or a copy where it began in another. */
  push(chunk: Uint8Array): void {
    let at = this.#skip(chunk, 0)
    // What is left of the chunk before this one is completed first, no more than the one item needs.
    while (this.filled > 0) {
      const need = this.needed
      if (need === 0) return
      if (this.filled >= need) {
        this.filled = 0
        this.skipping = this.#format.item(this.#pending.subarray(0, need))
        break
      }
      const taken = Math.min(need - this.filled, chunk.length - at)
      if (taken === 0) return
      this.#keep(chunk.subarray(at, at + taken), need)
      at += taken
    }
    for (;;) {
      at = this.#skip(chunk, at)
      const need = this.#format.need(chunk, at, chunk.length)
      if (need === 0) return
      if (chunk.length - at < need) {
        if (at < chunk.length) this.#keep(chunk.subarray(at), need)
        return
      }
      this.skipping = this.#format.item(chunk.subarray(at, at + need))
      at += need
    }
  }

  #skip(chunk: Uint8Array, at: number): number {
    const skipped = Math.min(this.skipping, chunk.length - at)
    this.skipping -= skipped
    return at + skipped
  }

  #keep(part: Uint8Array, need: number): void {
    // A fresh buffer for each item, since packets handed out are views on it.
    if (this.filled === 0 || this.#pending.length < need) {
      const grown = new Uint8Array(need)
      grown.set(this.#pending.subarray(0, this.filled))
      this.#pending = grown
    }
    this.#pending.set(part, this.filled)
    this.filled += part.length
  }
}
