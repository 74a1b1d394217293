import { StringDecoder } from 'node:string_decoder'

/** Cuts what a stream carries into lines, of which none may be longer than a bound. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8')
  readonly #limit: number
  /** Pieces of the line that has no end yet, and their length: joined once, however many there are. */
  #pieces: string[] = []
  #held = 0

  /** @param limit characters that a line may have */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @throws RangeError when a line is longer than the bound. */
  *read(chunk: Buffer): Generator<string> {
    const [first = '', ...others] = this.#decoder.write(chunk).split('\n')
    this.#add(first)
    for (const next of others) {
      const line = this.#pieces.join('')
      this.#pieces = []
      this.#held = 0
      this.#add(next)
      yield line
    }
  }

  #add(piece: string) {
    this.#pieces.push(piece)
    this.#held += piece.length
    if (this.#held > this.#limit) throw new RangeError(`a line of more than ${this.#limit} characters`)
  }
}
