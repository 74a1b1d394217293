import { type Element, escapeXML } from '@xmpp/xml'
import { DriverError, driverCodes } from '../../lab/embedded/client-driver.ts'
import { ns } from '../xmpp-client/namespaces.ts'
import { attribute, type ModelParts } from './model-client.ts'

const carbons = 'urn:xmpp:carbons:2'
const mam = 'urn:xmpp:mam:2'
const receipts = 'urn:xmpp:receipts'

interface Asked {
  to: string | undefined
  resolve(answer: Element): void
  reject(error: Error): void
}

const bare = (jid: string | undefined): string => jid?.replace(/\/.*$/s, '') ?? ''
const wellFormedJid = (jid: string): boolean => /^(?:[^@/\s]+@)?[^@/\s]+(?:\/.+)?$/.test(jid)

/** What the model client does once it is online (RFC 6120 §8, RFC 6121, and a few extensions). */
export class ModelSession {
  readonly #model: ModelParts
  readonly #jid: string
  readonly #asked = new Map<string, Asked>()
  #query: { id: string; bodies: string[] } | undefined
  #count = 0

  constructor(model: ModelParts, jid: string) {
    this.#model = model
    this.#jid = jid
  }

  begin(): void {
    this.#model.send('<presence/>')
    if (this.#model.errs('sends-whitespace')) this.#model.send(' ')
  }

  async request(verb: string, params: Record<string, unknown>): Promise<unknown> {
    const text = (name: string) => (typeof params[name] === 'string' ? params[name] : undefined)
    switch (verb) {
      case 'message':
        return this.#model.send(
          `<message type='chat'${attribute('to', text('to'))}><body>${escapeXML(text('body') ?? '')}</body></message>`,
        )
      case 'query':
        return { xml: (await this.#ask('get', `<query xmlns='${text('xmlns')}'/>`, text('to'))).toString() }
      case 'roster': {
        const type = this.#model.errs('asks-roster-with-set') ? 'set' : 'get'
        const answer = await this.#ask(type, `<query xmlns='${ns.roster}'/>`)
        return {
          items: answer
            .getChild('query', ns.roster)
            ?.getChildren('item')
            .map(({ attrs }) => attrs.jid),
        }
      }
      case 'carbons':
        await this.#ask(this.#model.errs('enables-carbons-with-get') ? 'get' : 'set', `<enable xmlns='${carbons}'/>`)
        return null
      case 'archive':
        return this.#archive()
      default:
        throw new DriverError(`there is no verb "${verb}"`, driverCodes.methodNotFound)
    }
  }

  /** @param inPieces it came in more than one piece */
  element(element: Element, inPieces: boolean): void {
    const { from } = element.attrs
    if (from !== undefined && !wellFormedJid(from)) {
      if (this.#model.errs('dies-of-nonsense')) this.#model.die('invalid JID')
      return
    }
    if (element.is('iq')) this.#iq(element)
    else if (element.is('message')) this.#message(element, inPieces)
    else if (element.is('presence')) this.#presence(element)
    else if (this.#model.errs('dies-of-unknown-elements')) this.#model.die('unknown element')
  }

  #ask(type: string, payload: string, to?: string): Promise<Element> {
    const id = `model-${++this.#count}`
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { to, resolve, reject })
      this.#model.send(`<iq type='${type}' id='${id}'${attribute('to', to)}>${payload}</iq>`)
    })
  }

