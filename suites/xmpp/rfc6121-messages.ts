import { defineSuite, expect, stanzaError } from '../../harness/suite/index.ts'
import { isMessage, rfc6121 } from './_rfc6121.ts'

const isMirror = (id: string) => (element: { attrs: Record<string, string | undefined> }) => element.attrs.id === id

export default defineSuite(rfc6121, ({ test }) => {
  for (const type of ['normal', 'chat', 'headline'] as const) {
    test(`rfc6121/8.5.2.1.1/${type}-to-the-only-resource`, {
      section: '8.5.2.1.1',
      level: 'MUST',
      statement: `a message of type ${type} to the bare JID is delivered to the only resource of non-negative priority`,
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const body = unique('body')
      await romeo.send(`<message to='${juliet.bare}' type='${type}'><body>${body}</body></message>`)
      const message = await juliet.message(isMessage(body))
      expect.equal(message.attrs.type ?? 'normal', type, 'the type')
    })

    test(`rfc6121/8.5.2.1.1/${type}-not-to-negative-priority`, {
      section: '8.5.2.1.1',
      level: 'MUST',
      statement: `a message of type ${type} to the bare JID is not delivered to a resource of negative priority`,
    }, async ({ connect, unique }) => {
      const [above, below] = [
        await connect('juliet', { resource: 'above' }),
        await connect('juliet', { resource: 'below', priority: -1 }),
      ]
      const romeo = await connect('romeo')
      const body = unique('body')
      await romeo.send(`<message to='${above.bare}' type='${type}'><body>${body}</body></message>`)
      await above.message(isMessage(body))
      await romeo.marker(below)
      expect.none(below.seen(isMessage(body)), 'message at a resource of negative priority')
    })
  }

  for (const type of ['normal', 'chat'] as const) {
    test(`rfc6121/8.5.2.1.1/${type}-to-several-resources`, {
      section: '8.5.2.1.1',
      level: 'MUST',
      statement: `a message of type ${type} to the bare JID goes to the most available of several resources, or to all`,
    }, async ({ connect, unique }) => {
      const [high, low] = [
        await connect('juliet', { resource: 'high', priority: 5 }),
        await connect('juliet', { resource: 'low', priority: 1 }),
      ]
      const romeo = await connect('romeo')
      const body = unique('body')
      await romeo.send(`<message to='${high.bare}' type='${type}'><body>${body}</body></message>`)
      await romeo.marker(high)
      await romeo.marker(low)
      const copies = [high, low].map((session) => session.seen(isMessage(body)).length)
      expect.ok(
        copies.some((count) => count > 0),
        'the message at one resource at least',
        'it at none',
      )
      expect.ok(
        copies.every((count) => count <= 1),
        'the message once a resource',
        `it ${copies.join(' and ')} times`,
      )
    })

    test(`rfc6121/8.5.2.1.1/${type}-to-negative-priority-alone`, {
      section: '8.5.2.1.1',
      level: 'SHOULD',
      statement: `a message of type ${type} to an account with only negative priorities is stored or refused`,
    }, async ({ connect, unique }) => {
      const [romeo, below] = [await connect('romeo'), await connect('juliet', { resource: 'below', priority: -1 })]
      const [body, id] = [unique('body'), unique('id')]
      await romeo.send(`<message to='${below.bare}' type='${type}' id='${id}'><body>${body}</body></message>`)
      await romeo.marker(below)
      await romeo.sync()
      expect.none(below.seen(isMessage(body)), 'message at a resource of negative priority')
      const [answer] = romeo.take(isMirror(id))
      if (answer) return void expect.error(answer, 'service-unavailable')
      const later = await connect('juliet', { resource: 'later', priority: 0 })
      await later.message(isMessage(body), 'the message that was stored')
    })
  }

  test('rfc6121/8.5.2.1.1/headline-to-several-resources', {
    section: '8.5.2.1.1',
    level: 'MUST',
    statement: 'a headline to the bare JID goes to all resources of non-negative priority',
  }, async ({ connect, unique }) => {
    const [high, low] = [
      await connect('juliet', { resource: 'high', priority: 5 }),
      await connect('juliet', { resource: 'low', priority: 1 }),
    ]
    const romeo = await connect('romeo')
    const body = unique('body')
    await romeo.send(`<message to='${high.bare}' type='headline'><body>${body}</body></message>`)
    for (const session of [high, low]) await session.message(isMessage(body))
  })

  test('rfc6121/8.5.2.1.1/headline-to-negative-priority-alone', {
    section: '8.5.2.1.1',
    level: 'MUST',
    statement: 'a headline to an account with only negative priorities is silently ignored',
  }, async ({ connect, unique }) => {
    const [romeo, below] = [await connect('romeo'), await connect('juliet', { resource: 'below', priority: -1 })]
    const [body, id] = [unique('body'), unique('id')]
    await romeo.send(`<message to='${below.bare}' type='headline' id='${id}'><body>${body}</body></message>`)
    await romeo.marker(below)
    await romeo.sync()
    expect.none(below.seen(isMessage(body)), 'headline at a resource of negative priority')
    expect.none(romeo.seen(isMirror(id)), 'answer to a headline')
  })

  test('rfc6121/8.5.2.1.1/groupchat-is-refused', {
    section: '8.5.2.1.1',
    level: 'MUST',
    statement: 'a message of type groupchat to the bare JID is answered with an error',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const [body, id] = [unique('body'), unique('id')]
    await romeo.send(`<message to='${juliet.bare}' type='groupchat' id='${id}'><body>${body}</body></message>`)
    await romeo.sync()
    const [answer] = romeo.take(isMirror(id))
    expect.ok(answer, 'an error', 'nothing', 'silent')
    expect.error(answer)
  })

  test('rfc6121/8.5.2.1.1/groupchat-is-not-delivered', {
    section: '8.5.2.1.1',
    level: 'MUST',
    statement: 'a message of type groupchat to the bare JID is not delivered to any resource',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const body = unique('body')
    await romeo.send(`<message to='${juliet.bare}' type='groupchat'><body>${body}</body></message>`)
    await romeo.marker(juliet)
    expect.none(juliet.seen(isMessage(body)), 'message of type groupchat')
  })

  test('rfc6121/8.5.2.1.1/error-is-ignored', {
    section: '8.5.2.1.1',
    level: 'MUST',
    statement: 'a message of type error to the bare JID is neither delivered nor answered',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const id = unique('id')
    const error = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    await romeo.send(`<message to='${juliet.bare}' type='error' id='${id}'>${error}</message>`)
    await romeo.marker(juliet)
    await romeo.sync()
    expect.none(juliet.seen(isMirror(id)), 'message of type error')
    expect.none(romeo.seen(isMirror(id)), 'answer to an error')
  })

  test('rfc6121/8.5.2.1.1/to-is-not-rewritten', {
    section: '8.5.2.1.1',
    level: 'MUST',
    statement: "a message to the bare JID keeps its 'to' when it is delivered",
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const body = unique('body')
    await romeo.send(`<message to='${juliet.bare}' type='chat'><body>${body}</body></message>`)
    expect.attribute(await juliet.message(isMessage(body)), 'to', juliet.bare)
  })

  test('rfc6121/5.2.2/unknown-type-is-normal', {
    section: '5.2.2',
    level: 'MUST',
    statement: 'a message of a type that does not exist is handled as one of type normal: delivered',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const body = unique('body')
    await romeo.send(`<message to='${juliet.bare}' type='whisper'><body>${body}</body></message>`)
    await juliet.message(isMessage(body), 'the message')
  })

  test('rfc6121/5.2.2/no-type-is-normal', {
    section: '5.2.2',
    level: 'MUST',
    statement: 'a message without a type is handled as one of type normal: delivered',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const body = unique('body')
    await romeo.send(`<message to='${juliet.bare}'><body>${body}</body></message>`)
    const message = await juliet.message(isMessage(body), 'the message')
    expect.ok([undefined, 'normal'].includes(message.attrs.type), 'no type, or normal', message)
  })

  for (const type of ['normal', 'chat', 'groupchat', 'headline'] as const) {
    test(`rfc6121/8.5.3.1/${type}-to-a-full-jid`, {
      section: '8.5.3.1',
      level: 'MUST',
      statement: `a message of type ${type} to a full JID is delivered to that resource`,
    }, async ({ connect, unique }) => {
      const [phone, laptop] = [
        await connect('juliet', { resource: 'phone', priority: 1 }),
        await connect('juliet', { resource: 'laptop', priority: 5 }),
      ]
      const romeo = await connect('romeo')
      const body = unique('body')
      await romeo.send(`<message to='${phone.jid}' type='${type}'><body>${body}</body></message>`)
      await phone.message(isMessage(body))
      await romeo.marker(laptop)
      expect.none(laptop.seen(isMessage(body)), 'message at another resource')
    })
  }

  test('rfc6121/8.5.3.1/error-to-a-full-jid', {
    section: '8.5.3.1',
    level: 'MUST',
    statement: 'a message of type error to a full JID is delivered to that resource',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const id = unique('id')
    const error = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    await romeo.send(`<message to='${juliet.jid}' type='error' id='${id}'>${error}</message>`)
    const message = await juliet.message((element) => element.attrs.id === id, 'the error')
    expect.ok(stanzaError(message)?.condition === 'gone', 'the condition as it was sent', message)
  })

  test('rfc6121/8.5.3.1/message-to-negative-priority', {
    section: '8.5.3.1',
    level: 'MUST',
    statement: 'a message to a full JID is delivered to that resource even at a negative priority',
  }, async ({ connect, unique }) => {
    const [romeo, below] = [await connect('romeo'), await connect('juliet', { resource: 'below', priority: -5 })]
    await connect('juliet', { resource: 'above', priority: 5 })
    const body = unique('body')
    await romeo.send(`<message to='${below.jid}' type='chat'><body>${body}</body></message>`)
    await below.message(isMessage(body))
  })

  test('rfc6121/8.5.3.1/message-to-a-connected-resource', {
    section: '8.5.3.1',
    level: 'MUST',
    statement: 'a message to a full JID is delivered to that resource even if it sent no presence',
  }, async ({ connect, unique }) => {
    const [romeo, quiet] = [await connect('romeo'), await connect('juliet', { resource: 'quiet', presence: false })]
    const body = unique('body')
    await romeo.send(`<message to='${quiet.jid}' type='chat'><body>${body}</body></message>`)
    await quiet.message(isMessage(body))
  })
})
