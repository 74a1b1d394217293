import { type Element, escapeXML } from '@xmpp/xml'
import { DriverError, driverCodes } from '../../lab/embedded/client-driver.ts'
import { ns } from '../xmpp-client/namespaces.ts'
import { capsNamespace, ModelCaps } from './model-caps.ts'
import { attribute, type ModelParts } from './model-client.ts'
import { ModelContacts } from './model-contacts.ts'
import { bareOf, isJid, isTooLong, prepared } from './model-jid.ts'
import { ModelMessages } from './model-messages.ts'
import { ModelRooms } from './model-rooms.ts'
import type { SessionParts } from './session-parts.ts'

interface Asked {
  to: string | undefined
  resolve(answer: Element): void
  reject(error: Error): void
}

const shows = ['', 'away', 'chat', 'dnd', 'xa']

/** What the model client does once it is online (RFC 6120 §8, RFC 6121, and extensions). */
export class ModelSession implements SessionParts {
  readonly model: ModelParts
  readonly jid: string
  readonly features: Element | undefined
  readonly #asked = new Map<string, Asked>()
  readonly #contacts = new ModelContacts(this)
  readonly #caps = new ModelCaps(this)
  readonly #rooms = new ModelRooms(this, () => this.#caps.announcement)
  readonly #messages = new ModelMessages(this)
  readonly #answeredIds = new Set<string>()
  #count = 0

  constructor(model: ModelParts, jid: string, features: Element | undefined) {
    this.model = model
    this.jid = jid
    this.features = features
  }

  begin(): void {
    this.model.send(`<presence>${this.#caps.announcement}</presence>`)
    if (this.model.errs('sends-whitespace')) this.model.send(' ')
    if (this.model.errs('asks-without-id')) this.model.send(`<iq type='get'><query xmlns='${ns.roster}'/></iq>`)
  }

