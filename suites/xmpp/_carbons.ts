import { type Element, expect, type Session } from '../../harness/suite/index.ts'

export const carbons = 'urn:xmpp:carbons:2'

/** A carbon copy; `direction` is `received` or `sent`. */
export const isCopy =
  (direction?: 'received' | 'sent') =>
  (stanza: Element): boolean =>
    stanza.is('message') &&
    stanza
      .getChildElements()
      .some(
        (child) =>
          child.getNS() === carbons &&
          ['received', 'sent'].includes(child.getName()) &&
          (direction === undefined || child.is(direction)),
      )

/** The message inside a carbon copy (XEP-0297), or undefined. */
export const copied = (copy: Element): Element | undefined =>
  copy
    .getChildElements()
    .find((child) => child.getNS() === carbons)
    ?.getChild('forwarded', 'urn:xmpp:forward:0')
    ?.getChild('message')

/** The message inside a carbon copy; the case fails where there is none. */
export function unwrap(copy: Element): Element {
  const message = copied(copy)
  expect.ok(message, '<forwarded/> with a <message/> in it', copy)
  return message
}

/** The copy of the message with this id. */
export const copyOf =
  (id: string, direction?: 'received' | 'sent') =>
  (stanza: Element): boolean =>
    isCopy(direction)(stanza) && copied(stanza)?.attrs.id === id

/** The message with this id itself, not a copy. */
export const original =
  (id: string) =>
  (stanza: Element): boolean =>
    stanza.is('message') && stanza.attrs.id === id

/** Neither a copy of the message with this id nor the message has come, once a message sent behind it has. */
export async function staysWithout(receiver: Session, marker: Session, id: string, what: string): Promise<void> {
  await marker.marker(receiver)
  expect.none(receiver.seen(copyOf(id)), what)
}
