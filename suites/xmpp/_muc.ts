import {
  type Element,
  type Room,
  type RoomOptions,
  type ServerFixtures,
  type Session,
  service,
  statusCodes,
} from '../../harness/suite/index.ts'

export const muc = 'http://jabber.org/protocol/muc'

export const mucHead = {
  specification: 'XEP-0045',
  version: '1.35.5',
  title: 'Multi-User Chat',
  category: 'IM' as const,
  role: 'xmpp-server' as const,
  requires: [service('muc')],
}

/** Juliet's room, and Romeo in it as `romeo`. */
export async function roomForTwo(
  { connect, given, room }: ServerFixtures,
  options?: RoomOptions,
): Promise<{ verona: Room; juliet: Session; romeo: Session }> {
  const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
  const verona = await room(juliet, options)
  await given('romeo is in the room', () => verona.join(romeo, 'romeo'))
  await given('juliet sees romeo', () => juliet.presence(from(verona, 'romeo'), "romeo's presence"))
  return { verona, juliet, romeo }
}

/** Presence of an occupant, available unless another type is given. */
export const from =
  (room: Room, nick: string, type?: string) =>
  (stanza: Element): boolean =>
    stanza.is('presence') && stanza.attrs.from === room.occupant(nick) && stanza.attrs.type === type

/** The answer of a room to someone who wants in: the self-presence or an error. */
export const answerTo = (room: Room, session: Session): Promise<Element> => answerOf(room.jid, session)

/** The same for a room that a case makes step by step. Presence of the room itself (an avatar, say) is no answer. */
export const answerOf = (jid: string, session: Session): Promise<Element> =>
  session.presence(
    (stanza) =>
      stanza.attrs.from?.startsWith(jid) === true &&
      (stanza.attrs.type === 'error' || statusCodes(stanza).includes('110')),
    'self-presence or an error of the room',
  )

/** A message of the room that sets the subject (XEP-0045 §7.2.15). */
export const isSubject = (stanza: Element): boolean =>
  stanza.is('message') && stanza.getChild('subject') !== undefined && stanza.getChild('body') === undefined

export const hasBody =
  (body: string) =>
  (stanza: Element): boolean =>
    stanza.is('message') && stanza.getChildText('body') === body
