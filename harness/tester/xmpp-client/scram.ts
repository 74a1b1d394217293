import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export type ScramHash = 'sha1' | 'sha256' | 'sha512'

/** GS2 channel binding of one exchange (RFC 5802 §6). */
export type ChannelBinding = { flag: 'n' } | { flag: 'y' } | { flag: 'p'; type: string; data: Uint8Array }

export interface ScramOptions {
  hash: ScramHash
  username: string
  password: string
  binding?: ChannelBinding
  authzid?: string
  nonce?: string
}

const derive = promisify(pbkdf2)
const salted = new Map<string, Promise<Buffer>>()

/** Salted passwords are dear to make and the same for each login of an account; a few are kept. */
function saltedPassword(hash: ScramHash, password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  const key = `${hash} ${iterations} ${salt.toString('base64')} ${password}`
  let made = salted.get(key)
  if (!made) {
    if (salted.size > 500) salted.clear()
    made = derive(
      password.normalize('NFKC'),
      salt,
      iterations,
      hash === 'sha1' ? 20 : hash === 'sha256' ? 32 : 64,
      hash,
    )
    salted.set(key, made)
  }
  return made
}

/**
 * The client's half of SCRAM (RFC 5802, RFC 7677), one message at a time, so that a case can put its own bytes in
 * between. Messages are the plain text; base64 is the caller's.
 */
export class Scram {
  readonly gs2Header: string
  readonly clientFirstBare: string
  readonly #options: ScramOptions
  #serverSignature: Buffer | undefined

  constructor(options: ScramOptions) {
    this.#options = options
    const binding = options.binding ?? { flag: 'n' }
    const flag = binding.flag === 'p' ? `p=${binding.type}` : binding.flag
    this.gs2Header = `${flag},${options.authzid ? `a=${saslName(options.authzid)}` : ''},`
    this.clientFirstBare = `n=${saslName(options.username)},r=${options.nonce ?? randomBytes(18).toString('base64')}`
  }

  /** client-first-message. */
  first(): string {
    return this.gs2Header + this.clientFirstBare
  }

  /**
   * client-final-message in answer to server-first-message; `without` overrides parts for cases that lie.
   *
   * @throws Error when server-first-message is not one.
   */
  async final(serverFirst: string, lie: { nonce?: string; binding?: string; password?: string } = {}): Promise<string> {
    const { hash, password, binding } = this.#options
    const parts = attributes(serverFirst)
    const [nonce, salt, iterations] = [parts.get('r'), parts.get('s'), Number(parts.get('i'))]
    if (!nonce || !salt || !Number.isInteger(iterations) || iterations < 1) {
      throw new Error(`not a server-first-message: ${serverFirst}`)
    }
    if (iterations > 200_000) throw new Error(`${iterations} iterations are more than the tester will compute`)
    const header = Buffer.from(this.gs2Header)
    const bound = binding?.flag === 'p' ? Buffer.concat([header, binding.data]) : header
    const channel = lie.binding ?? bound.toString('base64')
    const withoutProof = `c=${channel},r=${lie.nonce ?? nonce}`
    const key = await saltedPassword(hash, lie.password ?? password, Buffer.from(salt, 'base64'), iterations)
    const hmac = (secret: Uint8Array, text: string) => createHmac(hash, secret).update(text).digest()
    const clientKey = hmac(key, 'Client Key')
    const storedKey = createHash(hash).update(clientKey).digest()
    const message = `${this.clientFirstBare},${serverFirst},${withoutProof}`
    const signature = hmac(storedKey, message)
    this.#serverSignature = hmac(hmac(key, 'Server Key'), message)
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] as number)))
    return `${withoutProof},p=${proof.toString('base64')}`
  }

  /** Whether server-final-message carries the right signature (RFC 5802 §5.1). */
  verifies(serverFinal: string): boolean {
    const claimed = Buffer.from(attributes(serverFinal).get('v') ?? '', 'base64')
    const expected = this.#serverSignature
    return expected !== undefined && claimed.length === expected.length && timingSafeEqual(claimed, expected)
  }
}

/** The attributes of a SCRAM message by their letters. */
export const attributes = (message: string): Map<string, string> =>
  new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))

/** Comma and equals sign are escaped in names (RFC 5802 §5.1). */
const saslName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

/** The hash of a SCRAM mechanism's name, or undefined for other mechanisms. */
export function scramHash(mechanism: string): ScramHash | undefined {
  const hashes: Record<string, ScramHash> = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' }
  return hashes[mechanism.replace(/^SCRAM-/, '').replace(/-PLUS$/, '')]
}
