import { defineSuite, expect, feature } from '../../harness/suite/index.ts'
import { copied, copyOf } from './_carbons.ts'
import { archived, archiveOf, archives, ask, mam, query, talk } from './_mam.ts'

/** How far the clocks of the server and of the tester may be apart, milliseconds. */
const tolerance = 600_000

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
    test('xep-0313/6.1.1/received-messages-are-archived', {
      section: '6.1.1',
      level: 'SHOULD',
      statement: 'a chat message with a body is in the archive of the user who received it',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 1)
      const { bodies } = await query(juliet)
      expect.equal(bodies.join(' '), 'm1', 'the archived bodies')
    })

    test('xep-0313/6.1.1/sent-messages-are-archived', {
      section: '6.1.1',
      level: 'SHOULD',
      statement: 'a chat message with a body is in the archive of the user who sent it',
    }, async (fixtures) => {
      const { romeo } = await archiveOf(fixtures, 1)
      await archives(romeo, 1)
      const { bodies } = await query(romeo)
      expect.equal(bodies.join(' '), 'm1', 'the archived bodies')
    })

    test('xep-0313/6.1.1/normal-messages-are-archived', {
      section: '6.1.1',
      level: 'SHOULD',
      statement: 'a message of type normal with a body is archived',
    }, async ({ connect }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      await romeo.send(`<message to='${juliet.jid}'><body>m1</body></message>`)
      await juliet.message((stanza) => stanza.getChildText('body') === 'm1', 'the message')
      await archives(juliet, 1)
      const { bodies } = await query(juliet)
      expect.equal(bodies.join(' '), 'm1', 'the archived bodies')
    })

    test('xep-0313/6.1.1/offline-messages-are-archived', {
      section: '6.1.1',
      level: 'SHOULD',
      statement: 'a chat message to a user who is not online is archived',
    }, async ({ account, connect }) => {
      const absent = await account('juliet')
      const romeo = await connect('romeo')
      await romeo.send(`<message to='${absent.jid}' type='chat'><body>m1</body></message>`)
      await romeo.sync()
      const juliet = await connect('juliet')
      await archives(juliet, 1)
      const { bodies } = await query(juliet)
      expect.equal(bodies.join(' '), 'm1', 'the archived bodies')
    })

    test('xep-0313/6.1.1/copies-are-archived-once', {
      section: '6.1.1',
      level: 'MUST',
      statement: 'a message that goes to several resources, itself and as carbon copies, is archived once',
    }, async ({ connect, unique }) => {
      const phone = await connect('juliet', { resource: 'phone', carbons: true })
      const tablet = await connect('juliet', { resource: 'tablet', carbons: true })
      const romeo = await connect('romeo')
      const id = unique()
      await romeo.send(`<message to='${phone.bare}' type='chat' id='${id}'><body>m1</body></message>`)
      for (const session of [phone, tablet]) {
        await session.message((stanza) => stanza.attrs.id === id || copyOf(id)(stanza), 'the message or a copy')
      }
      await archives(phone, 1)
      const { all } = await query(phone)
      expect.equal(all.map((result) => archived(result).getChildText('body')).join(' '), 'm1', 'the archived bodies')
    })

    test('xep-0313/3.1/order-is-kept', {
      section: '3.1',
      level: 'MUST',
      statement: 'messages of both directions are returned in the order in which the client saw them',
    }, async ({ connect, given }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      await given('they talk', async () => {
        for (const n of [1, 3, 5]) {
          await talk(romeo, juliet, [`m${n}`])
          await talk(juliet, romeo, [`m${n + 1}`])
        }
      })
      await archives(juliet, 6)
      const { bodies } = await query(juliet)
      expect.equal(bodies.join(' '), 'm1 m2 m3 m4 m5 m6', 'the archived bodies')
    })

    test('xep-0313/4.2/result-holds-the-message', {
      section: '4.2',
      level: 'SHOULD',
      statement: 'a result holds the message as it was received: addresses, type, id, body, other children',
    }, async ({ connect }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      await romeo.send(
        `<message to='${juliet.jid}' type='chat' id='one'><body>a &lt; b &amp; "c" – ☃</body>` +
          `<wave xmlns='urn:example:wave' hand='left'/></message>`,
      )
      await juliet.message(({ attrs }) => attrs.id === 'one', 'the message')
      await archives(juliet, 1)
      const { results } = await query(juliet)
      const message = archived(results[0] ?? expect.fail('one result', 'none'))
      expect.attribute(message, 'from', romeo.jid)
      expect.attribute(message, 'to', juliet.jid)
      expect.attribute(message, 'type', 'chat')
      expect.attribute(message, 'id', 'one')
      expect.equal(message.getChildText('body'), 'a < b & "c" – ☃', 'the body')
      expect.attribute(expect.child(message, 'wave', 'urn:example:wave'), 'hand', 'left')
    })

    test('xep-0313/3/bodies-and-attributes-are-preserved', {
      section: '3',
      level: 'MUST',
      statement: 'at least the body and the attributes to, from, type and id are preserved',
    }, async (fixtures) => {
      const { juliet, romeo } = await archiveOf(fixtures, 1)
      const { results } = await query(juliet)
      const message = archived(results[0] ?? expect.fail('one result', 'none'))
      expect.equal(message.getChildText('body'), 'm1', 'the body')
      for (const [name, value] of Object.entries({ from: romeo.jid, to: juliet.jid, type: 'chat', id: 'id-m1' })) {
        expect.attribute(message, name, value)
      }
    })

    test('xep-0313/4.2/result-is-stamped', {
      section: '4.2',
      level: 'SHOULD',
      statement: 'a result says when the message was received, in UTC',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 1)
      const { results } = await query(juliet)
      const forwarded = expect.child(results[0] ?? expect.fail('one result', 'none'), 'forwarded', 'urn:xmpp:forward:0')
      const delay = expect.child(forwarded, 'delay', 'urn:xmpp:delay')
      const { stamp = '' } = delay.attrs
      const right = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(stamp)
      expect.ok(right && Math.abs(Date.parse(stamp) - Date.now()) < tolerance, 'the time of now (XEP-0082)', delay)
    })

    test('xep-0313/4.2/result-names-the-query', {
      section: '4.2',
      level: 'MUST',
      statement: 'each result has an id of its own and names the queryid of the query',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 2)
      const answer = await juliet.iq(`<iq type='set'><query xmlns='${mam}' queryid='f27'/></iq>`)
      expect.result(answer, 'a result of the query')
      const results = juliet.take((stanza) => stanza.getChild('result', mam) !== undefined)
      expect.equal(results.length, 2, 'results before the answer:')
      const ids = results.map((message) => {
        const result = expect.child(message, 'result', mam)
        expect.attribute(result, 'queryid', 'f27')
        return result.attrs.id
      })
      expect.ok(ids[0] && ids[1] && ids[0] !== ids[1], 'two different ids', ids.join(', '))
    })

    test('xep-0313/4/answer-comes-after-the-results', {
      section: '4',
      level: 'MUST',
      statement: 'the IQ is answered after the last result was sent',
    }, async (fixtures) => {
      const { juliet, bodies } = await archiveOf(fixtures, 5)
      const page = await query(juliet)
      expect.equal(page.bodies.join(' '), bodies.join(' '), 'the bodies before the answer')
      await juliet.sync()
      expect.none(
        juliet.seen((stanza) => stanza.getChild('result', mam) !== undefined),
        'result behind the answer',
      )
    })

    test('xep-0313/4/answer-names-first-and-last', {
      section: '4',
      level: 'MUST',
      statement: 'the answer holds <fin/> with <set/>, which names the ids of the first and the last result',
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 3)
      const { ids, set } = await query(juliet)
      expect.equal(ids.length, 3, 'results:')
      expect.equal(set.getChildText('first'), ids[0] ?? '', '<first/>')
      expect.equal(set.getChildText('last'), ids[2] ?? '', '<last/>')
    })

    test('xep-0313/3.5/stanza-id-is-the-archive-id', {
      section: '3.5',
      level: 'MUST',
      statement: 'a message carries, when it is delivered, the id that it has in the archive',
    }, async ({ connect }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      await romeo.send(`<message to='${juliet.jid}' type='chat'><body>m1</body></message>`)
      const message = await juliet.message((stanza) => stanza.getChildText('body') === 'm1', 'the message')
      const own = message.getChildren('stanza-id', 'urn:xmpp:sid:0').find(({ attrs }) => attrs.by === juliet.bare)
      await archives(juliet, 1)
      const { ids } = await query(juliet)
      expect.equal(own?.attrs.id, ids[0] ?? '', "the account's <stanza-id/> on delivery,")
    })

    test('xep-0313/3.5/senders-archive-id-does-not-leave', {
      section: '3.5',
      level: 'MUST',
      statement: "a message that goes out does not tell the recipient the id in the sender's archive",
    }, async ({ connect }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      await romeo.send(`<message to='${juliet.jid}' type='chat'><body>m1</body></message>`)
      const message = await juliet.message((stanza) => stanza.getChildText('body') === 'm1', 'the message')
      const ids = message.getChildren('stanza-id', 'urn:xmpp:sid:0')
      expect.none(
        ids.filter(({ attrs }) => attrs.by === romeo.bare),
        "<stanza-id/> by the sender's account",
      )
    })

    test('xep-0313/3.5/carbon-copies-carry-the-id', {
      section: '3.5',
      level: 'SHOULD',
      requires: [feature('urn:xmpp:carbons:2')],
      statement: 'the message inside a carbon copy carries the id that it has in the archive',
    }, async ({ connect, unique }) => {
      const phone = await connect('juliet', { resource: 'phone', carbons: true })
      const desktop = await connect('juliet', { resource: 'desktop' })
      const romeo = await connect('romeo')
      const [received, sent] = [unique('received'), unique('sent')]
      await romeo.send(`<message to='${desktop.jid}' type='chat' id='${received}'><body>m1</body></message>`)
      const one = copied(await phone.message(copyOf(received), 'a received copy'))
      await desktop.send(`<message to='${romeo.jid}' type='chat' id='${sent}'><body>m2</body></message>`)
      const two = copied(await phone.message(copyOf(sent), 'a sent copy'))
      await archives(phone, 2)
      const { ids } = await query(phone)
      const told = [one, two].map((message) => message?.getChild('stanza-id', 'urn:xmpp:sid:0')?.attrs.id ?? 'none')
      expect.equal(told.join(' '), ids.join(' '), 'the ids in the copies')
    })

    test('xep-0313/8.1/archives-of-others-are-closed', {
      section: '8.1',
      level: 'MUST',
      security: true,
      control: 'xep-0313/6.1.1/received-messages-are-archived',
      statement: "a query to another user's archive returns nothing from it",
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 1)
      const tybalt = await fixtures.connect('tybalt')
      await ask(tybalt, { to: juliet.bare })
      await tybalt.sync()
      expect.none(
        tybalt.seen((stanza) => stanza.toString().includes('m1')),
        "result from another user's archive",
      )
    })

    test('xep-0313/8.1/archives-of-others-are-an-error', {
      section: '8.1',
      level: 'MUST',
      statement: "a query to another user's archive is answered with an error",
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 1)
      const tybalt = await fixtures.connect('tybalt')
      const { answer } = await ask(tybalt, { to: juliet.bare })
      expect.error(answer)
    })

    test('xep-0313/8.1/archives-of-others-are-forbidden', {
      section: '8.1',
      level: 'SHOULD',
      statement: "the error for a query to another user's archive is forbidden",
    }, async (fixtures) => {
      const { juliet } = await archiveOf(fixtures, 1)
      const tybalt = await fixtures.connect('tybalt')
      const { answer } = await ask(tybalt, { to: juliet.bare })
      expect.error(answer, 'forbidden')
    })
  },
)
