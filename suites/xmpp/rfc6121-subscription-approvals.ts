import { defineSuite, expect, type Session } from '../../harness/suite/index.ts'
import { comesBefore, isPresence, isPush, pushed, rfc6121, rosterItem } from './_rfc6121.ts'

/** `user` asks `contact` for a subscription, and the request arrives. */
async function asked(user: Session, contact: Session): Promise<void> {
  await user.send(`<presence to='${contact.bare}' type='subscribe'/>`)
  await contact.next(isPresence(user.bare, 'subscribe'), 'the subscription request')
}

export default defineSuite(rfc6121, ({ test }) => {
  test('rfc6121/3.1.5/approval-is-from-the-bare-jid', {
    section: '3.1.5',
    level: 'MUST',
    statement: "an approval is delivered to the user, stamped with the contact's bare JID",
  }, async ({ connect, given }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await given('a request is pending', () => asked(romeo, juliet))
    await juliet.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    const approval = await romeo.presence(({ attrs }) => attrs.type === 'subscribed', 'an approval')
    expect.attribute(approval, 'from', juliet.bare)
  })

  test('rfc6121/3.1.5/approver-gets-a-push', {
    section: '3.1.5',
    level: 'MUST',
    statement: "after an approval all interested resources of the contact get a push with subscription='from'",
  }, async ({ connect, given }) => {
    const romeo = await connect('romeo')
    const balcony = await connect('juliet', { resource: 'balcony', roster: true })
    const chamber = await connect('juliet', { resource: 'chamber', roster: true })
    await given('a request is pending', () => asked(romeo, balcony))
    await balcony.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    for (const session of [balcony, chamber]) await pushed(session, romeo.bare, 'from')
  })

  test('rfc6121/3.1.5/approval-brings-current-presence', {
    section: '3.1.5',
    level: 'MUST',
    statement: "after an approval the user gets the current presence of each of the contact's available resources",
  }, async ({ connect, given }) => {
    const romeo = await connect('romeo')
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    await chamber.send('<presence><show>dnd</show><status>asleep</status></presence>')
    await chamber.sync()
    await given('a request is pending', () => asked(romeo, balcony))
    await balcony.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    await romeo.next(isPresence(balcony.jid), 'the presence of one resource')
    const presence = await romeo.next(isPresence(chamber.jid), 'the presence of the other resource')
    expect.equal(presence.getChildText('show'), 'dnd', 'the current show')
    expect.equal(presence.getChildText('status'), 'asleep', 'the current status')
  })

  test('rfc6121/3.1.6/approval-reaches-interested-resources', {
    section: '3.1.6',
    level: 'MUST',
    statement: "an approval is delivered to all of the user's interested resources",
  }, async ({ connect, given }) => {
    const phone = await connect('romeo', { resource: 'phone', roster: true })
    const laptop = await connect('romeo', { resource: 'laptop', roster: true })
    const juliet = await connect('juliet')
    await given('a request is pending', () => asked(phone, juliet))
    await juliet.send(`<presence to='${phone.bare}' type='subscribed'/>`)
    for (const session of [phone, laptop]) await session.next(isPresence(juliet.bare, 'subscribed'), 'the approval')
  })

  test('rfc6121/3.1.6/approval-comes-before-the-push', {
    section: '3.1.6',
    level: 'MUST',
    statement: 'the approval is delivered before the roster push that follows from it',
  }, async ({ connect, given }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await given('a request is pending', () => asked(romeo, juliet))
    await juliet.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    const [approval, push] = [isPresence(juliet.bare, 'subscribed'), isPush(juliet.bare, 'to')]
    const inOrder = await comesBefore(romeo, approval, push, 'an approval and a push')
    expect.ok(inOrder, 'the approval before the push', 'the push first')
  })

  test('rfc6121/3.1.6/approval-is-pushed-to-the-user', {
    section: '3.1.6',
    level: 'MUST',
    statement: "after an approval all interested resources of the user get a push with subscription='to' and no ask",
  }, async ({ connect, given }) => {
    const phone = await connect('romeo', { resource: 'phone', roster: true })
    const laptop = await connect('romeo', { resource: 'laptop', roster: true })
    const juliet = await connect('juliet')
    await given('a request is pending', () => asked(phone, juliet))
    await juliet.send(`<presence to='${phone.bare}' type='subscribed'/>`)
    for (const session of [phone, laptop]) {
      const item = await pushed(session, juliet.bare, 'to')
      expect.ok(!item.attrs.ask, 'no ask left', item)
    }
  })

  test('rfc6121/3.1.6/presence-reaches-all-resources-of-the-user', {
    section: '3.1.6',
    level: 'MUST',
    statement: "after an approval the contact's presence goes to each of the user's available resources",
  }, async ({ connect, given }) => {
    const [phone, laptop] = [
      await connect('romeo', { resource: 'phone' }),
      await connect('romeo', { resource: 'laptop' }),
    ]
    const juliet = await connect('juliet')
    await given('a request is pending', () => asked(phone, juliet))
    await juliet.send(`<presence to='${phone.bare}' type='subscribed'/>`)
    for (const session of [phone, laptop]) await session.next(isPresence(juliet.jid), 'the presence of the contact')
  })

  test('rfc6121/3.1.6/unasked-approval-is-ignored', {
    section: '3.1.6',
    level: 'MUST',
    security: true,
    statement: 'an approval that nobody asked for is not delivered and changes no roster',
  }, async ({ connect }) => {
    const [mallory, romeo] = [await connect('mallory'), await connect('romeo', { roster: true })]
    await mallory.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    await mallory.marker(romeo)
    expect.none(romeo.seen(isPresence(mallory.bare, 'subscribed')), 'approval that nobody asked for')
    expect.none(romeo.seen(isPush(mallory.bare)), 'roster push about it')
    const item = await rosterItem(romeo, mallory.bare)
    expect.none(item ? [item] : [], 'roster item for the stranger')
  })

  test('rfc6121/A.3.3/second-approval-makes-it-mutual', {
    section: 'A.3.3',
    level: 'MUST',
    statement: "a subscription approved in both directions is 'both' in both rosters",
  }, async ({ connect, given, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet', { roster: true })]
    await subscribe(juliet, romeo)
    await given('the other direction is asked for', () => asked(romeo, juliet))
    await juliet.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    await pushed(romeo, juliet.bare, 'both')
    await pushed(juliet, romeo.bare, 'both')
  })

  test('rfc6121/A.2.1/request-of-a-publisher-is-pending', {
    section: 'A.2.1',
    level: 'MUST',
    statement: "a request to one's own subscriber gives subscription='from' with ask='subscribe'",
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await subscribe(juliet, romeo)
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    const item = await pushed(romeo, juliet.bare, 'from')
    expect.attribute(item, 'ask', 'subscribe')
  })

  test('rfc6121/A.2.3/approval-while-asking-oneself', {
    section: 'A.2.3',
    level: 'MUST',
    statement: "approving a request while one's own is pending gives subscription='from' with ask='subscribe'",
  }, async ({ connect, given }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await given('requests are pending both ways', async () => {
      await asked(romeo, juliet)
      await asked(juliet, romeo)
    })
    await romeo.send(`<presence to='${juliet.bare}' type='subscribed'/>`)
    const item = await pushed(romeo, juliet.bare, 'from')
    expect.attribute(item, 'ask', 'subscribe')
  })

  test('rfc6121/A.2.3/second-approval-changes-nothing', {
    section: 'A.2.3',
    level: 'MUST',
    statement: 'an approval for somebody who is subscribed already is not routed',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet', { roster: true })]
    await subscribe(romeo, juliet)
    await juliet.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    await juliet.marker(romeo)
    expect.none(romeo.seen(isPresence(juliet.bare, 'subscribed')), 'second approval')
    const item = await rosterItem(juliet, romeo.bare)
    expect.equal(item?.attrs.subscription, 'from', 'the subscription of the contact')
  })
})
