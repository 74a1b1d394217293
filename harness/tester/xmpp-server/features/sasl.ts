import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { PointContext, Said, SayContext } from '../deviations.ts'
import type { SaslExchange, SaslProfile, SaslStep } from '../sasl/exchange.ts'
import { usualMechanisms } from '../sasl/mechanism-list.ts'
import { startExchange } from '../sasl/mechanisms.ts'
import type { ServerConnection } from '../server-connection.ts'
import { defineOffer, type ServerFeature, type Stage } from '../server-feature.ts'

export interface SaslContext extends SayContext {
  /** The client's `<auth/>` or `<response/>`. */
  element: Element
  mechanism: string
  /** The message of the mechanism in it, base64; empty where there is none. */
  data: string
}

export interface SaslPoints {
  /** SASL mechanisms in the features, of RFC 6120 and of XEP-0388. */
  'sasl.mechanisms': {
    context: PointContext & { encrypted: boolean; usual: string[]; profile: SaslProfile }
    value: readonly string[]
  }
  /** The whole answer to `<auth/>`: a challenge, or the success of PLAIN (RFC 6120 §6.4). */
  'sasl.auth': { context: SaslContext; value: Said }
  /** `<success/>`, whatever the mechanism. */
  'sasl.success': { context: SaslContext; value: Said }
  'sasl.failure': { context: SaslContext; value: Said }
}

/** SASL in the profile of RFC 6120 §6. */
export const sasl = defineOffer({
  name: 'sasl',
  standard: true,
  connect: (connection) => new Sasl(connection),
})

class Sasl implements ServerFeature {
  readonly #connection: ServerConnection
  #exchange: SaslExchange | undefined
  #mechanism = ''

  constructor(connection: ServerConnection) {
    this.#connection = connection
  }

  advertise(stage: Stage): string {
    if (stage !== 'encrypted') return ''
    return `<mechanisms xmlns='${ns.sasl}'>${mechanismElements(this.#connection, 'sasl')}</mechanisms>`
  }

  async element(element: Element): Promise<boolean> {
    if (element.getNS() !== ns.sasl) return false
    if (element.is('auth')) {
      this.#mechanism = element.attrs.mechanism ?? ''
      this.#connection.mechanisms.push(this.#mechanism)
      this.#exchange = startExchange({ name: this.#mechanism, connection: this.#connection })
      if (!this.#exchange) this.#fail(element, 'invalid-mechanism')
      else this.#answer(element, await this.#step(element))
    } else if (element.is('response')) this.#answer(element, await this.#step(element))
    else if (element.is('abort')) this.#fail(element, 'aborted')
    return true
  }

  #step(element: Element): Promise<SaslStep> {
    const text = element.getText()
    // No text is no initial response; an equals sign is an empty one (RFC 6120 §6.4.2).
    const message = text === '' && element.is('auth') ? undefined : Buffer.from(text, 'base64')
    return stepOf(this.#exchange, message)
  }

  #answer(element: Element, step: SaslStep) {
    const data = step.kind === 'failure' ? '' : base64(step.data)
    const text = {
      challenge: `<challenge xmlns='${ns.sasl}'>${data}</challenge>`,
      success: data === '' ? `<success xmlns='${ns.sasl}'/>` : `<success xmlns='${ns.sasl}'>${data}</success>`,
      failure: step.kind === 'failure' ? failure(step.condition) : '',
    }[step.kind]
    const context = { element, mechanism: this.#mechanism, data }
    const instead = element.is('auth') ? this.#connection.at('sasl.auth', { ...context, usual: text }) : undefined
    if (instead !== undefined) return this.#say(instead)
    if (step.kind === 'success') return this.#heed(this.#connection.speak('sasl.success', text, context))
    if (step.kind === 'failure') return this.#fail(element, step.condition)
    this.#connection.say(text)
  }

  #fail(element: Element, condition: string) {
    const context = { element, mechanism: this.#mechanism, data: '' }
    this.#heed(this.#connection.speak('sasl.failure', failure(condition), context))
  }

  #say(said: Said) {
    this.#connection.say(said)
    this.#heed(typeof said === 'string' ? said : said.join(''))
  }

  /** Holds to what was said, whoever made it up. */
  #heed(said: string) {
    if (said.includes('<success')) {
      this.#connection.authenticated = true
      this.#connection.link.restart()
    } else if (said.includes('<failure')) this.#exchange = undefined
  }
}

/** The mechanisms as elements of a profile's list. */
export function mechanismElements(connection: ServerConnection, profile: SaslProfile): string {
  const usual = usualMechanisms(connection)
  const offered = connection.at('sasl.mechanisms', { encrypted: connection.encrypted, usual, profile }) ?? usual
  return offered.map((name) => `<mechanism>${escapeXML(name)}</mechanism>`).join('')
}

/** One step of an exchange; what is no message of it, and what comes outside of one, is malformed (RFC 6120 §6.5.8). */
export async function stepOf(exchange: SaslExchange | undefined, message: Buffer | undefined): Promise<SaslStep> {
  try {
    if (exchange) return await exchange.step(message)
  } catch {
    // Not a message of the mechanism.
  }
  return { kind: 'failure', condition: 'malformed-request' }
}

export const base64 = (data: string | Uint8Array): string => Buffer.from(data as string).toString('base64')
const failure = (condition: string) => `<failure xmlns='${ns.sasl}'><${condition}/></failure>`
