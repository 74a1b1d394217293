import { defineSuite, expect, feature } from '../../harness/suite/index.ts'
import { archiveOf, archives, ask, extended, mam, query } from './_mam.ts'

export default defineSuite(
  {
    specification: 'XEP-0313',
    version: '1.1.3',
    title: 'Message Archive Management',
    category: 'IM',
    role: 'xmpp-server',
    requires: [feature(mam, 'account')],
  },
  ({ test }) => {
    test('xep-0313/4.3.1/max', {
      section: '4.3.1',
      level: 'MUST',
      statement: 'a query with a maximum returns the first messages, and not more than that',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 4)
      const { bodies } = await query(juliet, { page: { max: 2 } })
      expect.equal(bodies.join(' '), 'm1 m2', 'the bodies of the first page')
    })

    test('xep-0313/4.3.1/max-zero', {
      section: '4.3.1',
      level: 'MUST',
      statement: 'a query with a maximum of zero returns no messages (XEP-0059 §2.7)',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 2)
      const { bodies } = await query(juliet, { page: { max: 0 } })
      expect.equal(bodies.join(' '), '', 'the bodies')
    })

    test('xep-0313/4.2/pages-follow-each-other', {
      section: '4.2',
      level: 'MUST',
      statement:
        'page after page, each asked for after the last id of the one before, gives every message once, in order',
    }, async (fixtures) => {
      const { juliet, bodies } = await archiveOf(fixtures, 5)
      const seen: string[] = []
      let page = await query(juliet, { page: { max: 2 } })
      while (page.results.length > 0 && seen.length < bodies.length) {
        seen.push(...page.bodies)
        page = await query(juliet, { page: { max: 2, after: page.set.getChildText('last') ?? '' } })
      }
      expect.equal(seen.join(' '), bodies.join(' '), 'the bodies of all pages')
    })

    test('xep-0313/4.3.2/last-page-is-complete', {
      section: '4.3.2',
      level: 'MUST',
      statement: 'the page that holds the rest of the results is marked as complete',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 3)
      const first = await query(juliet, { page: { max: 2 } })
      const { bodies, fin } = await query(juliet, { page: { max: 2, after: first.ids[1] ?? '' } })
      expect.equal(bodies.join(' '), 'm3', 'the bodies of the last page')
      expect.attribute(fin, 'complete', 'true')
    })

    test('xep-0313/4.3.2/unlimited-query-is-complete', {
      section: '4.3.2',
      level: 'MUST',
      statement: 'the answer to a query that returned everything is marked as complete',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 3)
      const { bodies, fin } = await query(juliet)
      expect.equal(bodies.length, 3, 'results:')
      expect.attribute(fin, 'complete', 'true')
    })

    test('xep-0313/4.3.2/first-page-is-not-complete', {
      section: '4.3.2',
      level: 'MUST',
      statement: 'a page with more behind it is not marked as complete',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 3)
      const { bodies, fin } = await query(juliet, { page: { max: 2 } })
      expect.equal(bodies.join(' '), 'm1 m2', 'the bodies of the first page')
      expect.ok(['false', undefined].includes(fin.attrs.complete), 'no complete="true"', fin)
    })

    test('xep-0313/4.3.3/last-page', {
      section: '4.3.3',
      level: 'MUST',
      statement: 'a query with an empty <before/> returns the last messages, in chronological order',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 4)
      const { bodies } = await query(juliet, { page: { max: 2, before: '' } })
      expect.equal(bodies.join(' '), 'm3 m4', 'the bodies of the last page')
    })

    test('xep-0313/4.3.2/page-before', {
      section: '4.3.2',
      level: 'MUST',
      statement: 'a query before an id returns the messages just before it, in chronological order',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 5)
      const { ids } = await query(juliet)
      const { bodies } = await query(juliet, { page: { max: 2, before: ids[3] ?? '' } })
      expect.equal(bodies.join(' '), 'm2 m3', 'the bodies before the fourth')
    })

    test('xep-0313/4.3.2/pages-without-a-first-query', {
      section: '4.3.2',
      level: 'MUST',
      statement: 'any page can be asked for at any time: an id known from delivery is enough',
    }, async ({ connect }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      const ids: string[] = []
      for (const body of ['m1', 'm2', 'm3']) {
        await romeo.send(`<message to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
        const message = await juliet.message((stanza) => stanza.getChildText('body') === body, 'the message')
        const own = message.getChildren('stanza-id', 'urn:xmpp:sid:0').find(({ attrs }) => attrs.by === juliet.bare)
        ids.push(own?.attrs.id ?? '')
      }
      await archives(juliet, 3)
      const { bodies } = await query(juliet, { page: { after: ids[0] ?? '' } })
      expect.equal(bodies.join(' '), 'm2 m3', 'the bodies after the first')
    })

    for (const direction of ['after', 'before'] as const) {
      test(`xep-0313/4.3.2/unknown-id-in-${direction}`, {
        section: '4.3.2',
        level: 'MUST',
        statement: `a query ${direction} an id that is not in the archive is answered with item-not-found`,
      }, async (fixtures) => {
        const { juliet } = await archiveOf(fixtures, 1)
        const { answer } = await ask(juliet, { page: { max: 10, [direction]: fixtures.unique('nothing') } })
        expect.error(answer, 'item-not-found')
      })
    }

    test('xep-0313/4.3.4/flipped-page', {
      section: '4.3.4',
      level: 'MUST',
      requires: [extended],
      statement: 'a flipped page holds the same messages as the page not flipped, in reverse order',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 4)
      const { bodies } = await query(juliet, { page: { max: 2, before: '' }, more: '<flip-page/>' })
      expect.equal(bodies.join(' '), 'm4 m3', 'the bodies of the last page, flipped')
    })
  },
)
