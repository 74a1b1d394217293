import { defineSuite, type Element, expect, ns, type Session, streamFeature } from '../../harness/suite/index.ts'
import { isPush, rfc6121, rosterGet, rosterSet } from './_rfc6121.ts'

const isAnyPush = (element: Element): boolean =>
  element.is('iq') && element.attrs.type === 'set' && element.getChild('query', ns.roster) !== undefined

/** What a client that knows `ver` learns: the full roster, or undefined where only the changes come; and those. */
async function catchUp(session: Session, ver: string): Promise<{ full: Element | undefined; pushes: Element[] }> {
  const answer = await session.iq(rosterGet(ver))
  if (answer.attrs.type !== 'result') return { full: answer, pushes: [] }
  await session.sync()
  return { full: answer.getChild('query', ns.roster), pushes: session.take(isAnyPush) }
}

const verOf = (iq: Element): string | undefined => iq.getChild('query', ns.roster)?.attrs.ver

/** What came about `jid`, be it in a full roster or as a push. */
const told = ({ full, pushes }: { full: Element | undefined; pushes: Element[] }, jid: string): Element | undefined =>
  [...(full?.getChildren('item') ?? []), ...pushes.flatMap((push) => push.getChild('query')?.getChildren('item') ?? [])]
    .filter((item) => item.attrs.jid === jid)
    .at(-1)

