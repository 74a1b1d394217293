import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, type Element, ns, parseElement } from '../../harness/suite/index.ts'
import { caps, verification } from './_caps.ts'
import { resultOf } from './_client-iq.ts'

const control = 'xep-0115/6.2/client-asks-who-announced'
const node = 'https://client.example.test'

/** What a client may be: one that knows rooms. */
const right = info(ns.discoInfo, ns.discoItems, caps, 'http://jabber.org/protocol/muc')
/** The same, with an attacker's feature for the rooms. */
const poisoned = info(ns.discoInfo, ns.discoItems, caps, 'urn:example:poison')
/** A feature stands there twice. */
const illFormed = info(ns.discoInfo, ns.discoInfo, ns.discoItems, caps)

function info(...features: string[]): string {
  const list = features.map((name) => `<feature var='${name}'/>`).join('')
  return `<query xmlns='${ns.discoInfo}'><identity category='client' type='pc' name='Example'/>${list}</query>`
}

const verOf = (query: string, hash = 'sha-1'): string => verification(parseElement(query), hash)

const asks = (to: string) => (element: Element) =>
  element.is('iq') &&
  element.attrs.type === 'get' &&
  element.attrs.to === to &&
  !!element.getChild('query', ns.discoInfo)

/**
 * Two contacts come, one after the other, and announce the same; whoever is asked answers with `content`. Returns what
 * each was asked.
 */
async function announce(
  fixtures: ClientFixtures,
  { ver, hash = 'sha-1', content }: { ver: string; hash?: string; content: string },
) {
  const { server, client, expect, contact } = fixtures
  const jid = await client.login()
  const [first, second] = [`${contact}/x`, `${contact}/y`]
  server.deviate('iq.reply', ({ iq, namespace }) => {
    if (namespace !== ns.discoInfo || !iq.attrs.to?.startsWith(contact)) return undefined
    const about = iq.getChild('query', ns.discoInfo)?.attrs.node
    return resultOf(iq, iq.attrs.to, about ? content.replace('<query', `<query node='${about}'`) : content)
  })
  for (const from of [first, second]) {
    server.send(
      `<presence from='${from}' to='${jid}'><c xmlns='${caps}' hash='${hash}' node='${node}' ver='${ver}'/></presence>`,
    )
    expect.alive(await client.canary(), 'a presence with capabilities')
  }
  return { first: server.seen(asks(first)), second: server.seen(asks(second)) }
}

export default defineSuite(
  {
    specification: 'XEP-0115',
    version: '1.6.0',
    title: 'Entity Capabilities',
    category: 'Core',
    topic: 'Discovery',
    role: 'xmpp-client',
    requires: [capability('caps-cache')],
  },
  ({ test }) => {
    test(control, {
      section: '6.2',
      leads: false,
      level: 'MUST',
      statement: 'a client that does not know a ver asks the very resource that announced it, by node and ver',
    }, async (fixtures) => {
      const { expect } = fixtures
      const ver = verOf(right)
      const [asked] = (await announce(fixtures, { ver, content: right })).first
      expect.ok(asked, 'a query to who announced it', 'none', 'silent')
      expect.equal(asked?.getChild('query', ns.discoInfo)?.attrs.node, `${node}#${ver}`, 'node')
    })

    test('xep-0115/5.4/client-caches-right-ver', {
      section: '5.4',
      leads: false,
      level: 'SHOULD',
      control,
      statement: 'what is right about a ver is known for everybody: the next who announces it is not asked',
    }, async (fixtures) => {
      const { second } = await announce(fixtures, { ver: verOf(right), content: right })
      fixtures.expect.none(second, 'query to the second who announced it')
    })

    const poisons = [
      {
        slug: 'client-caches-no-wrong-ver',
        what: 'what does not hash to the ver that it was announced with',
        announcement: { ver: verOf(right), content: poisoned },
      },
      {
        slug: 'client-caches-no-ill-formed-answer',
        what: 'an answer in which a feature stands twice',
        announcement: { ver: verOf(illFormed), content: illFormed },
      },
      {
        slug: 'client-caches-nothing-of-unknown-hash',
        what: 'what was announced with a hash function that the client does not know',
        announcement: { ver: verOf(right), hash: 'rot-13', content: poisoned },
      },
    ]
    for (const { slug, what, announcement } of poisons) {
      test(`xep-0115/5.4/${slug}`, {
        section: '5.4',
        leads: slug === 'client-caches-no-wrong-ver',
        level: 'MUST',
        security: true,
        control,
        statement: `${what} is believed of nobody else: the next who announces it is asked`,
      }, async (fixtures) => {
        const { expect } = fixtures
        const { second } = await announce(fixtures, announcement)
        expect.ok(second.length > 0, 'a query to the second who announced it', 'none', 'believed')
      })
    }
  },
)
