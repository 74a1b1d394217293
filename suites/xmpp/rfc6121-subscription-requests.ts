import { defineSuite, expect } from '../../harness/suite/index.ts'
import { isPresence, isPresenceOf, isPush, pushed, rfc6121, rosterItem, rosterSet } from './_rfc6121.ts'

export default defineSuite(rfc6121, ({ test }) => {
  test('rfc6121/3.1.2/request-is-from-the-bare-jid', {
    section: '3.1.2',
    level: 'MUST',
    statement: "a subscription request is stamped with the sender's bare JID",
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    const request = await juliet.presence((presence) => presence.attrs.type === 'subscribe', 'a subscription request')
    expect.attribute(request, 'from', romeo.bare)
  })

  test('rfc6121/3.1.2/pending-request-is-pushed', {
    section: '3.1.2',
    level: 'MUST',
    statement: "after a request all interested resources of the user get a push with ask='subscribe'",
  }, async ({ connect }) => {
    const phone = await connect('romeo', { resource: 'phone', roster: true })
    const laptop = await connect('romeo', { resource: 'laptop', roster: true })
    const juliet = await connect('juliet')
    await phone.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    for (const session of [phone, laptop]) {
      const item = await pushed(session, juliet.bare, 'none')
      expect.attribute(item, 'ask', 'subscribe')
    }
  })

  test('rfc6121/3.1.2/request-to-a-full-jid', {
    section: '3.1.2',
    level: 'SHOULD',
    statement: 'a request to a full JID is treated as one to the bare JID',
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    const other = await connect('juliet', { resource: 'other' })
    await romeo.send(`<presence to='${juliet.jid}' type='subscribe'/>`)
    const item = await pushed(romeo, juliet.bare)
    expect.attribute(item, 'ask', 'subscribe')
    for (const session of [juliet, other]) {
      const request = await session.next(isPresence(romeo.bare, 'subscribe'), 'the request at each resource')
      expect.attribute(request, 'to', juliet.bare)
    }
  })

  test('rfc6121/3.1.1/name-before-the-request', {
    section: '3.1.1',
    level: 'MUST',
    statement: 'a contact can be named by a roster set first and be asked afterwards: name and subscription stay',
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    expect.result(await romeo.iq(rosterSet(`<item jid='${juliet.bare}' name='Juliet'/>`)))
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request')
    await juliet.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    expect.attribute(await pushed(romeo, juliet.bare, 'to'), 'name', 'Juliet')
  })

  test('rfc6121/3.1.1/name-after-the-request', {
    section: '3.1.1',
    level: 'MUST',
    statement: 'a contact can be asked first and be named by a roster set afterwards: the request is still pending',
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request')
    await romeo.sync()
    expect.result(await romeo.iq(rosterSet(`<item jid='${juliet.bare}' name='Juliet'/>`)))
    await juliet.send(`<presence to='${romeo.bare}' type='subscribed'/>`)
    expect.attribute(await pushed(romeo, juliet.bare, 'to'), 'name', 'Juliet')
  })

  test('rfc6121/3.1.3/request-reaches-all-available-resources', {
    section: '3.1.3',
    level: 'MUST',
    statement: 'a request is sent to all available resources of the contact',
  }, async ({ connect }) => {
    const romeo = await connect('romeo')
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    await romeo.send(`<presence to='${balcony.bare}' type='subscribe'/>`)
    for (const session of [balcony, chamber]) await session.next(isPresence(romeo.bare, 'subscribe'), 'the request')
  })

  test('rfc6121/3.1.3/not-approved-by-itself', {
    section: '3.1.3',
    level: 'MUST',
    security: true,
    statement: 'a request that nobody approved gives no subscription and no presence',
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request')
    await juliet.send('<presence><show>away</show></presence>')
    await juliet.marker(romeo)
    expect.none(romeo.seen(isPresence(juliet.bare, 'subscribed')), 'approval')
    expect.none(romeo.seen(isPresence(juliet.jid)), 'presence of the contact')
    const item = await rosterItem(romeo, juliet.bare)
    expect.ok((item?.attrs.subscription ?? 'none') === 'none', "subscription='none'", item ?? 'none')
  })

  test('rfc6121/3.1.3/request-adds-nobody-to-the-contacts-roster', {
    section: '3.1.3',
    level: 'MUST',
    statement: "until it is approved a request adds no item to the contact's roster",
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet', { roster: true })]
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request')
    await romeo.marker(juliet)
    const item = await rosterItem(juliet, romeo.bare)
    expect.none(item ? [item] : [], 'item for the user who asks')
    expect.none(juliet.seen(isPush(romeo.bare)), 'roster push about the user who asks')
  })

  test('rfc6121/3.1.3/request-waits-for-the-contact', {
    section: '3.1.3',
    level: 'MUST',
    statement: 'a request to a contact who is offline is delivered when the contact becomes available',
  }, async ({ connect, account }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    await romeo.send(`<presence to='${jid}' type='subscribe'/>`)
    await romeo.sync()
    const juliet = await connect('juliet', { presence: false })
    await juliet.send('<presence/>')
    await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request that waited')
  })

  test('rfc6121/3.1.3/stored-request-is-complete', {
    section: '3.1.3',
    level: 'MUST',
    statement: 'a request is kept for an offline contact as the complete stanza, status and extensions included',
  }, async ({ connect, account, unique }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    const word = unique('nick')
    const inside = `<status>It is ${word}</status><nick xmlns='http://jabber.org/protocol/nick'>${word}</nick>`
    await romeo.send(`<presence to='${jid}' type='subscribe'>${inside}</presence>`)
    await romeo.sync()
    const juliet = await connect('juliet', { presence: false })
    await juliet.send('<presence/>')
    const request = await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request that waited')
    expect.equal(request.getChildText('status'), `It is ${word}`, 'the status')
    expect.equal(expect.child(request, 'nick', 'http://jabber.org/protocol/nick').getText(), word, 'the nickname')
  })

  test('rfc6121/3.1.3/stored-request-comes-once', {
    section: '3.1.3',
    level: 'MUST',
    statement: 'an offline contact who was asked several times by the same user gets one request',
  }, async ({ connect, account }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    for (const status of ['one', 'two', 'three']) {
      await romeo.send(`<presence to='${jid}' type='subscribe'><status>${status}</status></presence>`)
    }
    await romeo.sync()
    const juliet = await connect('juliet', { presence: false })
    await juliet.send('<presence/>')
    await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request that waited')
    await juliet.sync()
    await romeo.marker(juliet)
    expect.none(juliet.seen(isPresence(romeo.bare, 'subscribe')), 'second request')
  })

  test('rfc6121/3.1.3/request-is-repeated-until-answered', {
    section: '3.1.3',
    level: 'MUST',
    statement: 'an unanswered request is delivered again whenever the contact becomes available',
  }, async ({ connect, account, given }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    await given('the contact saw the request once', async () => {
      await romeo.send(`<presence to='${jid}' type='subscribe'/>`)
      await romeo.sync()
      const juliet = await connect('juliet')
      await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request that waited')
      await juliet.close()
    })
    const juliet = await connect('juliet', { presence: false })
    await juliet.send('<presence/>')
    await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request, again')
  })

  test('rfc6121/3.1.3/answered-request-is-not-repeated', {
    section: '3.1.3',
    level: 'MUST',
    statement: 'a request that the contact denied is not delivered again',
  }, async ({ connect, account, given }) => {
    const [romeo, { jid }] = [await connect('romeo', { roster: true }), await account('juliet')]
    await given('the contact denied the request', async () => {
      await romeo.send(`<presence to='${jid}' type='subscribe'/>`)
      await romeo.sync()
      const juliet = await connect('juliet')
      await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request that waited')
      await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
      await romeo.next(isPresence(jid, 'unsubscribed'), 'the denial')
      await juliet.close()
    })
    const juliet = await connect('juliet')
    await romeo.marker(juliet)
    expect.none(juliet.seen(isPresenceOf(romeo.bare)), 'presence from the user who was denied')
  })

  test('rfc6121/A.3.1/repeated-request-is-not-shown-again', {
    section: 'A.3.1',
    level: 'SHOULD',
    statement: 'a second request while the first is unanswered is not delivered to the contact again',
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the first request')
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await romeo.marker(juliet)
    expect.none(juliet.seen(isPresence(romeo.bare, 'subscribe')), 'second request')
  })

  test('rfc6121/A.3.1/request-of-a-subscriber-is-not-shown', {
    section: 'A.3.1',
    level: 'SHOULD',
    statement: 'a request of a user who is subscribed already is not delivered to the contact',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await romeo.marker(juliet)
    expect.none(juliet.seen(isPresence(romeo.bare, 'subscribe')), 'request of a user who is subscribed')
  })

  test('rfc6121/A.2.1/request-of-a-subscriber-changes-nothing', {
    section: 'A.2.1',
    level: 'MUST',
    statement: "a request to a contact whom the user is subscribed to leaves the state at 'to'",
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo', { roster: true }), await connect('juliet')]
    await subscribe(romeo, juliet)
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await romeo.marker(juliet)
    const item = await rosterItem(romeo, juliet.bare)
    expect.ok(item?.attrs.subscription === 'to' && !item.attrs.ask, "subscription='to' without ask", item ?? 'no item')
  })

  test('rfc6121/8.5.1/request-to-nobody', {
    section: '8.5.1',
    level: 'none',
    statement: 'a request to an account that does not exist is ignored (§8.5.1) or refused (§3.1.2), never approved',
  }, async ({ connect, unique, domain }) => {
    const romeo = await connect('romeo', { roster: true })
    const nobody = `${unique('nobody')}@${domain}`
    await romeo.send(`<presence to='${nobody}' type='subscribe'/>`)
    await romeo.sync()
    const answers = romeo.take((element) => isPresenceOf(nobody)(element) && element.attrs.type !== 'error')
    expect.none(
      answers.filter(({ attrs }) => attrs.type !== 'unavailable' && attrs.type !== 'unsubscribed'),
      'approval or presence of nobody',
    )
    const item = await rosterItem(romeo, nobody)
    expect.ok(['none', undefined].includes(item?.attrs.subscription), 'no subscription', item ?? 'none')
  })
})
