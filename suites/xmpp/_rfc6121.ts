// What the suites of RFC 6121 share: the head, and the few stanzas that every one of them sends or waits for.
import { type Element, expect, ns, type Session } from '../../harness/suite/index.ts'

export const rfc6121 = {
  specification: 'RFC 6121',
  title: 'XMPP: Instant Messaging and Presence',
  category: 'IM',
  role: 'xmpp-server',
} as const

/** A roster set (§2.1.5) around what stands inside `<query/>`. */
export const rosterSet = (inside: string): string =>
  `<iq type='set'><query xmlns='jabber:iq:roster'>${inside}</query></iq>`

export const rosterGet = (ver?: string): string =>
  `<iq type='get'><query xmlns='jabber:iq:roster'${ver === undefined ? '' : ` ver='${ver}'`}/></iq>`

const itemsOf = (iq: Element): Element[] => iq.getChild('query', ns.roster)?.getChildren('item') ?? []

/** Asks for the roster and gives the item of `jid`, or undefined where there is none. */
export async function rosterItem(session: Session, jid: string): Promise<Element | undefined> {
  const result = expect.result(await session.iq(rosterGet()), 'the roster')
  return itemsOf(result).find((item) => item.attrs.jid === jid)
}

/** Whether an element is a roster push (§2.1.6) about `jid`, in a certain subscription state where one is given. */
export const isPush =
  (jid: string, subscription?: string) =>
  (element: Element): boolean =>
    element.is('iq') &&
    element.attrs.type === 'set' &&
    itemsOf(element).some(
      ({ attrs }) => attrs.jid === jid && (!subscription || (attrs.subscription ?? 'none') === subscription),
    )

/** Waits for a roster push about `jid` and gives its item. */
export async function pushed(session: Session, jid: string, subscription?: string): Promise<Element> {
  const awaited = `a roster push about ${jid}${subscription ? ` with subscription='${subscription}'` : ''}`
  const push = await session.next(isPush(jid, subscription), awaited)
  return itemsOf(push).find((item) => item.attrs.jid === jid) as Element
}

/** Whether an element is presence from `from` (a full or bare JID), available where no type is given. */
export const isPresence =
  (from: string, type?: string) =>
  (element: Element): boolean =>
    element.is('presence') && element.attrs.from === from && element.attrs.type === type

/** Whether an element is presence of any kind from an account or one of its resources. */
export const isPresenceOf =
  (bare: string) =>
  (element: Element): boolean =>
    element.is('presence') && (element.attrs.from ?? '').split('/')[0] === bare

export const isMessage =
  (body: string) =>
  (element: Element): boolean =>
    element.is('message') && element.getChildText('body') === body

/**
 * Waits for two stanzas and tells whether the first came before the second. What came in one segment is there at once, so
 * the order is only known from a wait that takes either.
 */
export async function comesBefore(
  session: Session,
  first: (element: Element) => boolean,
  second: (element: Element) => boolean,
  awaited: string,
): Promise<boolean> {
  const earlier = await session.next((element) => first(element) || second(element), awaited)
  const inOrder = first(earlier)
  await session.next(inOrder ? second : first, awaited)
  return inOrder
}

/**
 * Waits until what `sender` sent to `receiver` has been worked off and an answer to it has come. Servers may answer in the
 * name of the receiver from another thread: each step waits for one of them.
 */
export async function settled(sender: Session, receiver: Session): Promise<void> {
  await sender.sync()
  await receiver.sync()
  await sender.sync()
}
