import { scramHash } from '../../xmpp-client/scram.ts'
import type { PointContext } from '../deviations.ts'
import { ScramServer, usualIterations } from '../scram-server.ts'
import type { ServerConnection } from '../server-connection.ts'
import { askForMore, type SaslExchange, type SaslMechanism, type SaslStep } from './exchange.ts'

export interface ScramFirstContext extends PointContext {
  usual: string
  clientNonce: string
  /** The whole nonce: the client's and ours. */
  nonce: string
  /** Base64. */
  salt: string
  iterations: number
}

export interface ScramFinalContext extends PointContext {
  usual: string
  /** The right server signature, base64. */
  signature: string
}

export interface ScramPoints {
  /** server-first-message of SCRAM, as text (RFC 5802 §7). */
  'scram.first': { context: ScramFirstContext; value: string }
  /** server-final-message of SCRAM, as text; empty: a success without additional data. */
  'scram.final': { context: ScramFinalContext; value: string }
}

/** SCRAM (RFC 5802, RFC 7677), whatever its hash. */
export const scram: SaslMechanism = { start: (name, connection) => new ScramExchange(name, connection) }

class ScramExchange implements SaslExchange {
  readonly #mechanism: string
  readonly #connection: ServerConnection
  #scram: ScramServer | undefined

  constructor(mechanism: string, connection: ServerConnection) {
    this.#mechanism = mechanism
    this.#connection = connection
  }

  step(message: string | undefined): SaslStep | Promise<SaslStep> {
    if (message === undefined) return askForMore
    return this.#scram ? this.#final(this.#scram, message) : this.#first(message)
  }

  #first(message: string): SaslStep {
    const hash = scramHash(this.#mechanism)
    if (!hash) throw new Error(`no hash of ${this.#mechanism}`)
    const scram = new ScramServer(hash, message)
    const usual = scram.first()
    const { clientNonce, nonce } = scram
    const salt = scram.salt.toString('base64')
    const context = { usual, clientNonce, nonce, salt, iterations: usualIterations }
    const first = this.#connection.at('scram.first', context) ?? usual
    scram.sent(first)
    this.#scram = scram
    return { kind: 'challenge', data: first }
  }

  async #final(scram: ScramServer, message: string): Promise<SaslStep> {
    const connection = this.#connection
    const { account } = connection.parts
    const outcome = await scram.final(message, account.password, connection.bindingData(scram.bindingType))
    if (outcome.proof !== undefined) connection.giveAway('proof', this.#mechanism)
    connection.provedRight = outcome.right && scram.username === account.local
    const usual = `v=${outcome.signature}`
    const final = connection.at('scram.final', { usual, signature: outcome.signature })
    // A hostile server does not mind a wrong proof: it wants to be believed.
    if (!connection.provedRight && final === undefined) return { kind: 'failure', condition: 'not-authorized' }
    return { kind: 'success', data: final ?? usual }
  }
}
