import { defineSuite, expect } from '../../harness/suite/index.ts'
import { isMessage, rfc6121 } from './_rfc6121.ts'

const isMirror = (id: string) => (element: { attrs: Record<string, string | undefined> }) => element.attrs.id === id
const gone = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

export default defineSuite(rfc6121, ({ test }) => {
  for (const type of ['normal', 'groupchat', 'headline'] as const) {
    test(`rfc6121/8.5.3.2.1/${type}-to-no-resource`, {
      section: '8.5.3.2.1',
      level: 'MUST',
      statement: `a message of type ${type} to a full JID that matches no resource is ignored or refused, not delivered elsewhere`,
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const [body, id] = [unique('body'), unique('id')]
      const to = `${juliet.bare}/${unique('gone')}`
      await romeo.send(`<message to='${to}' type='${type}' id='${id}'><body>${body}</body></message>`)
      await romeo.marker(juliet)
      await romeo.sync()
      expect.none(juliet.seen(isMessage(body)), `message of type ${type} at another resource`)
      const [answer] = romeo.take(isMirror(id))
      if (answer) expect.error(answer)
    })
  }

  test('rfc6121/8.5.3.2.1/chat-to-no-resource', {
    section: '8.5.3.2.1',
    level: 'MUST',
    statement: 'a chat message to a full JID that matches no resource goes to the one available resource',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const body = unique('body')
    await romeo.send(`<message to='${juliet.bare}/${unique('gone')}' type='chat'><body>${body}</body></message>`)
    await juliet.message(isMessage(body))
  })

  test('rfc6121/8.5.3.2.1/chat-to-no-resource-of-nobody-online', {
    section: '8.5.3.2.1',
    level: 'MUST',
    statement: 'a chat message to a full JID of an account without resources is stored or refused',
  }, async ({ connect, account, unique }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    const [body, id] = [unique('body'), unique('id')]
    await romeo.send(`<message to='${jid}/${unique('gone')}' type='chat' id='${id}'><body>${body}</body></message>`)
    await romeo.sync()
    const [answer] = romeo.take(isMirror(id))
    if (answer) return void expect.error(answer)
    const juliet = await connect('juliet', { presence: false })
    await juliet.send('<presence/>')
    await juliet.message(isMessage(body), 'the message that was stored')
  })

  test('rfc6121/8.5.3.2.1/chat-to-no-resource-and-negative-priority', {
    section: '8.5.3.2.1',
    level: 'MUST',
    statement: 'a chat message to a full JID that matches no resource is not delivered to one of negative priority',
  }, async ({ connect, unique }) => {
    const [romeo, below] = [await connect('romeo'), await connect('juliet', { priority: -1 })]
    const body = unique('body')
    await romeo.send(`<message to='${below.bare}/${unique('gone')}' type='chat'><body>${body}</body></message>`)
    await romeo.marker(below)
    expect.none(below.seen(isMessage(body)), 'message at a resource of negative priority')
  })

  test('rfc6121/8.5.3.2.1/error-to-no-resource', {
    section: '8.5.3.2.1',
    level: 'MUST',
    statement: 'a message of type error to a full JID that matches no resource is silently ignored',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const id = unique('id')
    await romeo.send(`<message to='${juliet.bare}/${unique('gone')}' type='error' id='${id}'>${gone}</message>`)
    await romeo.marker(juliet)
    await romeo.sync()
    expect.none(juliet.seen(isMirror(id)), 'message of type error at another resource')
    expect.none(romeo.seen(isMirror(id)), 'answer to an error')
  })

  for (const type of ['normal', 'chat'] as const) {
    test(`rfc6121/8.5.2.2.1/${type}-to-an-offline-account`, {
      section: '8.5.2.2.1',
      level: 'SHOULD',
      statement: `a message of type ${type} to an account without resources is stored or refused`,
    }, async ({ connect, account, unique }) => {
      const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
      const [body, id] = [unique('body'), unique('id')]
      await romeo.send(`<message to='${jid}' type='${type}' id='${id}'><body>${body}</body></message>`)
      await romeo.sync()
      const [answer] = romeo.take(isMirror(id))
      if (answer) return void expect.error(answer, 'service-unavailable')
      const juliet = await connect('juliet', { presence: false })
      await juliet.send('<presence/>')
      const message = await juliet.message(isMessage(body), 'the message that was stored')
      expect.attribute(message, 'from', romeo.jid)
    })
  }

  test('rfc6121/8.5.2.2.1/stored-once', {
    section: '8.5.2.2.1',
    level: 'none',
    statement: 'a stored message is delivered once: the next session does not get it again',
  }, async ({ connect, account, given, unique }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    const body = unique('body')
    await romeo.send(`<message to='${jid}' type='chat'><body>${body}</body></message>`)
    await romeo.sync()
    const first = await connect('juliet')
    await given('the message was stored and delivered', () => first.message(isMessage(body)))
    await first.close()
    const second = await connect('juliet')
    await romeo.marker(second)
    expect.none(second.seen(isMessage(body)), 'stored message, delivered again')
  })

  test('rfc6121/8.5.2.2.1/stored-for-an-available-resource', {
    section: '8.5.2.2.1',
    level: 'none',
    statement: 'stored messages wait for a resource of non-negative priority, not for any that connects',
  }, async ({ connect, account, given, unique }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    const [body, id] = [unique('body'), unique('id')]
    await romeo.send(`<message to='${jid}' type='chat' id='${id}'><body>${body}</body></message>`)
    await romeo.sync()
    await given('the message was stored', async () => expect.none(romeo.seen(isMirror(id)), 'error'))
    const below = await connect('juliet', { resource: 'below', priority: -1 })
    await romeo.marker(below)
    expect.none(below.seen(isMessage(body)), 'stored message at a resource of negative priority')
    const above = await connect('juliet', { resource: 'above', priority: 0 })
    await above.message(isMessage(body), 'the stored message')
  })

  test('rfc6121/8.5.2.2.1/groupchat-to-an-offline-account', {
    section: '8.5.2.2.1',
    level: 'MUST',
    statement: 'a message of type groupchat to an account without resources is answered with an error',
  }, async ({ connect, account, unique }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    const id = unique('id')
    await romeo.send(`<message to='${jid}' type='groupchat' id='${id}'><body>all</body></message>`)
    await romeo.sync()
    const [answer] = romeo.take(isMirror(id))
    expect.ok(answer, 'an error', 'nothing', 'silent')
    expect.error(answer)
  })

  test('rfc6121/8.5.2.2.1/headline-to-an-offline-account', {
    section: '8.5.2.2.1',
    level: 'MUST',
    statement: 'a headline to an account without resources is silently ignored: neither answered nor stored',
  }, async ({ connect, account, unique }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    const [body, id] = [unique('body'), unique('id')]
    await romeo.send(`<message to='${jid}' type='headline' id='${id}'><body>${body}</body></message>`)
    await romeo.sync()
    expect.none(romeo.seen(isMirror(id)), 'answer to a headline')
    const juliet = await connect('juliet', { presence: false })
    await juliet.send('<presence/>')
    await romeo.marker(juliet)
    expect.none(juliet.seen(isMessage(body)), 'headline that was stored')
  })

  test('rfc6121/8.5.2.2.1/error-to-an-offline-account', {
    section: '8.5.2.2.1',
    level: 'MUST',
    statement: 'a message of type error to an account without resources is silently ignored',
  }, async ({ connect, account, unique }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    const id = unique('id')
    await romeo.send(`<message to='${jid}' type='error' id='${id}'>${gone}</message>`)
    await romeo.sync()
    expect.none(romeo.seen(isMirror(id)), 'answer to an error')
    const juliet = await connect('juliet', { presence: false })
    await juliet.send('<presence/>')
    await romeo.marker(juliet)
    expect.none(juliet.seen(isMirror(id)), 'error that was stored')
  })

  test('rfc6121/8.5.1/message-to-nobody', {
    section: '8.5.1',
    level: 'MUST',
    statement: 'a message to an account that does not exist is ignored or refused with <service-unavailable/>',
  }, async ({ connect, unique, domain }) => {
    const [romeo, id] = [await connect('romeo'), unique('id')]
    await romeo.send(`<message to='${unique('nobody')}@${domain}' type='chat' id='${id}'><body>hello</body></message>`)
    await romeo.sync()
    const [answer] = romeo.take(isMirror(id))
    if (answer) expect.error(answer, 'service-unavailable')
  })

  test('rfc6121/8.5.1/error-to-nobody', {
    section: '8.5.1',
    level: 'none',
    statement: 'a message of type error to an account that does not exist is not answered with another error',
  }, async ({ connect, unique, domain }) => {
    const [romeo, id] = [await connect('romeo'), unique('id')]
    await romeo.send(`<message to='${unique('nobody')}@${domain}' type='error' id='${id}'>${gone}</message>`)
    await romeo.sync()
    expect.none(romeo.seen(isMirror(id)), 'answer to an error')
  })
})
