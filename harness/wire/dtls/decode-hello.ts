import { hex, uint16 } from '../stun/stun-message.ts'
import type { DtlsHandshake } from '../trace/trace.ts'

/** use_srtp (RFC 5764 §9). */
const useSrtp = 14

/**
 * The body of a whole client_hello or server_hello (RFC 6347 §4.2.1, RFC 5246 §7.4.1); undefined where its lengths lie.
 *
 * @param fromClient a client_hello, which offers several cipher suites and has a cookie
 */
export function decodeHello(bytes: Uint8Array, fromClient: boolean): DtlsHandshake['hello'] {
  const reader = new Reader(bytes)
  const version = reader.number(2)
  const random = hex(reader.take(32))
  reader.take(reader.number(1)) // session_id
  if (fromClient) reader.take(reader.number(1)) // cookie
  const suites = reader.take(fromClient ? reader.number(2) : 2)
  reader.take(fromClient ? reader.number(1) : 1) // compression methods
  const hello: NonNullable<DtlsHandshake['hello']> = { version, random, cipherSuites: numbers(suites), extensions: [] }
  if (!reader.lied && reader.left > 0) {
    const list = new Reader(reader.take(reader.number(2)))
    while (!list.lied && list.left > 0) {
      const type = list.number(2)
      const value = list.take(list.number(2))
      if (list.lied) return undefined
      hello.extensions.push(type)
      if (type === useSrtp) hello.srtpProfiles = profilesOf(value)
    }
    if (list.lied) return undefined
  }
  return reader.lied ? undefined : hello
}

const profilesOf = (value: Uint8Array): number[] => {
  const reader = new Reader(value)
  return numbers(reader.take(reader.number(2)))
}

const numbers = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length >> 1 }, (_, index) => uint16(bytes, index * 2))

/** Takes bytes one after the other; once something does not fit, it has lied, and gives nothing more. */
class Reader {
  lied = false
  #at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(count: number): Uint8Array {
    if (this.lied || count > this.left) {
      this.lied = true
      return this.#bytes.subarray(0, 0)
    }
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  number(count: 1 | 2): number {
    const bytes = this.take(count)
    if (bytes.length < count) return 0
    return count === 1 ? (bytes[0] as number) : uint16(bytes, 0)
  }
}
