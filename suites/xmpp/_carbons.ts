import { randomUUID } from 'node:crypto'
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
  return message ?? expect.fail('<forwarded/> with a <message/> in it', copy)
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

/**
 * No copy of the message with this id has come to the receiver. `via` is the resource of the same account that the
 * message went to or came from: what is sent from there now comes behind the copy.
 */
export async function staysWithout(receiver: Session, via: Session, id: string, what: string): Promise<void> {
  await via.marker(receiver)
  expect.none(receiver.seen(copyOf(id)), what)
}

/** Sends a plain chat message on the same way and waits for its copy: a copy of what was sent before has come by then. */
export async function copiesBehind(sender: Session, to: Session, receiver: Session): Promise<void> {
  const id = `behind-${randomUUID()}`
  await sender.send(`<message to='${to.jid}' type='chat' id='${id}'><body>behind</body></message>`)
  await receiver.message(copyOf(id), 'the copy of a plain chat message sent behind')
}

/** The message with this id, sent to `to`, has been copied to the receiver. */
export async function isCopied(id: string, sender: Session, to: Session, receiver: Session): Promise<void> {
  await copiesBehind(sender, to, receiver)
  const [copy] = receiver.take(copyOf(id))
  if (!copy) expect.fail(`a copy of the message at ${receiver.resource}`, 'only the copy of the one sent behind it')
}
