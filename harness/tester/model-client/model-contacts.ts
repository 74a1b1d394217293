import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../xmpp-client/namespaces.ts'
import { bareOf, divide } from './model-jid.ts'
import { attribute } from './model-parts.ts'
import type { SessionParts } from './session-parts.ts'

const blocking = 'urn:xmpp:blocking'

/** The roster and the block list of the model client (RFC 6121 §2, XEP-0191). */
export class ModelContacts {
  readonly #parts: SessionParts
  #roster: string[] = []
  #version: string | undefined

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** Asks for the roster, by the version that it has where the server knows versions (RFC 6121 §2.6.2). */
  async roster(): Promise<string[]> {
    const { model, ask, features } = this.#parts
    const versioned = features?.getChild('ver', 'urn:xmpp:features:rosterver') !== undefined
    const version = this.#version ?? (model.errs('invents-versions') ? '0' : versioned ? '' : undefined)
    const named = versioned || model.errs('always-names-versions') ? attribute('ver', version) : ''
    const type = model.errs('asks-roster-with-set') ? 'set' : 'get'
    const query = (await ask(type, `<query xmlns='${ns.roster}'${named}/>`)).getChild('query', ns.roster)
    if (!query) return model.errs('takes-no-change-for-empty') ? [] : this.#roster
    this.#version = query.attrs.ver
    this.#roster = query.getChildren('item').flatMap(({ attrs }) => attrs.jid ?? [])
    return this.#roster
  }

  async blockList(): Promise<string[]> {
    const { model, ask } = this.#parts
    const to = model.errs('asks-block-list-of-server') ? model.params.domain : undefined
    return itemsOf((await ask('get', `<blocklist xmlns='${blocking}'/>`, to)).getChild('blocklist', blocking))
  }

  async block(jid: string): Promise<null> {
    const type = this.#parts.model.errs('blocks-with-get') ? 'get' : 'set'
    await this.#parts.ask(type, `<block xmlns='${blocking}'><item jid='${escapeXML(jid)}'/></block>`)
    return null
  }

  /** Takes a push, of the roster or the block list. Returns whether it was one. */
  takes(iq: Element, payload: Element): boolean {
    if (payload.is('query', ns.roster)) this.#rosterPush(iq, payload)
    else if (payload.is('block', blocking) || payload.is('unblock', blocking)) this.#blockPush(iq, payload)
    else return false
    return true
  }

  /** Whether a push comes from the account (RFC 6121 §2.1.6). */
  #isOwn(from: string | undefined): boolean {
    const { model, jid } = this.#parts
    const own = bareOf(jid)
    if (from === undefined || from === own || model.errs('believes-any-push')) return true
    if (model.errs('believes-push-of-server') && from === divide(jid).domain) return true
    if (model.errs('believes-push-of-own-resource') && bareOf(from) === own) return true
    if (model.errs('compares-beginnings') && from.startsWith(own)) return true
    return model.errs('looks-for-own-address') && from.includes(own)
  }

  #rosterPush(iq: Element, query: Element) {
    const { model, reply, refuse } = this.#parts
    const { from } = iq.attrs
    if (!this.#isOwn(from)) return refuse(iq, 'service-unavailable', 'cancel')
    const items = query.getChildren('item')
    if (items.length !== 1) {
      if (model.errs('dies-of-two-items')) return model.die('two items')
      return refuse(iq, 'bad-request', 'modify')
    }
    if (model.errs('ignores-roster-pushes')) return
    if (!model.errs('forgets-versions-of-pushes')) this.#version = query.attrs.ver ?? this.#version
    this.#roster.push(...itemsOf(query))
    model.tell('roster', { from, items: itemsOf(query) })
    reply(iq, '')
  }

  #blockPush(iq: Element, payload: Element) {
    const { model, jid, reply, refuse } = this.#parts
    const { from } = iq.attrs
    const own = from === undefined || from === bareOf(jid)
    if (!own && !model.errs('believes-any-block-push')) return refuse(iq, 'service-unavailable', 'cancel')
    if (model.errs('ignores-block-pushes')) return
    if (payload.is('block')) model.tell('blocked', { items: itemsOf(payload) })
    reply(iq, '')
  }
}

const itemsOf = (list: Element | undefined): string[] =>
  list?.getChildren('item').flatMap(({ attrs }) => attrs.jid ?? []) ?? []
