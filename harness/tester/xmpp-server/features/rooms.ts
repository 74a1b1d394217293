import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { Said, SayContext } from '../deviations.ts'
import type { ServerConnection } from '../server-connection.ts'
import { defineOffer } from '../server-feature.ts'

export interface RoomContext extends SayContext {
  /** What the client sent to the room. */
  presence: Element
  /** Bare JID of the room. */
  room: string
  nick: string
}

export interface RoomPoints {
  /** Presence of who is in the room already (XEP-0045 §7.2.2). */
  'muc.occupants': { context: RoomContext; value: Said }
  /** The presence of the client itself, which says that it has entered. */
  'muc.self': { context: RoomContext; value: Said }
  /** The subject, behind all presence (XEP-0045 §7.2.15). */
  'muc.subject': { context: RoomContext; value: Said }
}

/** Where the rooms of a domain are. */
export const roomsOf = (domain: string): string => `rooms.${domain}`

/** Rooms enough to enter and talk in (XEP-0045 §7.2, §7.4, §7.14): each has one occupant, Nurse, and lets everybody in. */
export const rooms = defineOffer({
  name: 'muc',
  connect: (connection) => ({
    iq: (iq, payload) => (isOfRooms(iq.attrs.to, connection) ? answer(iq, payload, connection) : undefined),
    stanza(stanza) {
      if (!isOfRooms(stanza.attrs.to, connection)) return false
      if (stanza.is('presence')) present(stanza, connection)
      else reflect(stanza, connection)
      return true
    },
  }),
})

function isOfRooms(to: string | undefined, { parts }: ServerConnection): boolean {
  const [bare = ''] = split(to ?? '')
  return bare.slice(bare.indexOf('@') + 1) === roomsOf(parts.domain)
}

/** A presence of an occupant, as the room sends it. */
export function occupant(
  from: string,
  to: string,
  { codes = [], type }: { codes?: number[]; type?: string } = {},
): string {
  const role = type === 'unavailable' ? 'none' : 'participant'
  const item = `<item affiliation='none' role='${role}'/>${codes.map((code) => `<status code='${code}'/>`).join('')}`
  const kind = type ? ` type='${type}'` : ''
  return `<presence from='${escapeXML(from)}' to='${escapeXML(to)}'${kind}><x xmlns='http://jabber.org/protocol/muc#user'>${item}</x></presence>`
}

function present(presence: Element, connection: ServerConnection) {
  const [room = '', nick = ''] = split(presence.attrs.to ?? '')
  const to = connection.jid ?? ''
  if (presence.attrs.type === 'unavailable') {
    connection.say(occupant(`${room}/${nick}`, to, { codes: [110], type: 'unavailable' }))
    return
  }
  if (presence.attrs.type !== undefined) return
  const context = { presence, room, nick }
  connection.speak('muc.occupants', occupant(`${room}/Nurse`, to), context)
  connection.speak('muc.self', occupant(`${room}/${nick}`, to, { codes: [110] }), context)
  const subject = `<message from='${escapeXML(room)}' to='${escapeXML(to)}' type='groupchat'><subject/></message>`
  connection.speak('muc.subject', subject, context)
}

/** What somebody says in a room comes back to all in it, to the sender too (XEP-0045 §7.4). */
function reflect(message: Element, connection: ServerConnection) {
  if (message.attrs.type !== 'groupchat') return
  const body = escapeXML(message.getChildText('body') ?? '')
  const id = message.attrs.id ? ` id='${escapeXML(message.attrs.id)}'` : ''
  const [room = ''] = split(message.attrs.to ?? '')
  const head = `from='${escapeXML(`${room}/${connection.parts.account.local}`)}' to='${escapeXML(connection.jid ?? '')}'`
  connection.say(`<message ${head} type='groupchat'${id}><body>${body}</body></message>`)
}

function answer(iq: Element, payload: Element | undefined, connection: ServerConnection): string {
  const head = `id='${escapeXML(iq.attrs.id ?? '')}' from='${escapeXML(iq.attrs.to ?? '')}' to='${escapeXML(connection.jid ?? '')}'`
  if (iq.attrs.type === 'get' && payload?.is('query', ns.discoInfo)) {
    const features = [ns.discoInfo, 'http://jabber.org/protocol/muc'].map((name) => `<feature var='${name}'/>`).join('')
    const info = `<query xmlns='${ns.discoInfo}'><identity category='conference' type='text'/>${features}</query>`
    return `<iq type='result' ${head}>${info}</iq>`
  }
  if (iq.attrs.type === 'get' && payload?.is('query', ns.discoItems)) {
    return `<iq type='result' ${head}><query xmlns='${ns.discoItems}'/></iq>`
  }
  const condition = `<service-unavailable xmlns='${ns.stanzaErrors}'/>`
  return `<iq type='error' ${head}><error type='cancel'>${condition}</error></iq>`
}

/** Bare JID and nick of an occupant's address. */
function split(jid: string): [string, string] {
  const at = jid.indexOf('/')
  return at < 0 ? [jid, ''] : [jid.slice(0, at), jid.slice(at + 1)]
}
