import { randomUUID } from 'node:crypto'
import type { Element } from '@xmpp/xml'
import { NothingCame } from '../../suite/verdict-errors.ts'
import { brief } from '../xml/brief.ts'
import { ns } from './namespaces.ts'
import type { Session } from './session.ts'

const muc = 'http://jabber.org/protocol/muc'

/** Status codes in the extended presence (or message) of a room (XEP-0045 §13). */
export const statusCodes = (stanza: Element): string[] =>
  stanza
    .getChild('x', `${muc}#user`)
    ?.getChildren('status')
    .map((status) => status.attrs.code ?? '') ?? []

/** Role, affiliation, real JID and the rest that a room says of an occupant (XEP-0045 §7.2.2). */
export const occupantItem = (presence: Element): Element | undefined =>
  presence.getChild('x', `${muc}#user`)?.getChild('item')

/** A multi-user chat room (XEP-0045), as a case works with it. */
export class Room {
  readonly jid: string
  readonly owner: Session
  readonly ownerNick: string

  constructor(jid: string, owner: Session, ownerNick: string) {
    this.jid = jid
    this.owner = owner
    this.ownerNick = ownerNick
  }

  /** Address of an occupant. */
  occupant(nick: string): string {
    return `${this.jid}/${nick}`
  }

  /** Sends the presence that asks to enter; `inner` goes into `<x/>`, e.g. `<password>cauldron</password>`. */
  async enter(session: Session, nick: string, inner = ''): Promise<void> {
    await session.send(`<presence to='${this.occupant(nick)}'><x xmlns='${muc}'>${inner}</x></presence>`)
  }

  /**
   * Enters and waits until everything that the room sends on entering has come.
   *
   * @returns what the room sent, in order; it is taken from the session.
   * @throws NothingCame when the room refuses.
   */
  async join(session: Session, nick: string, inner = ''): Promise<Element[]> {
    session.take((stanza) => this.sent(stanza))
    await this.enter(session, nick, inner)
    await this.sync(session)
    const came = session.take((stanza) => this.sent(stanza))
    const isAnswer = (stanza: Element) =>
      stanza.is('presence') && (stanza.attrs.type === 'error' || statusCodes(stanza).includes('110'))
    if (!came.some(isAnswer)) {
      came.push(await session.presence((stanza) => this.sent(stanza) && isAnswer(stanza), `self-presence of ${nick}`))
      await this.sync(session)
      came.push(...session.take((stanza) => this.sent(stanza)))
    }
    const error = came.find(({ attrs }) => attrs.type === 'error')
    if (error) throw new NothingCame(`to enter ${this.jid}`, brief(error))
    return came
  }

  /** Whether a message or presence came from the room or one of its occupants. */
  sent(stanza: Element): boolean {
    const { from = '' } = stanza.attrs
    return !stanza.is('iq') && (from === this.jid || from.startsWith(`${this.jid}/`))
  }

  /** Waits until the room has worked off what the session sent to it before (a disco#info query behind it). */
  async sync(session: Session): Promise<void> {
    await session.iq(`<iq type='get' to='${this.jid}'><query xmlns='${ns.discoInfo}'/></iq>`)
  }

  /**
   * The owner says a word that nobody said before, and each receiver waits for it: what the room sent to them before
   * has come by then.
   */
  async marker(...receivers: Session[]): Promise<void> {
    const body = `marker ${randomUUID()}`
    await this.say(this.owner, body)
    const isMarker = (stanza: Element) => stanza.is('message') && stanza.getChildText('body') === body
    await Promise.all(receivers.map((receiver) => receiver.next(isMarker, 'the marker said behind in the room')))
  }

  /** A groupchat message of an occupant. */
  async say(session: Session, body: string, id: string = randomUUID()): Promise<void> {
    await session.send(`<message to='${this.jid}' type='groupchat' id='${id}'><body>${body}</body></message>`)
  }

  /** An IQ about roles or affiliations: `admin('set', "<item nick='n' role='none'/>")` (XEP-0045 §8, §9). */
  admin(type: 'get' | 'set', items: string, by: Session = this.owner): Promise<Element> {
    return by.iq(`<iq type='${type}' to='${this.jid}'><query xmlns='${muc}#admin'>${items}</query></iq>`)
  }

  /** Submits room configuration, short names for `muc#roomconfig_…` (XEP-0045 §10.2). */
  configure(fields: Record<string, string>, by: Session = this.owner): Promise<Element> {
    const name = (field: string) => (field.includes('#') ? field : `muc#roomconfig_${field}`)
    const form = Object.entries(fields).map(
      ([field, value]) => `<field var='${name(field)}'><value>${value}</value></field>`,
    )
    const type = `<field var='FORM_TYPE' type='hidden'><value>${muc}#roomconfig</value></field>`
    return by.iq(
      `<iq type='set' to='${this.jid}'><query xmlns='${muc}#owner'><x xmlns='jabber:x:data' type='submit'>` +
        `${form.length === 0 ? '' : type}${form.join('')}</x></query></iq>`,
    )
  }
}
