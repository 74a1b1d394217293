import { defineSuite, expect } from '../../harness/suite/index.ts'
import { isPresence, isPresenceOf, rfc6121 } from './_rfc6121.ts'

export default defineSuite(rfc6121, ({ test }) => {
  test('rfc6121/4.6.3/directed-presence-is-delivered', {
    section: '4.6.3',
    level: 'MUST',
    statement: 'presence directed at a stranger is delivered in full',
  }, async ({ connect }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const x = "<x xmlns='urn:assay:extension'>kept</x>"
    await juliet.send(`<presence to='${romeo.jid}'><show>chat</show><status>hello</status>${x}</presence>`)
    const presence = await romeo.next(isPresence(juliet.jid), 'directed presence')
    expect.equal(presence.getChildText('show'), 'chat', 'the show')
    expect.equal(presence.getChildText('status'), 'hello', 'the status')
    expect.equal(expect.child(presence, 'x', 'urn:assay:extension').getText(), 'kept', 'the extension')
  })

  test('rfc6121/4.6.3/directed-presence-without-initial-presence', {
    section: '4.6.3',
    level: 'MUST',
    statement: 'directed presence is delivered even from a resource that sent no initial presence',
  }, async ({ connect }) => {
    const [juliet, romeo] = [await connect('juliet', { presence: false }), await connect('romeo')]
    await juliet.send(`<presence to='${romeo.jid}'/>`)
    await romeo.next(isPresence(juliet.jid), 'directed presence')
  })

  test('rfc6121/4.6.3/no-broadcast-to-a-directed-entity', {
    section: '4.6.3',
    level: 'MUST',
    statement: 'who got directed presence and is no subscriber gets no later broadcasts of available presence',
  }, async ({ connect, given }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await given('presence was directed', async () => {
      await juliet.send(`<presence to='${romeo.jid}'/>`)
      await romeo.next(isPresence(juliet.jid), 'directed presence')
    })
    await juliet.send('<presence><show>away</show></presence>')
    await juliet.marker(romeo)
    expect.none(romeo.seen(isPresence(juliet.jid)), 'broadcast presence')
  })

  test('rfc6121/4.6.3/unavailable-reaches-a-directed-entity', {
    section: '4.6.3',
    level: 'MUST',
    statement: 'who got directed presence gets the unavailable presence when the resource goes offline',
  }, async ({ connect, given }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await given('presence was directed', async () => {
      await juliet.send(`<presence to='${romeo.jid}'/>`)
      await romeo.next(isPresence(juliet.jid), 'directed presence')
    })
    await juliet.send("<presence type='unavailable'/>")
    await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
  })

  test('rfc6121/4.6.3/broken-connection-is-told-a-directed-entity', {
    section: '4.6.3',
    level: 'MUST',
    statement: 'who got directed presence is told unavailable when the connection of the resource breaks',
  }, async ({ connect, given }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await given('presence was directed', async () => {
      await juliet.send(`<presence to='${romeo.bare}'/>`)
      await romeo.next(isPresence(juliet.jid), 'directed presence')
    })
    juliet.destroy()
    await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
  })

  test('rfc6121/4.6.3/resource-that-was-never-available-is-told-gone', {
    section: '4.6.3',
    level: 'MUST',
    statement: 'directed presence from a resource without initial presence is followed by unavailable when it goes',
  }, async ({ connect, given }) => {
    const [juliet, romeo] = [await connect('juliet', { presence: false }), await connect('romeo')]
    await given('presence was directed', async () => {
      await juliet.send(`<presence to='${romeo.jid}'/>`)
      await romeo.next(isPresence(juliet.jid), 'directed presence')
    })
    await juliet.close()
    await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
  })

  test('rfc6121/4.6.1/directed-unavailable-ends-it', {
    section: '4.6.1',
    level: 'MUST',
    statement: 'who got directed unavailable presence is not told again when the resource goes offline',
  }, async ({ connect, given }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await given('presence was directed, then taken back', async () => {
      await juliet.send(`<presence to='${romeo.jid}'/>`)
      await romeo.next(isPresence(juliet.jid), 'directed presence')
      await juliet.send(`<presence to='${romeo.jid}' type='unavailable'/>`)
      await romeo.next(isPresence(juliet.jid, 'unavailable'), 'directed unavailable presence')
    })
    await juliet.send("<presence type='unavailable'/>")
    await juliet.marker(romeo)
    expect.none(romeo.seen(isPresenceOf(juliet.bare)), 'second unavailable presence')
  })

  test('rfc6121/4.6.3/directed-at-a-subscriber', {
    section: '4.6.3',
    level: 'SHOULD',
    statement: 'a subscriber who got directed unavailable presence still gets later broadcasts',
  }, async ({ connect, subscribe, given }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await subscribe(romeo, juliet)
    await given('unavailable presence was directed', async () => {
      await juliet.send(`<presence to='${romeo.bare}' type='unavailable'/>`)
      await romeo.next(isPresence(juliet.jid, 'unavailable'), 'directed unavailable presence')
    })
    await juliet.send('<presence><show>away</show></presence>')
    await romeo.next(isPresence(juliet.jid), 'broadcast presence')
  })

  test('rfc6121/4.6.1/subscription-takes-precedence', {
    section: '4.6.1',
    level: 'MUST',
    statement: 'who got directed presence and then a subscription gets later broadcasts as any subscriber',
  }, async ({ connect, subscribe, given }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await given('presence was directed', async () => {
      await juliet.send(`<presence to='${romeo.jid}'/>`)
      await romeo.next(isPresence(juliet.jid), 'directed presence')
    })
    await subscribe(romeo, juliet)
    await juliet.send('<presence><show>away</show></presence>')
    await romeo.next(
      (element) => isPresence(juliet.jid)(element) && element.getChildText('show') === 'away',
      'broadcast presence',
    )
  })

  test('rfc6121/8.5.2.1.2/presence-to-the-bare-jid', {
    section: '8.5.2.1.2',
    level: 'MUST',
    statement: 'presence to a bare JID goes to all available resources',
  }, async ({ connect }) => {
    const [phone, laptop] = [
      await connect('romeo', { resource: 'phone' }),
      await connect('romeo', { resource: 'laptop', priority: -1 }),
    ]
    const juliet = await connect('juliet')
    await juliet.send(`<presence to='${phone.bare}'><show>chat</show></presence>`)
    for (const session of [phone, laptop]) await session.next(isPresence(juliet.jid), 'directed presence')
  })

  test('rfc6121/8.5.2.1.2/to-is-not-rewritten', {
    section: '8.5.2.1.2',
    level: 'MUST',
    statement: "presence to a bare JID keeps its 'to' when it is delivered",
  }, async ({ connect }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await juliet.send(`<presence to='${romeo.bare}'/>`)
    expect.attribute(await romeo.next(isPresence(juliet.jid), 'directed presence'), 'to', romeo.bare)
  })

  test('rfc6121/8.5.3.1/presence-to-a-full-jid', {
    section: '8.5.3.1',
    level: 'MUST',
    statement: 'presence to a full JID goes to that resource, and to it alone',
  }, async ({ connect }) => {
    const [phone, laptop] = [
      await connect('romeo', { resource: 'phone' }),
      await connect('romeo', { resource: 'laptop' }),
    ]
    const juliet = await connect('juliet')
    await juliet.send(`<presence to='${phone.jid}'/>`)
    await phone.next(isPresence(juliet.jid), 'directed presence')
    await juliet.marker(laptop)
    expect.none(laptop.seen(isPresence(juliet.jid)), 'presence at another resource')
  })

  test('rfc6121/8.5.3.2.2/presence-to-no-resource', {
    section: '8.5.3.2.2',
    level: 'MUST',
    statement: 'presence to a full JID that matches no resource is silently ignored',
  }, async ({ connect, unique }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await juliet.send(`<presence to='${romeo.bare}/${unique('gone')}'/>`)
    await juliet.marker(romeo)
    await juliet.sync()
    expect.none(romeo.seen(isPresenceOf(juliet.bare)), 'presence at another resource')
    expect.none(juliet.seen(isPresenceOf(romeo.bare)), 'answer')
  })

  test('rfc6121/8.5.2.2.2/presence-is-not-stored', {
    section: '8.5.2.2.2',
    level: 'SHOULD',
    statement: 'presence to an account without resources is neither answered nor stored',
  }, async ({ connect, account }) => {
    const [juliet, { jid }] = [await connect('juliet'), await account('romeo')]
    await juliet.send(`<presence to='${jid}'><show>chat</show></presence>`)
    await juliet.send(`<presence to='${jid}' type='unavailable'/>`)
    await juliet.sync()
    expect.none(juliet.seen(isPresenceOf(jid)), 'answer')
    const romeo = await connect('romeo')
    await juliet.marker(romeo)
    expect.none(romeo.seen(isPresenceOf(juliet.bare)), 'presence from before the login')
  })

  test('rfc6121/8.5.1/presence-to-nobody', {
    section: '8.5.1',
    level: 'MUST',
    statement: 'presence to an account that does not exist is silently ignored',
  }, async ({ connect, unique, domain }) => {
    const [juliet, nobody] = [await connect('juliet'), `${unique('nobody')}@${domain}`]
    await juliet.send(`<presence to='${nobody}'/>`)
    await juliet.send(`<presence to='${nobody}' type='unavailable'/>`)
    await juliet.sync()
    expect.none(juliet.seen(isPresenceOf(nobody)), 'answer')
  })
})
