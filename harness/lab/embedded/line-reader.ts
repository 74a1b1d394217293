import { StringDecoder } from 'node:string_decoder'

/** Cuts what a stream carries into lines, of which none may be longer than a bound. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8')
  readonly #limit: number
  #rest = ''

  /** @param limit characters that a line may have */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @throws RangeError when a line is longer than the bound. */
  *read(chunk: Buffer): Generator<string> {
    this.#rest += this.#decoder.write(chunk)
    let from = 0
    for (let end = this.#rest.indexOf('\n', from); end >= 0; end = this.#rest.indexOf('\n', from)) {
      yield this.#rest.slice(from, end)
      from = end + 1
    }
    this.#rest = this.#rest.slice(from)
    if (this.#rest.length > this.#limit) throw new RangeError(`a line of more than ${this.#limit} characters`)
  }
}
