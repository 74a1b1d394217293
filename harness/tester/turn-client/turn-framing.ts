import { padded, stunHeaderLength, uint16 } from '../../wire/stun/stun-message.ts'

/** Cuts a TCP stream into STUN messages and padded ChannelData messages (RFC 8656 §3.1, §12.5), as they come. */
export class TurnFraming {
  #rest: Buffer = Buffer.alloc(0)

  /**
   * The messages that are whole with this chunk.
   *
   * @throws Error when what comes next is neither: the stream cannot be read on.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const whole: Uint8Array[] = []
    while (this.#rest.length >= 4) {
      const length = frameLength(this.#rest)
      if (this.#rest.length < length) break
      whole.push(this.#rest.subarray(0, length))
      this.#rest = this.#rest.subarray(length)
    }
    return whole
  }
}

function frameLength(bytes: Buffer): number {
  const first = bytes[0] as number
  if (first < 4) return stunHeaderLength + uint16(bytes, 2)
  if (first >> 4 === 4) return padded(4 + uint16(bytes, 2))
  throw new Error(`a message that begins with ${bytes.subarray(0, 4).toString('hex')} is neither STUN nor ChannelData`)
}
