import { Scram, type ScramHash } from './scram.ts'

interface Credentials {
  username: string
  password: string
}

/** One exchange, in the shape that @xmpp/sasl drives. */
interface Mechanism {
  readonly name: string
  readonly clientFirst: boolean
  response(credentials: Credentials): Promise<string>
  challenge(text: string): Promise<void>
}

class ScramMechanism implements Mechanism {
  readonly name: string
  readonly clientFirst = true
  readonly #hash: ScramHash
  #scram: Scram | undefined
  #serverFirst: string | undefined

  constructor(name: string, hash: ScramHash) {
    this.name = name
    this.#hash = hash
  }

  async challenge(text: string): Promise<void> {
    this.#serverFirst = fromBytes(text)
  }

  async response(credentials: Credentials): Promise<string> {
    this.#scram ??= new Scram({ hash: this.#hash, ...pick(credentials) })
    // A server may send its signature as one more challenge, which an empty response answers.
    if (this.#serverFirst?.startsWith('v=')) return ''
    return toBytes(this.#serverFirst === undefined ? this.#scram.first() : await this.#scram.final(this.#serverFirst))
  }
}

class PlainMechanism implements Mechanism {
  readonly name = 'PLAIN'
  readonly clientFirst = true
  async challenge(): Promise<void> {}
  async response({ username, password }: Credentials): Promise<string> {
    return toBytes(`\0${username}\0${password}`)
  }
}

const makers: [string, () => Mechanism][] = [
  ['SCRAM-SHA-256', () => new ScramMechanism('SCRAM-SHA-256', 'sha256')],
  ['SCRAM-SHA-1', () => new ScramMechanism('SCRAM-SHA-1', 'sha1')],
  ['SCRAM-SHA-512', () => new ScramMechanism('SCRAM-SHA-512', 'sha512')],
  ['PLAIN', () => new PlainMechanism()],
]

/** The mechanisms of a session, in the shape that @xmpp/sasl asks of a factory. */
export class SaslMechanisms {
  readonly _mechs = makers.map(([name]) => ({ name }))

  create(names: string[]): Mechanism | null {
    return makers.find(([name]) => names.includes(name))?.[1]() ?? null
  }
}

// The library puts a character for each byte into base64, so UTF-8 has to be made here (RFC 4616 §2, RFC 5802 §2.2).
const toBytes = (text: string): string => Buffer.from(text).toString('latin1')
const fromBytes = (text: string): string => Buffer.from(text, 'latin1').toString()

const pick = ({ username, password }: Credentials): Credentials => ({ username, password })
