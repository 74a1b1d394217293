import { scramHash } from '../../xmpp-client/scram.ts'
import type { PointContext } from '../deviations.ts'
import { ScramServer, usualIterations } from '../scram-server.ts'
import { bindingData, usualBindings } from './channel-binding.ts'
import { askForMore, type ExchangeParts, type SaslExchange, type SaslMechanism, type SaslStep } from './exchange.ts'
import { listsHash } from './lists-hash.ts'
import { usualMechanisms } from './mechanism-list.ts'

export interface ScramFirstContext extends PointContext {
  usual: string
  clientNonce: string
  /** The whole nonce: the client's and ours. */
  nonce: string
  /** Base64. */
  salt: string
  iterations: number
  /** Hash of lists for `h=` (XEP-0474 §6.1); of what a right server announces, where a list is left out. */
  listsHash(lists: { mechanisms?: readonly string[]; types?: readonly string[] }): string
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

/** SCRAM (RFC 5802, RFC 7677), whatever its hash, with and without channel binding. */
export const scram: SaslMechanism = { start: (parts) => new ScramExchange(parts) }

class ScramExchange implements SaslExchange {
  readonly #parts: ExchangeParts
  #scram: ScramServer | undefined
  #done = false

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  step(message: Buffer | undefined): SaslStep | Promise<SaslStep> {
    if (message === undefined) return askForMore
    // Where the final message went as a challenge, an empty response answers it (RFC 4422 §3.6).
    if (this.#done) return { kind: 'success', data: '' }
    const text = message.toString('utf8')
    return this.#scram ? this.#final(this.#scram, text) : this.#first(text)
  }

  #first(message: string): SaslStep {
    const { connection, name } = this.#parts
    const hash = scramHash(name)
    if (!hash) throw new Error(`no hash of ${name}`)
    const scram = new ScramServer(hash, message)
    connection.gs2.push({ mechanism: name, flag: scram.flag })
    if (!this.#bindsRight(scram)) return { kind: 'failure', condition: 'not-authorized' }
    const hashOf: ScramFirstContext['listsHash'] = ({ mechanisms, types }) =>
      listsHash(hash, mechanisms ?? usualMechanisms(connection), types ?? usualBindings(connection))
    const usual = scram.first(connection.offers('ssdp') ? hashOf({}) : undefined)
    const { clientNonce, nonce } = scram
    const salt = scram.salt.toString('base64')
    const context = { usual, clientNonce, nonce, salt, iterations: usualIterations, listsHash: hashOf }
    const first = connection.at('scram.first', context) ?? usual
    scram.sent(first)
    this.#scram = scram
    return { kind: 'challenge', data: first }
  }

  /** RFC 5802 §6: a client that says "y" to a server with channel binding has been lied to. */
  #bindsRight({ flag, bindingType }: ScramServer): boolean {
    const { connection, name } = this.#parts
    if (name.endsWith('-PLUS') !== (bindingType !== undefined)) return false
    if (!connection.offers('channel-binding')) return bindingType === undefined
    return flag !== 'y' && (bindingType === undefined || bindingData(connection, bindingType) !== undefined)
  }

  async #final(scram: ScramServer, message: string): Promise<SaslStep> {
    const { connection, name } = this.#parts
    const { account } = connection.parts
    const outcome = await scram.final(message, account.password, bindingData(connection, scram.bindingType))
    if (outcome.proof !== undefined) connection.giveAway('proof', name)
    connection.provedRight = outcome.right && scram.username === account.local
    const usual = `v=${outcome.signature}`
    const final = connection.at('scram.final', { usual, signature: outcome.signature })
    // A hostile server does not mind a wrong proof: it wants to be believed.
    if (!connection.provedRight && final === undefined) return { kind: 'failure', condition: 'not-authorized' }
    this.#done = true
    return { kind: 'success', data: final ?? usual }
  }
}
