import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, type Element, ns } from '../../harness/suite/index.ts'
import { caps, verification } from './_caps.ts'

const control = 'xep-0115/4/client-announces-caps'

/** What the client announces of itself in its presence. */
async function announced({ server, client, expect }: ClientFixtures): Promise<Element> {
  await client.login()
  await client.canary()
  const [presence] = server.seen((element) => element.is('presence') && element.getChild('c', caps) !== undefined)
  expect.ok(presence, `a presence with <c xmlns='${caps}'/>`, 'none')
  return expect.child(presence as Element, 'c', caps)
}

/** Asks the client what it is, about a node or not. */
async function info({ server, expect, contact, unique }: ClientFixtures, node?: string): Promise<Element> {
  const id = unique('caps')
  const about = node === undefined ? '' : ` node='${node.replaceAll('&', '&amp;').replaceAll("'", '&apos;')}'`
  const query = `<query xmlns='${ns.discoInfo}'${about}/>`
  server.send(`<iq type='get' id='${id}' from='${contact}/x' to='${server.connection?.jid}'>${query}</iq>`)
  const answer = await server.next((element) => element.attrs.id === id, { awaited: 'an answer' })
  return expect.child(expect.result(answer), 'query', ns.discoInfo)
}

/** Identities and features, to be compared. */
const content = (query: Element): string =>
  query
    .getChildElements()
    .map(({ name, attrs }) => `${name} ${attrs.var ?? `${attrs.category}/${attrs.type}/${attrs.name ?? ''}`}`)
    .sort()
    .join('\n')

export default defineSuite(
  {
    specification: 'XEP-0115',
    version: '1.6.0',
    title: 'Entity Capabilities',
    category: 'Core',
    topic: 'Discovery',
    role: 'xmpp-client',
    requires: [capability('caps')],
  },
  ({ test }) => {
    test(control, {
      section: '4',
      level: 'MUST',
      statement: 'the capabilities in a client’s presence have a hash, a node and a ver',
    }, async (fixtures) => {
      const { attrs } = await announced(fixtures)
      for (const name of ['hash', 'node', 'ver']) fixtures.expect.ok(attrs[name], name, JSON.stringify(attrs))
    })

    test('xep-0115/5.1/client-computes-ver', {
      section: '5.1',
      leads: true,
      level: 'MUST',
      control,
      statement: 'the ver that a client announces is the hash of what it answers to disco#info',
    }, async (fixtures) => {
      const { expect } = fixtures
      const { hash = '', ver = '' } = (await announced(fixtures)).attrs
      const query = await info(fixtures)
      const known = ['sha-1', 'sha-256', 'sha-512'].includes(hash)
      expect.ok(known, 'a hash function that is known', hash)
      expect.equal(ver, verification(query, hash), 'ver')
    })

    test('xep-0115/6.2/client-answers-for-its-node', {
      section: '6.2',
      leads: false,
      level: 'MUST',
      control,
      statement: 'asked about the node and ver that it announced, a client tells all that it tells without them',
    }, async (fixtures) => {
      const { expect } = fixtures
      const { node, ver } = (await announced(fixtures)).attrs
      const about = await info(fixtures, `${node}#${ver}`)
      expect.equal(about.attrs.node, `${node}#${ver}`, 'node')
      expect.equal(content(about), content(await info(fixtures)), 'what it tells')
    })

    test('xep-0115/7/client-lists-caps', {
      section: '7',
      leads: false,
      level: 'MUST',
      control,
      statement: 'a client that announces capabilities has their feature in disco#info',
    }, async (fixtures) => {
      await announced(fixtures)
      const features = (await info(fixtures)).getChildren('feature').map(({ attrs }) => attrs.var)
      fixtures.expect.ok(features.includes(caps), `the feature ${caps}`, features.join(' '))
    })

    test('xep-0115/6.1/client-annotates-presence-to-rooms', {
      section: '6.1',
      leads: false,
      level: 'SHOULD',
      requires: [capability('join')],
      control,
      statement: 'a presence that goes to somebody by name has the capabilities in it, as the one to all has',
    }, async (fixtures) => {
      const { server, client, domain, expect } = fixtures
      server.offer('muc')
      await announced(fixtures)
      const room = `verona@rooms.${domain}`
      await client.call('join', { room, nick: 'Romeo' })
      const [entering] = server.seen((element) => element.is('presence') && element.attrs.to === `${room}/Romeo`)
      expect.ok(
        entering?.getChild('c', caps)?.attrs.ver,
        'capabilities in the presence to the room',
        entering ?? 'none',
      )
    })
  },
)
