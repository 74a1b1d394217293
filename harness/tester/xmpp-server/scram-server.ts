import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { attributes, type ScramHash } from '../xmpp-client/scram.ts'

const derive = promisify(pbkdf2)
const sizes: Record<ScramHash, number> = { sha1: 20, sha256: 32, sha512: 64 }

/** Iterations that a right server announces; RFC 7677 §4 asks for 4096 at least. */
export const usualIterations = 4096

/**
 * The server's half of SCRAM (RFC 5802, RFC 7677), one message at a time, so that a case can put its own text in
 * between. Messages are the plain text; base64 is the caller's.
 */
export class ScramServer {
  readonly username: string
  readonly clientNonce: string
  readonly nonce: string
  readonly salt = randomBytes(16)
  readonly #hash: ScramHash
  readonly #gs2Header: string
  readonly #bare: string
  #serverFirst = ''

  /** @throws Error when the text is no client-first-message. */
  constructor(hash: ScramHash, clientFirst: string) {
    const match = /^((?:[ny]|p=[^,]+),(?:a=[^,]*)?,)((?:m=[^,]*,)?n=([^,]*),r=([^,]+).*)$/.exec(clientFirst)
    if (!match) throw new Error(`not a client-first-message: ${clientFirst}`)
    this.#hash = hash
    this.#gs2Header = match[1] ?? ''
    this.#bare = match[2] ?? ''
    this.username = (match[3] ?? '').replaceAll('=2C', ',').replaceAll('=3D', '=')
    this.clientNonce = match[4] ?? ''
    this.nonce = this.clientNonce + randomBytes(12).toString('base64')
  }

  /** Name of the channel binding that the client uses; undefined where it uses none. */
  get bindingType(): string | undefined {
    return /^p=([^,]+)/.exec(this.#gs2Header)?.[1]
  }

  /** What the client says of channel binding: `n`, `y`, or `p=` and the type (RFC 5802 §6). */
  get flag(): string {
    return this.#gs2Header.slice(0, this.#gs2Header.indexOf(','))
  }

  /**
   * server-first-message as a right server sends it.
   *
   * @param listsHash hash of the lists that the server announced, base64, where it protects them (XEP-0474 §6.1)
   */
  first(listsHash?: string): string {
    const extension = listsHash === undefined ? '' : `,h=${listsHash}`
    return `r=${this.nonce},s=${this.salt.toString('base64')},i=${usualIterations}${extension}`
  }

  /** Says which server-first-message was sent in the end: the signatures cover it. */
  sent(serverFirst: string): void {
    this.#serverFirst = serverFirst
  }

  /**
   * Checks client-final-message against the password, and makes the server signature.
   *
   * @param bindingData channel binding data of this connection, where the client uses a binding
   */
  async final(clientFinal: string, password: string, bindingData: Uint8Array | undefined): Promise<ScramOutcome> {
    const parts = attributes(this.#serverFirst)
    const given = attributes(clientFinal)
    const iterations = Number(parts.get('i') ?? usualIterations)
    const salt = Buffer.from(parts.get('s') ?? '', 'base64')
    const size = sizes[this.#hash]
    const hmac = (secret: Uint8Array, text: string) => createHmac(this.#hash, secret).update(text).digest()
    // What a client computes for a hostile count is nobody's proof; the tester does not compute along.
    const rounds = Number.isInteger(iterations) && iterations >= 1 && iterations <= 100_000 ? iterations : 1
    const salted = await derive(password.normalize('NFKC'), salt, rounds, size, this.#hash)
    const withoutProof = clientFinal.replace(/,p=[^,]*$/, '')
    const message = `${this.#bare},${this.#serverFirst},${withoutProof}`
    const clientKey = hmac(salted, 'Client Key')
    const stored = createHash(this.#hash).update(clientKey).digest()
    const mask = hmac(stored, message)
    const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (mask[index] as number)))
    const proof = Buffer.from(given.get('p') ?? '', 'base64')
    const binding = Buffer.concat([Buffer.from(this.#gs2Header), bindingData ?? Buffer.alloc(0)])
    return {
      right:
        proof.length === expected.length &&
        timingSafeEqual(proof, expected) &&
        given.get('r') === parts.get('r') &&
        given.get('c') === binding.toString('base64'),
      proof: given.get('p'),
      signature: hmac(hmac(salted, 'Server Key'), message).toString('base64'),
    }
  }
}

export interface ScramOutcome {
  /** Proof, nonce and channel binding are right. */
  right: boolean
  proof: string | undefined
  /** Server signature, base64. */
  signature: string
}
