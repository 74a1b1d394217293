import type { Element } from '@xmpp/xml'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { Said, SayContext } from '../deviations.ts'
import type { SaslExchange, SaslStep } from '../sasl/exchange.ts'
import { startExchange } from '../sasl/mechanisms.ts'
import type { ServerConnection } from '../server-connection.ts'
import { defineOffer, type ServerFeature, type Stage } from '../server-feature.ts'
import { base64, mechanismElements, type SaslContext, stepOf } from './sasl.ts'

export interface Sasl2SuccessContext extends SaslContext {
  /** What stands in `<authorization-identifier/>`: a bare JID, a full one where a resource was bound on the way. */
  identity: string
  /** What the features asked for inline say. */
  inline: string
}

export interface Sasl2Points {
  /** `<authentication/>` in the features (XEP-0388 §2.1). */
  'sasl2.features': { context: SayContext; value: string }
  /** The whole answer to `<authenticate/>` (XEP-0388 §2.3). */
  'sasl2.auth': { context: SaslContext; value: Said }
  /** What is said before the success, `<continue/>` say: then nothing inline is done, and `<next/>` is waited for. */
  'sasl2.continue': { context: SaslContext; value: Said }
  /** `<success/>`, whatever the mechanism (XEP-0388 §2.6.1). */
  'sasl2.success': { context: Sasl2SuccessContext; value: Said }
  'sasl2.failure': { context: SaslContext; value: Said }
  /** Answer to `<next/>` and `<task-data/>`: by itself the server has no task (XEP-0388 §2.6.3). */
  'sasl2.task': { context: SayContext & { element: Element }; value: Said }
}

/** SASL in the profile of XEP-0388, with whatever features can be had inline. */
export const sasl2 = defineOffer({ name: 'sasl2', connect: (connection) => new Sasl2(connection) })

class Sasl2 implements ServerFeature {
  readonly #connection: ServerConnection
  #exchange: SaslExchange | undefined
  #request: Element | undefined
  #mechanism = ''

  constructor(connection: ServerConnection) {
    this.#connection = connection
  }

  advertise(stage: Stage): string {
    if (stage !== 'encrypted') return ''
    const connection = this.#connection
    const parts = connection.inline('inSasl2').map((part) => part.advertise())
    const inline = parts.length > 0 ? `<inline>${parts.join('')}</inline>` : ''
    const usual = `<authentication xmlns='${ns.sasl2}'>${mechanismElements(connection, 'sasl2')}${inline}</authentication>`
    return connection.at('sasl2.features', { usual }) ?? usual
  }

  async element(element: Element): Promise<boolean> {
    if (element.getNS() !== ns.sasl2) return false
    if (element.is('authenticate')) {
      if (this.#connection.authenticated) return this.#refuseSecond()
      this.#request = element
      this.#mechanism = element.attrs.mechanism ?? ''
      this.#connection.mechanisms.push(this.#mechanism)
      this.#exchange = startExchange({ name: this.#mechanism, connection: this.#connection })
      if (!this.#exchange) this.#fail(element, 'invalid-mechanism')
      else this.#answer(element, await stepOf(this.#exchange, initialResponse(element)))
    } else if (element.is('response')) {
      this.#answer(element, await stepOf(this.#exchange, Buffer.from(element.getText(), 'base64')))
    } else if (element.is('abort')) this.#fail(element, 'aborted')
    else this.#heed(this.#connection.speak('sasl2.task', failure('malformed-request'), { element }))
    return true
  }

  /** Who is authenticated already is not to begin again (XEP-0388 §4.8). */
  #refuseSecond(): true {
    this.#connection.say(`<stream:error><policy-violation xmlns='${ns.streamErrors}'/></stream:error>`)
    this.#connection.closeStream()
    return true
  }

  #answer(element: Element, step: SaslStep) {
    const connection = this.#connection
    const data = step.kind === 'failure' ? '' : base64(step.data)
    const context = { element, mechanism: this.#mechanism, data }
    if (element.is('authenticate')) {
      const usual = step.kind === 'challenge' ? challenge(data) : step.kind === 'failure' ? failure(step.condition) : ''
      const instead = connection.at('sasl2.auth', { ...context, usual })
      if (instead !== undefined) return this.#say(instead)
    }
    if (step.kind === 'challenge') connection.say(challenge(data))
    else if (step.kind === 'failure') this.#fail(element, step.condition)
    else this.#succeed(context)
  }

  #succeed(context: Omit<SaslContext, 'usual' | 'connection' | 'number'>) {
    const connection = this.#connection
    const instead = connection.at('sasl2.continue', { ...context, usual: '' })
    if (instead !== undefined) return this.#say(instead)
    const request = this.#request
    const inline = request
      ? connection
          .inline('inSasl2')
          .map((part) => part.take(request))
          .join('')
      : ''
    const identity = connection.jid ?? connection.identity
    const additional = context.data === '' ? '' : `<additional-data>${context.data}</additional-data>`
    const usual = `<success xmlns='${ns.sasl2}'>${additional}<authorization-identifier>${identity}</authorization-identifier>${inline}</success>`
    this.#say(connection.at('sasl2.success', { ...context, usual, identity, inline }) ?? usual)
  }

  #fail(element: Element, condition: string) {
    const context = { element, mechanism: this.#mechanism, data: '', usual: failure(condition) }
    this.#say(this.#connection.at('sasl2.failure', context) ?? context.usual)
  }

  #say(said: Said) {
    const texts = typeof said === 'string' ? [said] : said
    if (!texts.join('').includes('<success')) {
      this.#connection.say(said)
      return this.#heed(texts.join(''))
    }
    this.#heed(texts.join(''))
    // No new stream: the features follow at once (XEP-0388 §2.6.1), unless an old one goes on (XEP-0198 §9.2).
    const resumed = texts.join('').includes('<resumed')
    this.#connection.sayTogether(resumed ? texts : [...texts, ...this.#connection.featuresSaid()])
  }

  /** Holds to what was said, whoever made it up. */
  #heed(said: string) {
    if (said.includes('<success')) {
      this.#connection.authenticated = true
      const told = /<authorization-identifier>([^<]*)</.exec(said)?.[1]
      if (said.includes('<bound') && told !== undefined && told !== this.#connection.jid) this.#connection.becomes(told)
    } else if (said.includes('<failure')) this.#exchange = undefined
  }
}

/** The initial response, decoded; an empty element is an empty message (XEP-0388 §2.2). */
function initialResponse(authenticate: Element): Buffer | undefined {
  const text = authenticate.getChildText('initial-response')
  return text === null ? undefined : Buffer.from(text, 'base64')
}

const challenge = (data: string) => `<challenge xmlns='${ns.sasl2}'>${data}</challenge>`
const failure = (condition: string) => `<failure xmlns='${ns.sasl2}'><${condition} xmlns='${ns.sasl}'/></failure>`
