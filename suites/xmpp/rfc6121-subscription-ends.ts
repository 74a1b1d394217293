import { defineSuite, expect } from '../../harness/suite/index.ts'
import { comesBefore, isPresence, isPresenceOf, isPush, pushed, rfc6121, rosterItem } from './_rfc6121.ts'

export default defineSuite(rfc6121, ({ test }) => {
  test('rfc6121/3.2.2/cancellation-is-from-the-bare-jid', {
    section: '3.2.2',
    level: 'MUST',
    statement: "a cancellation is delivered to the user, stamped with the contact's bare JID",
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await subscribe(romeo, juliet)
    await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
    const cancellation = await romeo.presence(({ attrs }) => attrs.type === 'unsubscribed', 'a cancellation')
    expect.attribute(cancellation, 'from', juliet.bare)
  })

  test('rfc6121/3.2.2/cancellation-brings-unavailable-presence', {
    section: '3.2.2',
    level: 'MUST',
    statement: "a cancellation sends the user unavailable presence from all of the contact's online resources",
  }, async ({ connect, subscribe }) => {
    const romeo = await connect('romeo', { roster: true })
    const balcony = await connect('juliet', { resource: 'balcony' })
    await subscribe(romeo, balcony)
    const chamber = await connect('juliet', { resource: 'chamber' })
    await romeo.next(isPresence(chamber.jid), 'the presence of the second resource')
    await balcony.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
    for (const { jid } of [balcony, chamber]) await romeo.next(isPresence(jid, 'unavailable'), `${jid} unavailable`)
  })

  test('rfc6121/3.2.2/unavailable-comes-before-the-cancellation', {
    section: '3.2.2',
    level: 'MUST',
    statement: 'unavailable presence is sent before the cancellation, while the user is still subscribed',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await subscribe(romeo, juliet)
    await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
    const [first, second] = [isPresence(juliet.jid, 'unavailable'), isPresence(juliet.bare, 'unsubscribed')]
    const inOrder = await comesBefore(romeo, first, second, 'unavailable presence and a cancellation')
    expect.ok(inOrder, 'unavailable presence before the cancellation', 'the cancellation first')
  })

  test('rfc6121/3.2.2/cancellation-is-pushed-to-the-contact', {
    section: '3.2.2',
    level: 'MUST',
    statement: "after a cancellation all interested resources of the contact get a push with subscription='none'",
  }, async ({ connect, subscribe }) => {
    const romeo = await connect('romeo')
    const balcony = await connect('juliet', { resource: 'balcony', roster: true })
    const chamber = await connect('juliet', { resource: 'chamber', roster: true })
    await subscribe(romeo, balcony)
    await balcony.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
    for (const session of [balcony, chamber]) await pushed(session, romeo.bare, 'none')
  })

  test('rfc6121/3.2.2/cancelled-contact-sees-no-presence', {
    section: '3.2.2',
    level: 'none',
    security: true,
    statement: 'presence sent after a cancellation does not reach the former subscriber',
  }, async ({ connect, subscribe, given }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await subscribe(romeo, juliet)
    await given('the subscription is cancelled', async () => {
      await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
      await romeo.next(isPresence(juliet.bare, 'unsubscribed'), 'a cancellation')
    })
    await juliet.send('<presence><show>away</show></presence>')
    await juliet.marker(romeo)
    expect.none(romeo.seen(isPresence(juliet.jid)), 'presence of a contact who cancelled')
  })

  test('rfc6121/3.2.3/cancellation-comes-before-the-push', {
    section: '3.2.3',
    level: 'MUST',
    statement: "the user's interested resources get the cancellation first, then a push with subscription='none'",
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await subscribe(romeo, juliet)
    await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
    const [first, second] = [isPresence(juliet.bare, 'unsubscribed'), isPush(juliet.bare, 'none')]
    const inOrder = await comesBefore(romeo, first, second, 'a cancellation and a push')
    expect.ok(inOrder, 'the cancellation before the push', 'the push first')
  })

  test('rfc6121/3.2.3/half-of-a-mutual-subscription', {
    section: '3.2.3',
    level: 'MUST',
    statement: "cancelling one half of a mutual subscription leaves 'from' with the user and 'to' with the contact",
  }, async ({ connect, friends }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet', { roster: true })]
    await friends(romeo, juliet)
    await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
    await pushed(romeo, juliet.bare, 'from')
    await pushed(juliet, romeo.bare, 'to')
  })

  test('rfc6121/3.2.3/cancellation-of-nothing-is-ignored', {
    section: '3.2.3',
    level: 'MUST',
    statement: 'a cancellation from somebody the user is not subscribed to is not delivered and changes nothing',
  }, async ({ connect }) => {
    const [mallory, romeo] = [await connect('mallory'), await connect('romeo', { roster: true })]
    await mallory.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
    await mallory.marker(romeo)
    expect.none(romeo.seen(isPresenceOf(mallory.bare)), 'presence from a stranger')
    expect.none(romeo.seen(isPush(mallory.bare)), 'roster push about a stranger')
  })

  test('rfc6121/A.3.4/denial-ends-the-request', {
    section: 'A.3.4',
    level: 'MUST',
    statement: 'a denied request is told to the user and is no longer pending in the roster',
  }, async ({ connect, given }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await given('a request is pending', async () => {
      await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
      await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request')
      await pushed(romeo, juliet.bare, 'none')
    })
    await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
    await romeo.next(isPresence(juliet.bare, 'unsubscribed'), 'the denial')
    const item = await pushed(romeo, juliet.bare, 'none')
    expect.ok(!item.attrs.ask, 'no ask left', item)
  })

  test('rfc6121/3.3.2/unsubscribe-is-pushed-to-the-user', {
    section: '3.3.2',
    level: 'MUST',
    statement: "after unsubscribing all interested resources of the user get a push with subscription='none'",
  }, async ({ connect, subscribe }) => {
    const phone = await connect('romeo', { resource: 'phone', roster: true })
    const laptop = await connect('romeo', { resource: 'laptop', roster: true })
    const juliet = await connect('juliet')
    await subscribe(phone, juliet)
    laptop.take(isPush(juliet.bare))
    await phone.send(`<presence to='${juliet.bare}' type='unsubscribe'/>`)
    for (const session of [phone, laptop]) await pushed(session, juliet.bare, 'none')
  })

  test('rfc6121/3.3.2/unsubscribe-is-from-the-bare-jid', {
    section: '3.3.2',
    level: 'MUST',
    statement: "an unsubscribe is delivered to the contact, stamped with the user's bare JID",
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet', { roster: true })]
    await subscribe(romeo, juliet)
    await romeo.send(`<presence to='${juliet.bare}' type='unsubscribe'/>`)
    const unsubscribe = await juliet.presence(({ attrs }) => attrs.type === 'unsubscribe', 'an unsubscribe')
    expect.attribute(unsubscribe, 'from', romeo.bare)
  })

  test('rfc6121/3.3.3/unsubscribe-comes-before-the-push', {
    section: '3.3.3',
    level: 'MUST',
    statement: "the contact's interested resources get the unsubscribe first, then a push with subscription='none'",
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet', { roster: true })]
    await subscribe(romeo, juliet)
    await romeo.send(`<presence to='${juliet.bare}' type='unsubscribe'/>`)
    const [first, second] = [isPresence(romeo.bare, 'unsubscribe'), isPush(romeo.bare, 'none')]
    const inOrder = await comesBefore(juliet, first, second, 'an unsubscribe and a push')
    expect.ok(inOrder, 'the unsubscribe before the push', 'the push first')
  })

  test('rfc6121/3.3.3/unsubscribed-user-is-told-unavailable', {
    section: '3.3.3',
    level: 'MUST',
    statement: "who unsubscribes gets unavailable presence from each of the contact's available resources",
  }, async ({ connect, subscribe }) => {
    const romeo = await connect('romeo')
    const balcony = await connect('juliet', { resource: 'balcony' })
    await subscribe(romeo, balcony)
    const chamber = await connect('juliet', { resource: 'chamber' })
    await romeo.next(isPresence(chamber.jid), 'the presence of the second resource')
    await romeo.send(`<presence to='${balcony.bare}' type='unsubscribe'/>`)
    for (const { jid } of [balcony, chamber]) await romeo.next(isPresence(jid, 'unavailable'), `${jid} unavailable`)
  })

  test('rfc6121/3.3.3/half-of-a-mutual-subscription', {
    section: '3.3.3',
    level: 'MUST',
    statement: "unsubscribing from a mutual contact leaves 'from' with the user and 'to' with the contact",
  }, async ({ connect, friends }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet', { roster: true })]
    await friends(romeo, juliet)
    await romeo.send(`<presence to='${juliet.bare}' type='unsubscribe'/>`)
    await pushed(romeo, juliet.bare, 'from')
    await pushed(juliet, romeo.bare, 'to')
  })

  test('rfc6121/3.3.3/unsubscribe-of-a-stranger-is-ignored', {
    section: '3.3.3',
    level: 'MUST',
    statement: 'an unsubscribe from somebody who is not subscribed is not delivered and changes nothing',
  }, async ({ connect }) => {
    const [mallory, juliet] = [await connect('mallory'), await connect('juliet', { roster: true })]
    await mallory.send(`<presence to='${juliet.bare}' type='unsubscribe'/>`)
    await mallory.marker(juliet)
    expect.none(juliet.seen(isPresenceOf(mallory.bare)), 'presence from a stranger')
    expect.none(juliet.seen(isPush(mallory.bare)), 'roster push about a stranger')
    const item = await rosterItem(juliet, mallory.bare)
    expect.none(item ? [item] : [], 'roster item for a stranger')
  })

  test('rfc6121/3.3.3/unsubscribe-withdraws-a-request', {
    section: '3.3.3',
    level: 'MUST',
    statement: 'an unsubscribe removes the record of a request that the contact has not answered',
  }, async ({ connect, account }) => {
    const [romeo, { jid }] = [await connect('romeo', { roster: true }), await account('juliet')]
    await romeo.send(`<presence to='${jid}' type='subscribe'/>`)
    await romeo.send(`<presence to='${jid}' type='unsubscribe'/>`)
    await romeo.sync()
    const juliet = await connect('juliet')
    await romeo.marker(juliet)
    expect.none(juliet.seen(isPresence(romeo.bare, 'subscribe')), 'request that was withdrawn')
  })

  test('rfc6121/A.2.2/unsubscribe-ends-ask', {
    section: 'A.2.2',
    level: 'MUST',
    statement: 'an unsubscribe ends a pending request in the roster of the user',
  }, async ({ connect, account }) => {
    const [romeo, { jid }] = [await connect('romeo', { roster: true }), await account('juliet')]
    await romeo.send(`<presence to='${jid}' type='subscribe'/>`)
    await pushed(romeo, jid, 'none')
    await romeo.send(`<presence to='${jid}' type='unsubscribe'/>`)
    await romeo.sync()
    const item = await rosterItem(romeo, jid)
    expect.ok(!item?.attrs.ask, 'no ask left', item ?? 'none')
  })
})
