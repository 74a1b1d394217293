import { type Element, expect, type ServerFixtures, type Session, service } from '../../harness/suite/index.ts'

export const pubsub = 'http://jabber.org/protocol/pubsub'
export const owner = `${pubsub}#owner`
export const event = `${pubsub}#event`

export const pubsubHead = {
  specification: 'XEP-0060',
  version: '1.30.0',
  title: 'Publish-Subscribe',
  category: 'Core' as const,
  role: 'xmpp-server' as const,
  requires: [service('pubsub')],
}

/** A node and its owner. */
export interface Node {
  juliet: Session
  /** Address of the service. */
  to: string
  node: string
}

/** Juliet's new node, open to all, with configuration beside that (short names for `pubsub#…`). */
export async function nodeOf(fixtures: ServerFixtures, config: Record<string, string> = {}): Promise<Node> {
  const juliet = await fixtures.connect('juliet', { nodeOwner: true })
  const [to, node] = [fixtures.services.pubsub ?? '', fixtures.unique('node')]
  await fixtures.given('a node', async () => {
    const configure = configureForm('node_config', {
      access_model: 'open',
      persist_items: '1',
      max_items: '10',
      ...config,
    })
    const inner = `<create node='${node}'/><configure>${configure}</configure>`
    expect.result(await insist(() => ask(juliet, to, 'set', inner)), 'a node to be created')
  })
  fixtures.cleanUp(async () => {
    await ask(juliet, to, 'set', `<delete node='${node}'/>`, owner)
  })
  return { juliet, to, node }
}

/**
 * Tries a request that must succeed up to five times more: some databases abort when nodes are made at the same time.
 * Whether they may is the question of xep-0163/3/nodes-made-at-once.
 */
export async function insist(step: () => Promise<Element>): Promise<Element> {
  let answer = await step()
  for (let more = 5; more > 0 && answer.attrs.type === 'error'; more--) answer = await step()
  return answer
}

/** A data form with short names for `pubsub#…`. */
export const configureForm = (type: string, fields: Record<string, string>): string =>
  `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>${pubsub}#${type}</value></field>` +
  `${Object.entries(fields)
    .map(([name, value]) => `<field var='pubsub#${name}'><value>${value}</value></field>`)
    .join('')}</x>`

/** An IQ to a pubsub service, or to the own account where `to` is empty. */
export const ask = (session: Session, to: string, type: 'get' | 'set', inner: string, ns = pubsub): Promise<Element> =>
  session.iq(`<iq type='${type}'${to && ` to='${to}'`}><pubsub xmlns='${ns}'>${inner}</pubsub></iq>`)

/** An item with a payload that says `text`. */
export const item = (id: string, text: string): string =>
  `<item${id && ` id='${id}'`}><entry xmlns='urn:example:entry'>${text}</entry></item>`

export const publish = (session: Session, { to, node }: Pick<Node, 'to' | 'node'>, id: string, text: string) =>
  ask(session, to, 'set', `<publish node='${node}'>${item(id, text)}</publish>`)

export const subscribe = (session: Session, { to, node }: Pick<Node, 'to' | 'node'>, jid = session.jid) =>
  ask(session, to, 'set', `<subscribe node='${node}' jid='${jid}'/>`)

/** The items of the node as `id=text`, oldest first as the service lists them. */
export async function itemsOf(
  session: Session,
  { to, node }: Pick<Node, 'to' | 'node'>,
  inner = '',
): Promise<string[]> {
  const answer = await ask(session, to, 'get', `<items node='${node}'>${inner}</items>`)
  return itemsIn(expect.result(answer, 'the items'))
}

export const itemsIn = (answer: Element): string[] =>
  answer
    .getChild('pubsub', pubsub)
    ?.getChild('items')
    ?.getChildren('item')
    .map((one) => `${one.attrs.id}=${one.getChildText('entry')}`) ?? []

/** A notification of the node that holds a child of this name: `items`, `purge`, `delete`. */
export const notice =
  (node: string, child = 'items') =>
  (stanza: Element): boolean =>
    stanza.is('message') && stanza.getChild('event', event)?.getChild(child)?.attrs.node === node

/** A notification of an item with this text. */
export const tells =
  (node: string, text: string) =>
  (stanza: Element): boolean =>
    notice(node)(stanza) &&
    stanza.getChild('event', event)?.getChild('items')?.getChild('item')?.getChildText('entry') === text

/** Publishes an item and waits for its notice: what was published before has been told by then. */
export async function noticesBehind(
  publisher: Session,
  node: Pick<Node, 'to' | 'node'>,
  reader: Session,
  text: string,
) {
  expect.result(await publish(publisher, node, '', text))
  await reader.message(tells(node.node, text), 'the notification of an item published behind')
}
