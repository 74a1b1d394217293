import { capability, defineSuite, expect, feature, ns } from '../../harness/suite/index.ts'
import { isMessage } from './_rfc6121.ts'

export default defineSuite(
  {
    specification: 'XEP-0160',
    version: '1.0.1',
    title: 'Best Practices for Handling Offline Messages',
    category: 'Other',
    role: 'xmpp-server',
    requires: [capability('offline')],
  },
  ({ test }) => {
    for (const type of ['normal', 'chat'] as const) {
      test(`xep-0160/3/${type}-is-stored`, {
        section: '3',
        level: 'SHOULD',
        statement: `a message of type ${type} to an offline account is stored and delivered later`,
      }, async ({ connect, account, unique }) => {
        const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
        const body = unique('body')
        await romeo.send(`<message to='${jid}' type='${type}'><body>${body}</body></message>`)
        await romeo.sync()
        const juliet = await connect('juliet', { presence: false })
        await juliet.send('<presence/>')
        const message = await juliet.message(isMessage(body), 'the stored message')
        expect.equal(message.attrs.type ?? 'normal', type, 'the type')
      })
    }

    test('xep-0160/2/stored-messages-say-when', {
      section: '2',
      level: 'SHOULD',
      statement: 'a stored message is delivered with a <delay/> that says when it was sent',
    }, async ({ connect, account, unique }) => {
      const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
      const [body, before] = [unique('body'), Date.now()]
      await romeo.send(`<message to='${jid}' type='chat'><body>${body}</body></message>`)
      await romeo.sync()
      const after = Date.now()
      const juliet = await connect('juliet', { presence: false })
      await juliet.send('<presence/>')
      const message = await juliet.message(isMessage(body), 'the stored message')
      const { stamp = '' } = expect.child(message, 'delay', 'urn:xmpp:delay').attrs
      // Whole seconds are common, and clocks of containers are the host's.
      const inTime = Date.parse(stamp) >= before - 2_000 && Date.parse(stamp) <= after + 2_000
      expect.ok(
        inTime,
        `a stamp between ${new Date(before).toISOString()} and ${new Date(after).toISOString()}`,
        message,
      )
    })

    test('xep-0160/2/stored-messages-keep-their-order', {
      section: '2',
      level: 'none',
      statement: 'stored messages are delivered in the order in which they were sent',
    }, async ({ connect, account, unique }) => {
      const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
      const bodies = Array.from({ length: 5 }, (_, index) => unique(`body-${index}`))
      for (const body of bodies) await romeo.send(`<message to='${jid}' type='chat'><body>${body}</body></message>`)
      await romeo.sync()
      const juliet = await connect('juliet', { presence: false })
      await juliet.send('<presence/>')
      const came: string[] = []
      for (const _ of bodies) {
        const message = await juliet.message((element) => bodies.includes(element.getChildText('body') ?? ''))
        came.push(message.getChildText('body') ?? '')
      }
      expect.equal(came.join(' '), bodies.join(' '), 'the stored messages')
    })

    test('xep-0160/3/chat-states-are-not-stored', {
      section: '3',
      level: 'SHOULD',
      statement: 'a chat message that has only a chat state is not stored',
    }, async ({ connect, account, unique }) => {
      const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
      const [id, body] = [unique('state'), unique('body')]
      const composing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
      await romeo.send(`<message to='${jid}' type='chat' id='${id}'>${composing}</message>`)
      await romeo.send(`<message to='${jid}' type='chat'><body>${body}</body></message>`)
      await romeo.sync()
      const juliet = await connect('juliet', { presence: false })
      await juliet.send('<presence/>')
      await juliet.message(isMessage(body), 'the stored message')
      expect.none(
        juliet.seen(({ attrs }) => attrs.id === id),
        'chat state that was stored',
      )
    })

    test('xep-0160/4/storage-is-announced', {
      section: '4',
      level: 'SHOULD',
      requires: [feature(ns.discoInfo)],
      statement: 'a server that stores messages lists the feature msgoffline in disco#info',
    }, async ({ connect, account, given, unique, domain }) => {
      const [romeo, { jid }, body] = [await connect('romeo'), await account('juliet'), unique('body')]
      await given('a message is stored', async () => {
        await romeo.send(`<message to='${jid}' type='chat'><body>${body}</body></message>`)
        await romeo.sync()
        const juliet = await connect('juliet')
        await juliet.message(isMessage(body), 'the stored message')
      })
      const answer = await romeo.iq(`<iq type='get' to='${domain}'><query xmlns='${ns.discoInfo}'/></iq>`)
      const features = expect.child(expect.result(answer), 'query', ns.discoInfo).getChildren('feature')
      expect.ok(
        features.some(({ attrs }) => attrs.var === 'msgoffline'),
        'the feature msgoffline',
        answer,
      )
    })
  },
)
