import { createHash } from 'node:crypto'
import { type Element, feature, type ServerFixtures, type Session } from '../../harness/suite/index.ts'
import { configureForm, insist, item, pubsub, tells } from './_pubsub.ts'

const info = 'http://jabber.org/protocol/disco#info'

/** What a server claims that has personal eventing: every account is a pubsub service (XEP-0163 §2.1). */
export const pep = feature(`${pubsub}#publish`, 'account')

/**
 * Sends presence with entity capabilities (XEP-0115) that tell interest in the nodes, and answers every disco#info query
 * from then on as a client does. Nothing tells when the server has asked: what it sends to the session does.
 */
export async function interested(session: Session, nodes: string[]): Promise<void> {
  const features = [info, 'http://jabber.org/protocol/caps', ...nodes.map((node) => `${node}+notify`)].sort()
  const identity = 'client/pc//Assay'
  const ver = createHash('sha1')
    .update(`${identity}<${features.map((one) => `${one}<`).join('')}`)
    .digest('base64')
  const answer = (query: Element) => {
    const node = query.getChild('query', info)?.attrs.node
    return (
      `<iq type='result' id='${query.attrs.id}' to='${query.attrs.from}'><query xmlns='${info}'${node ? ` node='${node}'` : ''}>` +
      `<identity category='client' type='pc' name='Assay'/>${features.map((one) => `<feature var='${one}'/>`).join('')}</query></iq>`
    )
  }
  const isQuery = (stanza: Element) =>
    stanza.is('iq') && stanza.attrs.type === 'get' && stanza.getChild('query', info) !== undefined
  const answering = async () => {
    while (!session.closed) await session.send(answer(await session.next(isQuery, 'a disco#info query', 60_000)))
  }
  answering().catch(() => {})
  await session.send(
    `<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://assay.example/' ver='${ver}'/></presence>`,
  )
  await session.presence(
    (stanza) => stanza.attrs.from === session.jid && stanza.getChild('c') !== undefined,
    'our own presence',
  )
}

/** Publishes to a node of one's own account, with options where some are given. */
export function publishOwn(session: Session, node: string, text: string, options?: Record<string, string>) {
  const form = options ? `<publish-options>${configureForm('publish-options', options)}</publish-options>` : ''
  const inner = `<publish node='${node}'>${item('current', text)}</publish>${form}`
  return insist(() => session.iq(`<iq type='set'><pubsub xmlns='${pubsub}'>${inner}</pubsub></iq>`))
}

/** Juliet, Romeo who is her friend, and a name for a node. */
export async function pair(fixtures: ServerFixtures): Promise<{ juliet: Session; romeo: Session; node: string }> {
  const [juliet, romeo] = [await fixtures.connect('juliet'), await fixtures.connect('romeo')]
  await fixtures.friends(juliet, romeo)
  return { juliet, romeo, node: `urn:example:${fixtures.unique('node')}` }
}

/** Romeo tells interest in the node and is notified of a first item: what comes from now on is no last item. */
export async function notified(fixtures: ServerFixtures, juliet: Session, romeo: Session, node: string): Promise<void> {
  await fixtures.given('romeo is notified of a first item', async () => {
    await interested(romeo, [node])
    await publishOwn(juliet, node, 'first')
    await romeo.message(tells(node, 'first'), 'a notification')
  })
}
