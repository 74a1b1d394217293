import { defineSuite, expect, feature } from '../../harness/suite/index.ts'
import { archiveOf, archives, ask, extended, hoursFromNow, mam, query, talk } from './_mam.ts'

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
    test('xep-0313/4.1.1/with-a-bare-jid', {
      section: '4.1.1',
      level: 'MUST',
      statement: 'a query with a bare JID returns the messages to and from it, whatever its resource, and no others',
    }, async ({ connect, given }) => {
      const [juliet, romeo, nurse] = [await connect('juliet'), await connect('romeo'), await connect('nurse')]
      await given('juliet talks with two', async () => {
        await talk(romeo, juliet, ['m1'])
        await talk(nurse, juliet, ['n1'])
        await talk(juliet, romeo, ['m2'])
        await talk(juliet, nurse, ['n2'])
      })
      await archives(juliet, 4)
      const { bodies } = await query(juliet, { filter: { with: romeo.bare } })
      expect.equal(bodies.join(' '), 'm1 m2', 'the bodies of messages with romeo')
    })

    test('xep-0313/4.1.1/with-a-full-jid', {
      section: '4.1.1',
      level: 'MUST',
      statement: 'a query with a full JID returns no messages of other resources',
    }, async ({ connect, given }) => {
      const juliet = await connect('juliet')
      const phone = await connect('romeo', { resource: 'phone' })
      const desktop = await connect('romeo', { resource: 'desktop' })
      await given('juliet talks with two resources', async () => {
        await talk(phone, juliet, ['p1'])
        await talk(desktop, juliet, ['d1'])
        await talk(juliet, phone, ['p2'])
      })
      await archives(juliet, 3)
      const { bodies } = await query(juliet, { filter: { with: phone.jid } })
      expect.equal(bodies.join(' '), 'p1 p2', 'the bodies of messages with the phone')
    })

    test('xep-0313/4.1.1/with-oneself', {
      section: '4.1.1',
      level: 'MUST',
      statement: "a query with one's own JID returns only messages from oneself to oneself",
    }, async ({ connect, given }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      await given('juliet talks with romeo and herself', async () => {
        await talk(romeo, juliet, ['m1'])
        await talk(juliet, juliet, ['self'])
        await talk(juliet, romeo, ['m2'])
      })
      await archives(juliet, 3)
      const { bodies } = await query(juliet, { filter: { with: juliet.bare } })
      // Whether such a message, both sent and received, is one entry or two is not said.
      expect.equal([...new Set(bodies)].join(' '), 'self', 'the bodies of messages with herself')
    })

    test('xep-0313/4.1/no-match-is-no-error', {
      section: '4.1',
      level: 'MUST',
      statement: 'a query that nothing matches, or of an empty archive, succeeds and is complete',
    }, async ({ connect }) => {
      const juliet = await connect('juliet')
      const { fin, results } = await query(juliet, { filter: { with: `nobody@${juliet.account.domain}` } })
      expect.equal(results.length, 0, 'results:')
      expect.attribute(fin, 'complete', 'true')
    })

    test('xep-0313/4.1.2/start', {
      section: '4.1.2',
      level: 'MUST',
      statement: 'a query with a start returns no earlier messages, and all later ones',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 2)
      const later = await query(juliet, { filter: { start: hoursFromNow(-24) } })
      expect.equal(later.bodies.join(' '), 'm1 m2', 'the bodies since yesterday')
      const none = await query(juliet, { filter: { start: hoursFromNow(24) } })
      expect.equal(none.bodies.join(' '), '', 'the bodies from tomorrow on')
    })

    test('xep-0313/4.1.2/end', {
      section: '4.1.2',
      level: 'MUST',
      statement: 'a query with an end returns no later messages, and all earlier ones',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 2)
      const earlier = await query(juliet, { filter: { end: hoursFromNow(24) } })
      expect.equal(earlier.bodies.join(' '), 'm1 m2', 'the bodies until tomorrow')
      const none = await query(juliet, { filter: { end: hoursFromNow(-24) } })
      expect.equal(none.bodies.join(' '), '', 'the bodies until yesterday')
    })

    test('xep-0313/4.1.2/times-of-another-zone', {
      section: '4.1.2',
      level: 'MUST',
      statement: 'start may have an offset from UTC, as XEP-0082 has it',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 1)
      // 90 minutes from now, and 30 minutes ago, both written as the clocks of UTC+02:00 show them.
      const zoned = (hours: number) => hoursFromNow(hours + 2).replace(/\.\d+Z$/, '+02:00')
      const none = await query(juliet, { filter: { start: zoned(1.5) } })
      expect.equal(none.bodies.join(' '), '', 'the bodies from 90 minutes hence')
      const all = await query(juliet, { filter: { start: zoned(-0.5) } })
      expect.equal(all.bodies.join(' '), 'm1', 'the bodies of the last half hour')
    })

    test('xep-0313/4.1.5/unknown-field', {
      section: '4.1.5',
      level: 'MUST',
      statement: 'a query with a field that the server does not know is answered with feature-not-implemented',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 1)
      const { answer } = await ask(juliet, { filter: { '{urn:example:assay}colour': 'green' } })
      expect.error(answer, 'feature-not-implemented')
    })

    test('xep-0313/4.1.5/form', {
      section: '4.1.5',
      level: 'MUST',
      statement: 'the form that can be asked for has the fields with (jid-single), start and end (text-single)',
    }, async ({ connect }) => {
      const juliet = await connect('juliet')
      const answer = expect.result(await juliet.iq(`<iq type='get'><query xmlns='${mam}'/></iq>`))
      const form = expect.child(expect.child(answer, 'query', mam), 'x', 'jabber:x:data')
      const types = Object.fromEntries(form.getChildren('field').map(({ attrs }) => [attrs.var, attrs.type]))
      expect.equal(types.with, 'jid-single', 'the type of the field with,')
      expect.equal(types.start, 'text-single', 'the type of the field start,')
      expect.equal(types.end, 'text-single', 'the type of the field end,')
    })

    test('xep-0313/4.1/no-field-is-required', {
      section: '4.1',
      level: 'MUST',
      statement: 'no field of the form is marked as required',
    }, async ({ connect }) => {
      const juliet = await connect('juliet')
      const answer = expect.result(await juliet.iq(`<iq type='get'><query xmlns='${mam}'/></iq>`))
      const form = expect.child(expect.child(answer, 'query', mam), 'x', 'jabber:x:data')
      expect.none(
        form.getChildren('field').filter((field) => field.getChild('required')),
        'required field',
      )
    })

    test('xep-0313/4.1.3/after-id', {
      section: '4.1.3',
      level: 'MUST',
      requires: [extended],
      statement: 'a query with after-id returns only what comes behind that message',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 4)
      const { ids } = await query(juliet)
      const { bodies } = await query(juliet, { filter: { 'after-id': ids[1] ?? '' } })
      expect.equal(bodies.join(' '), 'm3 m4', 'the bodies after the second')
    })

    test('xep-0313/4.1.3/between-two-ids', {
      section: '4.1.3',
      level: 'MUST',
      requires: [extended],
      statement: 'a query with after-id and before-id returns only what lies between the two messages',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 5)
      const { ids } = await query(juliet)
      const { bodies } = await query(juliet, { filter: { 'after-id': ids[0] ?? '', 'before-id': ids[4] ?? '' } })
      expect.equal(bodies.join(' '), 'm2 m3 m4', 'the bodies between the first and the fifth')
    })

    test('xep-0313/4.1.3/ids', {
      section: '4.1.3',
      level: 'MUST',
      requires: [extended],
      statement: 'a query with ids returns exactly those messages',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 4)
      const { ids } = await query(juliet)
      const { bodies } = await query(juliet, { filter: { ids: [ids[3] ?? '', ids[1] ?? ''] } })
      expect.equal(bodies.sort().join(' '), 'm2 m4', 'the bodies of the two messages')
    })

    for (const field of ['before-id', 'after-id', 'ids'] as const) {
      test(`xep-0313/4.1.3/unknown-${field}`, {
        section: '4.1.3',
        level: 'MUST',
        requires: [extended],
        statement: `a query whose ${field} is not in the archive is answered with item-not-found`,
      }, async (fixtures) => {
        const { juliet } = await archiveOf(fixtures, 1)
        const { answer } = await ask(juliet, { filter: { [field]: fixtures.unique('nothing') } })
        expect.error(answer, 'item-not-found')
      })
    }

    test('xep-0313/5/metadata', {
      section: '5',
      level: 'MUST',
      requires: [extended],
      statement: 'the metadata of an archive name id and time of its first and its last message',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 3)
      const { ids } = await query(juliet)
      const answer = expect.result(await juliet.iq(`<iq type='get'><metadata xmlns='${mam}'/></iq>`))
      const metadata = expect.child(answer, 'metadata', mam)
      const [start, end] = [expect.child(metadata, 'start'), expect.child(metadata, 'end')]
      expect.attribute(start, 'id', ids[0] ?? '')
      expect.attribute(end, 'id', ids[2] ?? '')
      for (const element of [start, end]) {
        expect.ok(!Number.isNaN(Date.parse(element.attrs.timestamp ?? '')), 'a timestamp (XEP-0082)', element)
      }
    })

    test('xep-0313/5/metadata-of-an-empty-archive', {
      section: '5',
      level: 'MUST',
      requires: [extended],
      statement: 'the metadata of an empty archive are empty',
    }, async ({ connect }) => {
      const juliet = await connect('juliet')
      const answer = expect.result(await juliet.iq(`<iq type='get'><metadata xmlns='${mam}'/></iq>`))
      const metadata = expect.child(answer, 'metadata', mam)
      expect.equal(metadata.getChildElements().length, 0, 'children of <metadata/>:')
    })
  },
)
