/** Keeps the end of what a process prints, bounded, for the message that tells how it died. */
export class OutputTail {
  #text = ''
  readonly #characters: number
  readonly #lines: number

  constructor(characters = 4096, lines = 20) {
    this.#characters = characters
    this.#lines = lines
  }

  add(chunk: Buffer | string): void {
    this.#text = `${this.#text}${chunk}`.slice(-2 * this.#characters)
  }

  /** The last lines, without the empty ones at the end. */
  text(): string {
    return this.#text.slice(-this.#characters).trimEnd().split('\n').slice(-this.#lines).join('\n')
  }
}
