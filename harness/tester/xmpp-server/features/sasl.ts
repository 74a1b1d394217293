import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { PointContext, Said, SayContext } from '../deviations.ts'
import type { SaslExchange, SaslStep } from '../sasl/exchange.ts'
import { startExchange } from '../sasl/mechanisms.ts'
import type { ServerConnection } from '../server-connection.ts'
import { defineOffer, type ServerFeature, type Stage } from '../server-feature.ts'

export interface SaslContext extends SayContext {
  /** The client's `<auth/>` or `<response/>`. */
  element: Element
  mechanism: string
}

export interface SaslPoints {
  /** SASL mechanisms in the features. */
  'sasl.mechanisms': { context: PointContext & { encrypted: boolean; usual: string[] }; value: readonly string[] }
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
    const usual = [...this.#connection.parts.mechanisms]
    const offered = this.#connection.at('sasl.mechanisms', { encrypted: true, usual }) ?? usual
    const list = offered.map((name) => `<mechanism>${escapeXML(name)}</mechanism>`).join('')
    return `<mechanisms xmlns='${ns.sasl}'>${list}</mechanisms>`
  }

  async element(element: Element): Promise<boolean> {
    if (element.getNS() !== ns.sasl) return false
    if (element.is('auth')) {
      this.#mechanism = element.attrs.mechanism ?? ''
      this.#connection.mechanisms.push(this.#mechanism)
      this.#exchange = startExchange(this.#mechanism, this.#connection)
      if (!this.#exchange) this.#fail(element, 'invalid-mechanism')
      else this.#answer(element, await this.#step(element))
    } else if (element.is('response')) this.#answer(element, await this.#step(element))
    else if (element.is('abort')) this.#fail(element, 'aborted')
    return true
  }

  async #step(element: Element): Promise<SaslStep> {
    const text = element.getText()
    try {
      // No text is no initial response; an equals sign is an empty one (RFC 6120 §6.4.2).
      const message = text === '' && element.is('auth') ? undefined : Buffer.from(text, 'base64').toString('utf8')
      if (this.#exchange) return await this.#exchange.step(message)
    } catch {
      // Not a message of the mechanism.
    }
    return { kind: 'failure', condition: 'malformed-request' }
  }

  #answer(element: Element, step: SaslStep) {
    const usual = {
      challenge: () => `<challenge xmlns='${ns.sasl}'>${'data' in step ? base64(step.data) : ''}</challenge>`,
      success: () => success('data' in step ? step.data : ''),
      failure: () => failure('condition' in step ? step.condition : ''),
    }[step.kind]()
    const context = { element, mechanism: this.#mechanism, usual }
    const instead = element.is('auth') ? this.#connection.at('sasl.auth', context) : undefined
    if (instead !== undefined) return this.#say(instead)
    if (step.kind === 'success') return this.#heed(this.#connection.speak('sasl.success', usual, context))
    if (step.kind === 'failure') return this.#fail(element, step.condition)
    this.#connection.say(usual)
  }

  #fail(element: Element, condition: string) {
    const context = { element, mechanism: this.#mechanism }
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

const base64 = (text: string) => Buffer.from(text).toString('base64')
const success = (data: string) =>
  data === '' ? `<success xmlns='${ns.sasl}'/>` : `<success xmlns='${ns.sasl}'>${base64(data)}</success>`
const failure = (condition: string) => `<failure xmlns='${ns.sasl}'><${condition}/></failure>`