  #iq(iq: Element) {
    const { type } = iq.attrs
    const model = this.#model
    if (type === 'result' || type === 'error') return this.#answered(iq)
    if (model.errs('answers-no-iq') || (type === 'set' && model.errs('answers-no-set'))) return
    if (iq.attrs.id === undefined && model.errs('dies-without-id')) return model.die('no id')
    if (type !== 'get' && type !== 'set') {
      if (!model.errs('ignores-unknown-types')) this.#refuse(iq, 'bad-request', 'modify')
      return
    }
    if (model.errs('answers-result-to-everything')) return this.#reply(iq, '')
    const [payload, second] = iq.getChildElements()
    if (!payload || second) return this.#refuse(iq, 'bad-request', 'modify')
    if (type === 'set' && payload.is('query', ns.roster)) return this.#push(iq, payload)
    if (type === 'get' && payload.is('ping', ns.ping)) return this.#reply(iq, '')
    if (type === 'get' && payload.is('query', ns.discoInfo)) return this.#disco(iq, payload)
    if (type === 'get' && payload.is('query', 'jabber:iq:version')) {
      const version = model.errs('tells-no-version') ? '' : '<version>1</version>'
      return this.#reply(iq, `<query xmlns='jabber:iq:version'><name>Model</name>${version}</query>`)
    }
    this.#refuse(iq, 'service-unavailable', 'cancel')
  }

  #answered(iq: Element) {
    const model = this.#model
    const { id = '', from, type } = iq.attrs
    const known = model.errs('checks-no-id') ? [...this.#asked.entries()].at(-1) : ([id, this.#asked.get(id)] as const)
    const asked = known?.[1]
    if (!asked) {
      if (type === 'result' && model.errs('answers-results')) this.#refuse(iq, 'bad-request', 'modify')
      if (type === 'error' && model.errs('answers-errors')) this.#refuse(iq, 'bad-request', 'modify')
      return
    }
    const own = asked.to === undefined && (from === undefined || bare(this.#jid) === from || from === this.#jid)
    if (!own && from !== asked.to && !model.errs('checks-no-sender')) return
    this.#asked.delete(known[0])
    if (type === 'error' || model.errs('matches-no-answer')) {
      return asked.reject(new DriverError('an error', driverCodes.failed))
    }
    asked.resolve(iq)
  }

  #push(iq: Element, query: Element) {
    const { from } = iq.attrs
    const model = this.#model
    if (from !== undefined && from !== bare(this.#jid) && !model.errs('believes-any-push')) {
      return this.#refuse(iq, 'service-unavailable', 'cancel')
    }
    const items = query.getChildren('item')
    if (items.length !== 1) {
      if (model.errs('dies-of-two-items')) return model.die('two items')
      return this.#refuse(iq, 'bad-request', 'modify')
    }
    if (model.errs('ignores-roster-pushes')) return
    model.tell('roster', { from, items: items.map(({ attrs }) => attrs.jid) })
    this.#reply(iq, '')
  }

  #disco(iq: Element, query: Element) {
    const { node } = query.attrs
    const mirrored = this.#model.errs('mirrors-no-node') ? '' : attribute('node', node)
    const features = [ns.discoInfo, ns.ping, ns.roster, 'jabber:iq:version', receipts, carbons]
    const content = this.#model.errs('claims-nothing')
      ? ''
      : `<identity category='client' type='bot'/>${features.map((name) => `<feature var='${name}'/>`).join('')}`
    this.#reply(iq, `<query xmlns='${ns.discoInfo}'${mirrored}>${content}</query>`)
  }

  #message(message: Element, inPieces: boolean) {
    const model = this.#model
    const { from, to, type, id } = message.attrs
    if (type === 'error') {
      if (model.errs('bounces-errors')) model.send(`<message type='error'${attribute('to', from)}/>`)
      return
    }
    const copy = message.getChild('received', carbons) ?? message.getChild('sent', carbons)
    if (copy) return this.#carbon(message, copy)
    const result = message.getChild('result', mam)
    if (result) return this.#result(message, result)
    if (message.getChild('request', receipts)) this.#receipt(message)
    const elsewhere = model.errs('reads-body-anywhere')
      ? message.getChildElements()[0]?.getChildText('body')
      : undefined
    const body = elsewhere ?? message.getChildText('body') ?? undefined
    if (model.errs('tells-no-message')) return
    model.tell('message', { from, to, type, id, body: inPieces && model.errs('decodes-each-chunk') ? '\ufffd' : body })
  }

  #carbon(message: Element, copy: Element) {
    const model = this.#model
    const { from } = message.attrs
    const own = bare(this.#jid)
    const trusted =
      from === own ||
      model.errs('believes-any-carbon') ||
      (bare(from) === own && model.errs('believes-carbons-of-own-resource'))
    if (!trusted || model.errs('ignores-carbons')) return
    const inner = copy.getChild('forwarded', 'urn:xmpp:forward:0')?.getChild('message')
    if (inner)
      model.tell('message', { ...inner.attrs, body: inner.getChildText('body') ?? undefined, carbon: copy.name })
  }

  #result(message: Element, result: Element) {
    const model = this.#model
    const body = result.getChild('forwarded', 'urn:xmpp:forward:0')?.getChild('message')?.getChildText('body') ?? ''
    const { from } = message.attrs
    if (!this.#query) {
      if (model.errs('tells-unsolicited-results')) model.tell('message', { from, body })
      return
    }
    const mine = from === undefined || from === bare(this.#jid) || model.errs('believes-any-result')
    const open = result.attrs.queryid === this.#query.id || model.errs('ignores-query-id')
    if (mine && open && !model.errs('loses-results')) this.#query.bodies.push(body)
  }

  async #archive() {
    const query = { id: `query-${++this.#count}`, bodies: [] as string[] }
    this.#query = query
    await this.#ask('set', `<query xmlns='${mam}' queryid='${query.id}'/>`)
    this.#query = undefined
    return { bodies: query.bodies }
  }

  #presence(presence: Element) {
    const { from, to, type } = presence.attrs
    this.#model.tell('presence', { from, to, type })
    if (type === 'subscribe' && this.#model.errs('approves-everybody')) {
      this.#model.send(`<presence type='subscribed'${attribute('to', from)}/>`)
    }
  }

  #receipt({ attrs: { from, id } }: Element) {
    const contact = bare(from) === `juliet@${this.#model.params.domain}`
    if (!contact && !this.#model.errs('acknowledges-everybody')) return
    const again = this.#model.errs('asks-receipts-for-receipts') ? `<request xmlns='${receipts}'/>` : ''
    this.#model.send(
      `<message type='chat'${attribute('to', from)}><received xmlns='${receipts}'${attribute('id', id)}/>${again}</message>`,
    )
  }

  #reply({ attrs: { id, from } }: Element, payload: string) {
    const to = this.#model.errs('answers-nobody') ? '' : attribute('to', from)
    this.#model.send(`<iq type='result' id='${escapeXML(id ?? '')}'${to}>${payload}</iq>`)
  }

  #refuse({ attrs: { id, from } }: Element, condition: string, type: string) {
    const error = `<error type='${type}'><${condition} xmlns='${ns.stanzaErrors}'/></error>`
    this.#model.send(`<iq type='error' id='${escapeXML(id ?? '')}'${attribute('to', from)}>${error}</iq>`)
  }
}