  async request(verb: string, params: Record<string, unknown>): Promise<unknown> {
    const text = (name: string) => (typeof params[name] === 'string' ? params[name] : undefined)
    switch (verb) {
      case 'message':
        return this.model.send(
          `<message type='chat'${attribute('to', text('to'))}><body>${escapeXML(text('body') ?? '')}</body></message>`,
        )
      case 'query': {
        const to = this.model.errs('asks-in-lower-case') ? text('to')?.toLowerCase() : text('to')
        return { xml: (await this.ask('get', `<query xmlns='${text('xmlns')}'/>`, to)).toString() }
      }
      case 'roster':
        return { items: await this.#contacts.roster() }
      case 'blocklist':
        return { items: await this.#contacts.blockList() }
      case 'block':
        return this.#contacts.block(text('jid') ?? '')
      case 'join':
        return this.#rooms.enter(text('room') ?? '', text('nick') ?? '')
      case 'carbons': {
        const type = this.model.errs('enables-carbons-with-get') ? 'get' : 'set'
        await this.ask(type, `<enable xmlns='urn:xmpp:carbons:2'/>`)
        return null
      }
      case 'archive':
        return this.#messages.archive()
      default:
        throw new DriverError(`there is no verb "${verb}"`, driverCodes.methodNotFound)
    }
  }

  /** @param inPieces it came in more than one piece */
  element(element: Element, inPieces: boolean) {
    const { model } = this
    const { from } = element.attrs
    const errs = model.errs.bind(model)
    if (from !== undefined && isTooLong(from) && errs('dies-of-long-addresses')) return model.die('invalid JID')
    if (from !== undefined && !isJid(from, errs)) {
      if (errs('dies-of-nonsense')) model.die('invalid JID')
      return
    }
    if (element.is('iq')) this.#iq(element)
    else if (element.is('message')) {
      this.#messages.takes(element, inPieces)
      this.#rooms.message(element)
    } else if (element.is('presence')) this.#presence(element)
    else if (errs('dies-of-unknown-elements')) model.die('unknown element')
  }

  readonly ask = (type: string, payload: string, to?: string): Promise<Element> => {
    const id = `model-${++this.#count}`
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { to, resolve, reject })
      this.model.send(`<iq type='${type}' id='${id}'${attribute('to', to)}>${payload}</iq>`)
    })
  }

  readonly reply = (iq: Element, payload: string): void => {
    this.model.send(`<iq type='result' id='${escapeXML(iq.attrs.id ?? '')}'${this.#asker(iq)}>${payload}</iq>`)
  }

  readonly refuse = (iq: Element, condition: string, type: string): void => {
    const bare = this.model.errs('sends-bare-errors')
    const error = bare ? '<error/>' : `<error type='${type}'><${condition} xmlns='${ns.stanzaErrors}'/></error>`
    this.model.send(`<iq type='error' id='${escapeXML(iq.attrs.id ?? '')}'${this.#asker(iq)}>${error}</iq>`)
  }

  /** Who asked, as the answer is addressed. */
  #asker({ attrs: { from } }: Element): string {
    const { model } = this
    if (model.errs('answers-nobody')) return ''
    if (from === undefined) return model.errs('answers-itself') ? attribute('to', this.jid) : ''
    if (model.errs('splits-at-last-at-sign')) return attribute('to', from.replace(/^.*@/s, '').replace(/\/.*$/s, ''))
    if (model.errs('unescapes-addresses')) return attribute('to', from.replaceAll('\\27', "'").replaceAll('\\20', ' '))
    if (model.errs('shortens-resources')) return attribute('to', from.slice(0, 256))
    const lowers = model.errs('lowers-resources')
    return attribute('to', lowers ? from.toLowerCase() : from)
  }

  #iq(iq: Element) {
    const { type, id = '' } = iq.attrs
    const { model } = this
    if (type === 'result' || type === 'error') return this.#answered(iq)
    if (model.errs('takes-requests-for-answers') && this.#asked.has(id)) return this.#answered(iq)
    if (model.errs('answers-each-id-once') && this.#answeredIds.has(id)) return
    this.#answeredIds.add(id)
    if (model.errs('answers-no-iq') || (type === 'set' && model.errs('answers-no-set'))) return
    if (iq.attrs.id === undefined && model.errs('dies-without-id')) return model.die('no id')
    if (type !== 'get' && type !== 'set') {
      if (!model.errs('ignores-unknown-types')) this.refuse(iq, 'bad-request', 'modify')
      return
    }
    if (model.errs('answers-result-to-everything')) return this.reply(iq, '')
    const [payload, second] = iq.getChildElements()
    if (!payload || second) return this.refuse(iq, 'bad-request', 'modify')
    if (type === 'set' && this.#contacts.takes(iq, payload)) return
    if (type === 'get' && this.#tells(iq, payload)) return
    this.refuse(iq, 'service-unavailable', 'cancel')
  }

  /** Answers what can be asked of it. */
  #tells(iq: Element, payload: Element): boolean {
    const { model } = this
    if (payload.is('ping', ns.ping)) {
      const stranger = !bareOf(iq.attrs.from).endsWith(model.params.domain)
      if (stranger && model.errs('hides-oddly')) this.refuse(iq, 'forbidden', 'auth')
      else this.reply(iq, '')
    } else if (payload.is('query', ns.discoInfo)) this.#caps.answer(iq, payload)
    else if (payload.is('query', ns.discoItems)) {
      const items = model.errs('lists-nameless-items') ? '<item/>' : ''
      this.reply(iq, `<query xmlns='${ns.discoItems}'>${items}</query>`)
    } else if (payload.is('query', 'jabber:iq:version')) {
      const version = model.errs('tells-no-version') ? '' : '<version>1</version>'
      this.reply(iq, `<query xmlns='jabber:iq:version'><name>Model</name>${version}</query>`)
    } else return false
    return true
  }

  #answered(iq: Element) {
    const { model } = this
    const { id = '', type } = iq.attrs
    const known = model.errs('checks-no-id') ? [...this.#asked.entries()].at(-1) : ([id, this.#asked.get(id)] as const)
    const asked = known?.[1]
    if (!asked) {
      if (type === 'result' && model.errs('answers-results')) this.refuse(iq, 'bad-request', 'modify')
      if (type === 'error' && model.errs('answers-errors')) this.refuse(iq, 'bad-request', 'modify')
      if (id.startsWith('model-') && model.errs('dies-of-second-answers')) model.die('already settled')
      return
    }
    if (!this.#wasAsked(asked.to, iq)) return
    this.#asked.delete(known[0])
    if (type === 'error' && !iq.getChild('error') && model.errs('dies-of-bare-errors')) return model.die('no condition')
    if ((type === 'error' && !model.errs('takes-errors-for-results')) || model.errs('matches-no-answer')) {
      return asked.reject(new DriverError('an error', driverCodes.failed))
    }
    asked.resolve(iq)
  }

  /** Whether an answer comes from who was asked: the account itself, where nobody was named (RFC 6120 §8.1.2.1). */
  #wasAsked(to: string | undefined, { attrs: { from, type } }: Element): boolean {
    const { model } = this
    const errs = model.errs.bind(model)
    if (errs('checks-no-sender') || (type === 'error' && errs('believes-errors-of-anybody'))) return true
    if (to === undefined) {
      const own = from === undefined || (from === bareOf(this.jid) && !errs('wants-no-sender'))
      return own || errs('believes-anybody-for-account')
    }
    return from !== undefined && prepared(from, errs) === prepared(to, errs)
  }

  #presence(presence: Element) {
    const { model } = this
    const { from, to, type } = presence.attrs
    const priority = presence.getChildText('priority') ?? '0'
    const odd = !/^-?\d{1,3}$/.test(priority) || !shows.includes(presence.getChildText('show') ?? '')
    if (odd && model.errs('dies-of-odd-presence')) return model.die('no number')
    const stamp = presence.getChild('delay', 'urn:xmpp:delay')?.attrs.stamp
    if (stamp && Number.isNaN(Date.parse(stamp)) && model.errs('dies-of-odd-stamps')) return model.die('invalid date')
    const request = type === 'subscribe'
    if (!(request && model.errs('hides-subscription-requests'))) model.tell('presence', { from, to, type })
    this.#rooms.presence(presence)
    if (request && model.errs('approves-everybody')) model.send(`<presence type='subscribed'${attribute('to', from)}/>`)
    if (request && model.errs('asks-back')) model.send(`<presence type='subscribe'${attribute('to', from)}/>`)
    if (type === 'error' && model.errs('bounces-presence-errors')) {
      model.send(`<presence type='error'${attribute('to', from)}/>`)
    }
    const announced = presence.getChild('c', capsNamespace)
    if (announced && type === undefined && from !== this.jid) this.#caps.heard(presence, announced)
  }
}
