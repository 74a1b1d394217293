/** Elements that carry SASL messages: RFC 6120 §6, and XEP-0388. */
const carriesSasl =
  /^<((?:[\w.-]+:)?(?:auth|response|challenge|success|authenticate|initial-response|additional-data))[\s/>]/

/** What stands where a SASL message stood. */
const mark = '[redacted]'

/**
 * Takes SASL messages out of one direction of a stream, however it is cut into pieces, and leaves every other byte as it
 * is. What is not XML is read as if it were: once such an element is open, all is withheld until its closing tag.
 */
export class SaslVeil {
  /** Name of the element whose content is withheld. */
  #within: string | undefined
  /** Markup that is not finished yet; undefined between tags. */
  #tag: string | undefined

  /** @returns what may be kept of these bytes, and whether something of them may not. */
  write(chunk: Uint8Array): { kept: Buffer; withheld: boolean } {
    let kept = ''
    let withheld = false
    const withhold = () => {
      if (!kept.endsWith(mark)) kept += mark
      withheld = true
    }
    for (const char of Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')) {
      const inside: boolean = this.#within !== undefined
      if (char === '<') {
        if (inside && this.#tag) withhold()
        this.#tag = char
      } else if (this.#tag !== undefined) this.#tag += char
      else if (inside) withhold()
      if (!inside) kept += char
      if (char !== '>' || this.#tag === undefined) continue
      const tag: string = this.#tag
      this.#tag = undefined
      if (!inside) {
        if (!tag.endsWith('/>')) this.#within = carriesSasl.exec(tag)?.[1]
      } else if (tag.startsWith(`</${this.#within}`)) {
        this.#within = undefined
        kept += tag
      } else withhold()
    }
    return { kept: Buffer.from(kept, 'latin1'), withheld }
  }
}
