import type { Element } from '@xmpp/xml'
import { DriverError, driverCodes } from '../../lab/embedded/client-driver.ts'
import { bareOf, divide } from './model-jid.ts'
import { attribute } from './model-parts.ts'
import type { SessionParts } from './session-parts.ts'

const muc = 'http://jabber.org/protocol/muc'
const conference = 'jabber:x:conference'
const bookmarks = 'urn:xmpp:bookmarks:1'

interface Entering {
  nick: string
  resolve(told: { nick: string }): void
  reject(error: Error): void
}

/** The rooms that the model client enters (XEP-0045), and those that it is led to (XEP-0249, XEP-0402). */
export class ModelRooms {
  readonly #parts: SessionParts
  readonly #announcement: () => string
  readonly #entering = new Map<string, Entering>()

  constructor(parts: SessionParts, announcement: () => string) {
    this.#parts = parts
    this.#announcement = announcement
  }

  /** Enters a room; resolves when its own presence has come back (XEP-0045 §7.2.2). */
  enter(room: string, nick: string): Promise<{ nick: string }> {
    const { model } = this.#parts
    const says = model.errs('enters-without-saying-how') ? '' : `<x xmlns='${muc}'/>`
    const caps = model.errs('annotates-broadcasts-only') ? '' : this.#announcement()
    const entered = new Promise<{ nick: string }>((resolve, reject) => {
      this.#entering.set(room, { nick, resolve, reject })
    })
    model.send(`<presence${attribute('to', `${room}/${nick}`)}>${says}${caps}</presence>`)
    return entered
  }

  /** Takes a presence that says something about a room that it is entering. */
  presence(presence: Element) {
    const { model } = this.#parts
    const { from = '', type } = presence.attrs
    const foreign = (type === 'error' && model.errs('believes-any-refusal')) || model.errs('believes-any-self-presence')
    const room = this.#entering.has(bareOf(from))
      ? bareOf(from)
      : foreign
        ? this.#entering.keys().next().value
        : undefined
    const entering = room === undefined ? undefined : this.#entering.get(room)
    if (!entering || room === undefined) return
    if (type === 'error') {
      this.#entering.delete(room)
      if (model.errs('ignores-refusals')) return entering.resolve({ nick: entering.nick })
      return entering.reject(new DriverError('the room refuses', driverCodes.failed))
    }
    const codes = presence
      .getChild('x', `${muc}#user`)
      ?.getChildren('status')
      .map(({ attrs }) => attrs.code)
    if (!codes?.includes('110') && !model.errs('takes-any-presence-for-entry')) return
    this.#entering.delete(room)
    entering.resolve({ nick: model.errs('keeps-own-nick') ? entering.nick : divide(from).resource })
  }

  /** Takes what in a message leads to a room: an invitation is for the user, a bookmark of one's own is followed. */
  message(message: Element) {
    const { model, jid } = this.#parts
    const { from } = message.attrs
    const direct = message.getChild('x', conference)?.attrs.jid
    const mediated = message.getChild('x', `${muc}#user`)?.getChild('invite') ? from : undefined
    const invited = direct ?? mediated
    if (invited && model.errs('follows-invitations')) this.#follow(invited)
    const items = message.getChild('event', `http://jabber.org/protocol/pubsub#event`)?.getChild('items')
    if (items?.attrs.node !== bookmarks) return
    const own = from === undefined || from === bareOf(jid)
    if (model.errs('ignores-bookmarks') || !(own || model.errs('believes-any-bookmark'))) return
    for (const item of items.getChildren('item')) {
      const autojoin = item.getChild('conference', bookmarks)?.attrs.autojoin
      if (item.attrs.id && (autojoin === 'true' || autojoin === '1')) this.#follow(item.attrs.id)
    }
  }

  #follow(room: string) {
    this.enter(room, 'Romeo').catch(() => {})
  }
}