export default defineSuite(
  {
    ...rfc6121,
    requires: [streamFeature('ver', 'urn:xmpp:features:rosterver')],
  },
  ({ test }) => {
    test('rfc6121/2.6.3/first-fetch-is-the-whole-roster', {
      section: '2.6.3',
      level: 'MUST',
      statement: "a client without a cache (ver='') gets the complete roster with its version",
    }, async ({ connect, given, unique, domain }) => {
      const juliet = await connect('juliet', { presence: false })
      const nurse = `${unique('nurse')}@${domain}`
      await given('an item is stored', async () => expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}'/>`))))
      const query = expect.child(expect.result(await juliet.iq(rosterGet(''))), 'query', ns.roster)
      expect.ok(query.attrs.ver, 'a version', query)
      expect.ok(
        query.getChildren('item').some((item) => item.attrs.jid === nurse),
        `an item for ${nurse}`,
        query,
      )
    })

    test('rfc6121/2.6.3/current-version-brings-an-empty-result', {
      section: '2.6.3',
      level: 'SHOULD',
      statement: 'a client whose cache is current gets an empty result and no pushes',
    }, async ({ connect, given, unique, domain }) => {
      const ver = await given('the roster and its version', async () => {
        const juliet = await connect('juliet', { presence: false })
        expect.result(await juliet.iq(rosterSet(`<item jid='${unique('nurse')}@${domain}' name='Nurse'/>`)))
        const ver = verOf(await juliet.iq(rosterGet('')))
        expect.ok(ver, 'a version', 'none')
        await juliet.close()
        return ver
      })
      const juliet = await connect('juliet', { presence: false })
      const { full, pushes } = await catchUp(juliet, ver)
      expect.ok(!full, 'an empty result', full ?? '')
      expect.none(pushes, 'roster push')
    })

    test('rfc6121/2.6.3/version-of-a-push-is-current', {
      section: '2.6.3',
      level: 'SHOULD',
      statement: 'the version in the last push is as good as that of a full roster: it brings an empty result',
    }, async ({ connect, given, unique, domain }) => {
      const ver = await given('a push with a version', async () => {
        const juliet = await connect('juliet', { presence: false })
        expect.result(await juliet.iq(rosterGet('')))
        const nurse = `${unique('nurse')}@${domain}`
        expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}' name='Nurse'/>`)))
        const ver = verOf(await juliet.next(isPush(nurse), 'a roster push'))
        expect.ok(ver, 'a version', 'none')
        await juliet.close()
        return ver
      })
      const juliet = await connect('juliet', { presence: false })
      const { full, pushes } = await catchUp(juliet, ver)
      expect.ok(!full, 'an empty result', full ?? '')
      expect.none(pushes, 'roster push')
    })

    test('rfc6121/2.6.3/change-since-the-version-is-told', {
      section: '2.6.3',
      level: 'MUST',
      statement: 'an item changed since the cached version comes in the full roster or in a push',
    }, async ({ connect, given, unique, domain }) => {
      const [nurse, mother] = [`${unique('nurse')}@${domain}`, `${unique('mother')}@${domain}`]
      const old = await given('a version that is out of date', async () => {
        const juliet = await connect('juliet', { presence: false })
        expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}'/>`)))
        const ver = verOf(await juliet.iq(rosterGet('')))
        expect.ok(ver, 'a version', 'none')
        expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}' name='Angelica'/>`)))
        expect.result(await juliet.iq(rosterSet(`<item jid='${mother}' name='Mom'/>`)))
        await juliet.close()
        return ver
      })
      const juliet = await connect('juliet', { presence: false })
      const news = await catchUp(juliet, old)
      expect.equal(told(news, nurse)?.attrs.name, 'Angelica', 'the new name of the changed item')
      expect.equal(told(news, mother)?.attrs.name, 'Mom', 'the name of the added item')
    })

    test('rfc6121/2.6.3/removal-since-the-version-is-told', {
      section: '2.6.3',
      level: 'MUST',
      statement: 'an item removed since the cached version is missing in the full roster, or its removal is pushed',
    }, async ({ connect, given, unique, domain }) => {
      const nurse = `${unique('nurse')}@${domain}`
      const old = await given('a version that is out of date', async () => {
        const juliet = await connect('juliet', { presence: false })
        expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}'/>`)))
        const ver = verOf(await juliet.iq(rosterGet('')))
        expect.ok(ver, 'a version', 'none')
        expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}' subscription='remove'/>`)))
        await juliet.close()
        return ver
      })
      const juliet = await connect('juliet', { presence: false })
      const news = await catchUp(juliet, old)
      const item = told(news, nurse)
      if (news.full) expect.ok(!item, `a roster without ${nurse}`, news.full)
      else expect.ok(item?.attrs.subscription === 'remove', "a push with subscription='remove'", item ?? 'no push')
    })

    test('rfc6121/2.6.3/unknown-version-brings-everything', {
      section: '2.6.3',
      level: 'MUST',
      statement: 'a version that the server never gave out brings the whole roster, at once or in pushes',
    }, async ({ connect, given, unique, domain }) => {
      const juliet = await connect('juliet', { presence: false })
      const contacts = [`${unique('nurse')}@${domain}`, `${unique('mother')}@${domain}`]
      await given('two items are stored', async () => {
        for (const jid of contacts) expect.result(await juliet.iq(rosterSet(`<item jid='${jid}'/>`)))
        await juliet.close()
      })
      const again = await connect('juliet', { presence: false })
      const news = await catchUp(again, unique('ver'))
      for (const jid of contacts)
        expect.ok(told(news, jid), `${jid} in the roster or in a push`, news.full ?? 'nothing')
    })

    test('rfc6121/2.6.3/pushes-carry-the-new-version', {
      section: '2.6.3',
      level: 'MUST',
      statement: 'each roster push carries a version of its own',
    }, async ({ connect, unique, domain }) => {
      const juliet = await connect('juliet', { presence: false })
      expect.result(await juliet.iq(rosterGet('')))
      const versions = new Set<string>()
      for (const jid of [`${unique('nurse')}@${domain}`, `${unique('mother')}@${domain}`]) {
        expect.result(await juliet.iq(rosterSet(`<item jid='${jid}'/>`)))
        const push = await juliet.next(isPush(jid), `a roster push about ${jid}`)
        const ver = verOf(push)
        expect.ok(ver, 'a version in the push', push)
        expect.ok(!versions.has(ver), 'a version that no other push had', push)
        versions.add(ver)
      }
    })

    test('rfc6121/2.6.3/versions-for-those-who-did-not-ask', {
      section: '2.6.3',
      level: 'SHOULD',
      statement: 'results and pushes carry the version even for a client that sent none',
    }, async ({ connect, unique, domain }) => {
      const juliet = await connect('juliet', { presence: false })
      const result = expect.result(await juliet.iq(rosterGet()))
      expect.ok(verOf(result), 'a version in the result', result)
      const nurse = `${unique('nurse')}@${domain}`
      expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}'/>`)))
      const push = await juliet.next(isPush(nurse), 'a roster push')
      expect.ok(verOf(push), 'a version in the push', push)
    })
  },
)
