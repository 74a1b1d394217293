import { defineSuite, type Element, expect } from '../../harness/suite/index.ts'
import { isPresence, isPresenceOf, rfc6121, settled } from './_rfc6121.ts'

const c = `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://assay.test' ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/>`

export default defineSuite(rfc6121, ({ test }) => {
  test('rfc6121/4.2.2/initial-presence-reaches-subscribers', {
    section: '4.2.2',
    level: 'MUST',
    statement: "initial presence is sent from the user's full JID to those who are subscribed to it",
  }, async ({ connect, subscribe }) => {
    const [romeo, balcony] = [await connect('romeo'), await connect('juliet', { resource: 'balcony' })]
    await subscribe(romeo, balcony)
    const chamber = await connect('juliet', { resource: 'chamber', presence: false })
    await chamber.send('<presence/>')
    await romeo.next(isPresence(chamber.jid), 'the initial presence of the contact')
  })

  test('rfc6121/4.2.2/initial-presence-reaches-own-resources', {
    section: '4.2.2',
    level: 'MUST',
    statement: "initial presence is sent to all of the user's own available resources",
  }, async ({ connect }) => {
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    await balcony.next(isPresence(chamber.jid), 'the presence of the other resource')
  })

  test('rfc6121/4.2.2/initial-presence-comes-back', {
    section: '4.2.2',
    level: 'MUST',
    statement: 'initial presence is sent to the resource that it is from, too',
  }, async ({ connect }) => {
    const juliet = await connect('juliet', { presence: false })
    await juliet.send('<presence><show>chat</show></presence>')
    const echo = await juliet.next(isPresence(juliet.jid), 'our own presence')
    expect.equal(echo.getChildText('show'), 'chat', 'the show of our own presence')
  })

  test('rfc6121/4.2.2/strangers-get-no-presence', {
    section: '4.2.2',
    level: 'none',
    security: true,
    control: 'rfc6121/4.2.2/initial-presence-reaches-subscribers',
    statement: 'broadcast presence does not reach accounts that are not subscribed to it',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet', { resource: 'balcony' })]
    // Juliet sees Romeo; Romeo does not see Juliet.
    await subscribe(juliet, romeo)
    const chamber = await connect('juliet', { resource: 'chamber' })
    await chamber.send('<presence><show>away</show></presence>')
    await chamber.marker(romeo)
    expect.none(romeo.seen(isPresence(chamber.jid)), 'presence of an account one is not subscribed to')
  })

  test('rfc6121/4.2.3/presence-reaches-all-resources-of-a-subscriber', {
    section: '4.2.3',
    level: 'MUST',
    statement: "a subscriber's server delivers presence to all of the subscriber's available resources",
  }, async ({ connect, subscribe }) => {
    const [phone, laptop] = [
      await connect('romeo', { resource: 'phone' }),
      await connect('romeo', { resource: 'laptop' }),
    ]
    const balcony = await connect('juliet', { resource: 'balcony' })
    await subscribe(phone, balcony)
    const chamber = await connect('juliet', { resource: 'chamber' })
    for (const session of [phone, laptop]) await session.next(isPresence(chamber.jid), 'the presence of the contact')
  })

  test('rfc6121/4.3.2/presence-of-contacts-at-login', {
    section: '4.3.2',
    level: 'MUST',
    statement: 'who becomes available gets the last presence of each available resource of a contact in full',
  }, async ({ connect, subscribe }) => {
    const balcony = await connect('juliet', { resource: 'balcony' })
    const chamber = await connect('juliet', { resource: 'chamber' })
    const early = await connect('romeo', { resource: 'early' })
    await subscribe(early, balcony)
    await early.close()
    await balcony.send(`<presence><show>xa</show><status>balcony</status><priority>3</priority>${c}</presence>`)
    await balcony.sync()
    const romeo = await connect('romeo', { resource: 'late', presence: false })
    await romeo.send('<presence/>')
    const presence = await romeo.next(isPresence(balcony.jid), 'the presence of one resource')
    expect.equal(presence.getChildText('show'), 'xa', 'the show')
    expect.equal(presence.getChildText('status'), 'balcony', 'the status')
    expect.equal(presence.getChildText('priority'), '3', 'the priority')
    expect.child(presence, 'c', 'http://jabber.org/protocol/caps')
    await romeo.next(isPresence(chamber.jid), 'the presence of the other resource')
  })

  test('rfc6121/4.4.2/update-reaches-subscribers-in-full', {
    section: '4.4.2',
    level: 'MUST',
    statement: 'a presence update is sent to subscribers in full: show, status, priority, language and extensions',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    const inside = `<show>dnd</show><status>Wooing</status><status xml:lang='cs'>Dvořím se</status><priority>1</priority>${c}`
    await juliet.send(`<presence>${inside}</presence>`)
    const isUpdate = (element: Element) => isPresence(juliet.jid)(element) && element.getChildText('show') === 'dnd'
    const presence = await romeo.next(isUpdate, 'the update')
    const statuses = presence.getChildren('status')
    expect.equal(
      statuses.find((status) => status.attrs['xml:lang'] === 'cs')?.getText(),
      'Dvořím se',
      'the Czech status',
    )
    expect.ok(
      statuses.some((status) => status.getText() === 'Wooing'),
      'the other status',
      presence,
    )
    expect.equal(presence.getChildText('priority'), '1', 'the priority')
    expect.attribute(
      expect.child(presence, 'c', 'http://jabber.org/protocol/caps'),
      'ver',
      'q07IKJEyjvHSyhy//CH0CxmKi8w=',
    )
  })

  test('rfc6121/4.4.2/update-keeps-its-id', {
    section: '4.4.2',
    level: 'MUST',
    statement: "a presence update is sent to subscribers in full, its 'id' included",
  }, async ({ connect, subscribe, unique }) => {
    const [romeo, juliet, id] = [await connect('romeo'), await connect('juliet'), unique('update')]
    await subscribe(romeo, juliet)
    await juliet.send(`<presence id='${id}'><show>dnd</show></presence>`)
    const isUpdate = (element: Element) => isPresence(juliet.jid)(element) && element.getChildText('show') === 'dnd'
    expect.attribute(await romeo.next(isUpdate, 'the update'), 'id', id)
  })

  test('rfc6121/4.4.2/update-reaches-own-resources', {
    section: '4.4.2',
    level: 'MUST',
    statement: "a presence update is sent to all of the user's own available resources, its sender among them",
  }, async ({ connect }) => {
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    await balcony.send('<presence><show>away</show></presence>')
    for (const session of [balcony, chamber]) {
      await session.next(
        (element) => isPresence(balcony.jid)(element) && element.getChildText('show') === 'away',
        'the update',
      )
    }
  })

  test('rfc6121/4.5.2/unavailable-reaches-subscribers-in-full', {
    section: '4.5.2',
    level: 'MUST',
    statement: 'unavailable presence is sent to subscribers with the status that the client put into it',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    await juliet.send("<presence type='unavailable'><status>going on vacation</status></presence>")
    const presence = await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
    expect.equal(presence.getChildText('status'), 'going on vacation', 'the status')
  })

  test('rfc6121/4.5.2/unavailable-reaches-own-resources', {
    section: '4.5.2',
    level: 'MUST',
    statement: "unavailable presence is sent to the user's other available resources",
  }, async ({ connect }) => {
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    await balcony.send("<presence type='unavailable'/>")
    await chamber.next(isPresence(balcony.jid, 'unavailable'), 'unavailable presence of the other resource')
  })

  test('rfc6121/4.5.2/unavailable-comes-back', {
    section: '4.5.2',
    level: 'MUST',
    statement: 'unavailable presence is sent to the resource that it is from, too',
  }, async ({ connect }) => {
    const juliet = await connect('juliet')
    await juliet.send("<presence type='unavailable'/>")
    await juliet.sync()
    const echoes = juliet.take(isPresence(juliet.jid, 'unavailable'))
    expect.ok(echoes.length > 0, 'our own unavailable presence', 'nothing')
  })

  test('rfc6121/4.5.2/closed-stream-is-told', {
    section: '4.5.2',
    level: 'MUST',
    statement: 'subscribers are told unavailable when a client closes its stream without saying so',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    await juliet.close()
    await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
  })

  test('rfc6121/4.5.2/broken-connection-is-told', {
    section: '4.5.2',
    level: 'MUST',
    statement: "subscribers are told unavailable when a client's connection breaks",
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    juliet.destroy()
    await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
  })

  test('rfc6121/4.5.2/available-again', {
    section: '4.5.2',
    level: 'MUST',
    statement: 'presence sent after unavailable presence is broadcast as initial presence of a new presence session',
  }, async ({ connect, subscribe, given }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    await given('the contact went unavailable', async () => {
      await juliet.send("<presence type='unavailable'/>")
      await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
    })
    await juliet.send('<presence><show>chat</show></presence>')
    const presence = await romeo.next(isPresence(juliet.jid), 'presence again')
    expect.equal(presence.getChildText('show'), 'chat', 'the show')
  })

  test('rfc6121/4.5.3/unavailable-resource-is-told-nothing', {
    section: '4.5.3',
    level: 'none',
    statement: 'a resource that went unavailable gets no presence of contacts any more',
  }, async ({ connect, friends }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await friends(romeo, juliet)
    await romeo.send("<presence type='unavailable'/>")
    await romeo.sync()
    romeo.take(isPresenceOf(juliet.bare))
    await juliet.send('<presence><show>dnd</show></presence>')
    await juliet.marker(romeo)
    expect.none(romeo.seen(isPresence(juliet.jid)), 'presence at a resource that is not available')
  })

  test('rfc6121/4.7.1/unknown-type', {
    section: '4.7.1',
    level: 'SHOULD',
    statement: 'presence of a type that does not exist is refused with <bad-request/>',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const id = unique()
    await romeo.send(`<presence to='${juliet.bare}' type='available' id='${id}'/>`)
    await settled(romeo, juliet)
    const [answer] = romeo.take(({ attrs }) => attrs.id === id)
    expect.ok(answer, 'an error', 'nothing', 'ignored')
    expect.error(answer, 'bad-request')
  })

  for (const priority of [-128, 127]) {
    test(`rfc6121/4.7.2.3/priority-${priority < 0 ? 'minus-128' : '127'}`, {
      section: '4.7.2.3',
      level: 'MUST',
      statement: `a priority of ${priority} is told to subscribers as it is, or as the server changed it in the echo`,
    }, async ({ connect, subscribe, given }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await subscribe(romeo, juliet)
      await juliet.send(`<presence><show>xa</show><priority>${priority}</priority></presence>`)
      const isUpdate = (element: Element) => isPresence(juliet.jid)(element) && element.getChildText('show') === 'xa'
      const echo = await given('the owner is told its own presence', () => juliet.next(isUpdate, 'the echo'))
      const presence = await romeo.next(isUpdate, 'the presence at the subscriber')
      const expected = echo.getChildText('priority') ?? '0'
      expect.equal(presence.getChildText('priority') ?? '0', expected, 'the priority that the owner was told')
    })
  }

  test('rfc6121/4.7.2.3/no-priority-is-zero', {
    section: '4.7.2.3',
    level: 'MUST',
    statement:
      'a resource without a priority counts as priority 0: it gets messages to the bare JID, one of priority -1 does not',
  }, async ({ connect, unique }) => {
    const [plain, below] = [
      await connect('juliet', { resource: 'plain' }),
      await connect('juliet', { resource: 'below', priority: -1 }),
    ]
    const romeo = await connect('romeo')
    const body = unique('body')
    await romeo.send(`<message to='${plain.bare}' type='normal'><body>${body}</body></message>`)
    await plain.message((message) => message.getChildText('body') === body, 'the message')
    await romeo.marker(below)
    expect.none(
      below.seen((message) => message.getChildText('body') === body),
      'message at priority -1',
    )
  })
})
