// What the suites of XEP-0191 share.
import { type Element, expect, feature, type Session } from '../../harness/suite/index.ts'

export const blocking = 'urn:xmpp:blocking'

export const xep0191 = {
  specification: 'XEP-0191',
  version: '1.3',
  title: 'Blocking Command',
  category: 'IM',
  role: 'xmpp-server',
} as const

export const requires = [feature(blocking)]

type Command = 'block' | 'unblock'

export const command = (name: Command, ...jids: string[]): string =>
  `<iq type='set'><${name} xmlns='${blocking}'>${jids.map((jid) => `<item jid='${jid}'/>`).join('')}</${name}></iq>`

/** Blocks or unblocks and expects a result. */
export async function change(session: Session, name: Command, ...jids: string[]): Promise<void> {
  expect.result(await session.iq(command(name, ...jids)))
}

/** The blocked JIDs; a session that asked gets pushes from then on (§3.3). */
export async function blockList(session: Session): Promise<string[]> {
  const answer = expect.result(await session.iq(`<iq type='get'><blocklist xmlns='${blocking}'/></iq>`))
  const items = expect.child(answer, 'blocklist', blocking).getChildren('item')
  return items.map((item) => item.attrs.jid ?? '').sort()
}

/** Whether an element is a push of the command with exactly these JIDs. */
export const isPush =
  (name: Command, ...jids: string[]) =>
  (element: Element): boolean => {
    const items = element.getChild(name, blocking)?.getChildren('item')
    if (!element.is('iq') || element.attrs.type !== 'set' || !items) return false
    return (
      items
        .map((item) => item.attrs.jid)
        .sort()
        .join() === jids.sort().join()
    )
  }

export const isAnyPush = (element: Element): boolean =>
  element.is('iq') &&
  element.attrs.type === 'set' &&
  element.getChildElements().some((child) => child.getNS() === blocking)

export const hasId =
  (id: string) =>
  (element: Element): boolean =>
    element.attrs.id === id
