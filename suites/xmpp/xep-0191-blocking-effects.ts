import { defineSuite, type Element, expect } from '../../harness/suite/index.ts'
import { change, hasId, requires, xep0191 } from './_blocking.ts'
import { settled } from './_rfc6121.ts'

const isFrom = (bare: string) => (element: Element) => (element.attrs.from ?? '').split('/')[0] === bare

export default defineSuite({ ...xep0191, requires }, ({ test }) => {
  test('xep-0191/3.3/subscriber-is-told-unavailable', {
    section: '3.3',
    level: 'MUST',
    statement: 'a block sends the blocked contact unavailable presence where the contact is subscribed',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    await change(juliet, 'block', romeo.bare)
    await romeo.presence(
      ({ attrs }) => attrs.from === juliet.jid && attrs.type === 'unavailable',
      'unavailable presence',
    )
  })

  test('xep-0191/3.3/stranger-is-told-nothing', {
    section: '3.3',
    level: 'MUST',
    statement: 'a block sends nothing to somebody who is not shown presence',
  }, async ({ connect }) => {
    const [romeo, juliet, nurse] = [await connect('romeo'), await connect('juliet'), await connect('nurse')]
    await change(juliet, 'block', romeo.bare)
    await juliet.sync()
    await nurse.marker(romeo)
    expect.none(romeo.seen(isFrom(juliet.bare)), 'stanza to a stranger who was blocked')
  })

  test('xep-0191/3.3/presence-updates-stay-away', {
    section: '3.3',
    level: 'MUST',
    statement: "the user's later presence is not sent to a blocked subscriber",
  }, async ({ connect, subscribe, given }) => {
    const [romeo, juliet, nurse] = [await connect('romeo'), await connect('juliet'), await connect('nurse')]
    await subscribe(romeo, juliet)
    await given('the subscriber is blocked', async () => {
      await change(juliet, 'block', romeo.bare)
      await juliet.sync()
      await nurse.marker(romeo)
    })
    await juliet.send("<presence id='after-block'><show>away</show></presence>")
    await juliet.sync()
    await nurse.marker(romeo)
    expect.none(romeo.seen(hasId('after-block')), 'presence for a blocked subscriber')
  })

  for (const to of ['bare', 'full'] as const) {
    test(`xep-0191/3.3/message-to-the-${to}-jid-stays-away`, {
      section: '3.3',
      level: 'MUST',
      statement: `a message of a blocked contact to the ${to} JID is not delivered`,
    }, async ({ connect, unique }) => {
      const [romeo, juliet, nurse] = [await connect('romeo'), await connect('juliet'), await connect('nurse')]
      const id = unique('message')
      await change(juliet, 'block', romeo.bare)
      await romeo.send(
        `<message to='${to === 'bare' ? juliet.bare : juliet.jid}' type='chat' id='${id}'><body>hey</body></message>`,
      )
      await romeo.sync()
      await nurse.marker(juliet)
      expect.none(juliet.seen(isFrom(romeo.bare)), 'message of a blocked contact')
    })
  }

  test('xep-0191/3.3/message-is-refused', {
    section: '3.3',
    level: 'SHOULD',
    statement: 'a message of a blocked contact is answered with <service-unavailable/>',
  }, async ({ connect, unique }) => {
    const [romeo, juliet, id] = [await connect('romeo'), await connect('juliet'), unique('message')]
    await change(juliet, 'block', romeo.bare)
    await romeo.send(`<message to='${juliet.bare}' type='chat' id='${id}'><body>hey</body></message>`)
    await settled(romeo, juliet)
    const [answer] = romeo.take(hasId(id))
    expect.ok(answer, 'an error', 'nothing', 'silent')
    expect.error(answer, 'service-unavailable')
  })

  test('xep-0191/3.3/nothing-is-stored', {
    section: '3.3',
    level: 'MUST',
    statement: 'a message that a blocked contact sent while the user was offline is not delivered later',
  }, async ({ connect, given, unique }) => {
    const [romeo, nurse] = [await connect('romeo'), await connect('nurse')]
    const { bare } = await given('a block by a user who left', async () => {
      const early = await connect('juliet')
      await change(early, 'block', romeo.bare)
      await early.close()
      return early
    })
    const [id, other] = [unique('message'), unique('message')]
    await romeo.send(`<message to='${bare}' type='chat' id='${id}'><body>are you there?</body></message>`)
    await romeo.sync()
    await nurse.send(`<message to='${bare}' type='chat' id='${other}'><body>call me</body></message>`)
    await nurse.sync()
    const juliet = await connect('juliet')
    await nurse.marker(juliet)
    expect.none(juliet.seen(hasId(id)), 'stored message of a blocked contact')
  })

  test('xep-0191/3.3/presence-stays-away', {
    section: '3.3',
    level: 'MUST',
    statement: 'presence of a blocked contact is not delivered: neither broadcast nor directed',
  }, async ({ connect, friends }) => {
    const [romeo, juliet, nurse] = [await connect('romeo'), await connect('juliet'), await connect('nurse')]
    await friends(romeo, juliet)
    await change(juliet, 'block', romeo.bare)
    await romeo.sync()
    await nurse.marker(juliet)
    juliet.take()
    await romeo.send('<presence><show>away</show></presence>')
    await romeo.send(`<presence to='${juliet.jid}'/>`)
    await romeo.sync()
    await nurse.marker(juliet)
    expect.none(juliet.seen(isFrom(romeo.bare)), 'presence of a blocked contact')
  })

  test('xep-0191/3.3/request-stays-away', {
    section: '3.3',
    level: 'MUST',
    statement: 'a subscription request of somebody blocked is neither delivered nor answered',
  }, async ({ connect }) => {
    const [romeo, juliet, nurse] = [await connect('romeo'), await connect('juliet'), await connect('nurse')]
    await change(juliet, 'block', romeo.bare)
    await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
    await settled(romeo, juliet)
    await nurse.marker(juliet)
    expect.none(juliet.seen(isFrom(romeo.bare)), 'request of somebody blocked')
    expect.none(
      romeo.seen((element) => element.is('presence') && isFrom(juliet.bare)(element)),
      'answer',
    )
  })

  test('xep-0191/3.3/probe-is-not-answered', {
    section: '3.3',
    level: 'MUST',
    security: true,
    control: 'rfc6121/4.3/probe-of-a-client-is-processed',
    statement: 'a probe by a blocked subscriber is not answered',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet, nurse] = [await connect('romeo'), await connect('juliet'), await connect('nurse')]
    await subscribe(romeo, juliet)
    await change(juliet, 'block', romeo.bare)
    await juliet.sync()
    await nurse.marker(romeo)
    romeo.take()
    await romeo.send(`<presence to='${juliet.bare}' type='probe'/>`)
    await settled(romeo, juliet)
    expect.none(romeo.seen(isFrom(juliet.bare)), 'answer to the probe of a blocked contact')
  })

  test('xep-0191/3.3/login-shows-no-presence', {
    section: '3.3',
    level: 'MUST',
    security: true,
    statement: 'a blocked subscriber who logs in is not shown that the user is available',
  }, async ({ connect, subscribe, given }) => {
    const [early, juliet, nurse] = [await connect('romeo'), await connect('juliet'), await connect('nurse')]
    await subscribe(early, juliet)
    await given('the contact is blocked and left', async () => {
      await change(juliet, 'block', early.bare)
      await early.close()
    })
    const late = await connect('romeo')
    await nurse.marker(late)
    expect.none(
      late.seen(({ attrs }) => attrs.from === juliet.jid && !attrs.type),
      'available presence for a blocked contact',
    )
  })

  for (const type of ['get', 'set'] as const) {
    test(`xep-0191/3.3/iq-${type}-is-refused`, {
      section: '3.3',
      level: 'MUST',
      statement: `an IQ ${type} of a blocked contact is not delivered, but answered with an error`,
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet, nurse] = [await connect('romeo'), await connect('juliet'), await connect('nurse')]
      await friends(romeo, juliet)
      await change(juliet, 'block', romeo.bare)
      const id = unique('iq')
      expect.error(
        await romeo.iq(`<iq type='${type}' to='${juliet.jid}' id='${id}'><query xmlns='urn:assay:any'/></iq>`),
      )
      await nurse.marker(juliet)
      expect.none(juliet.seen(hasId(id)), 'IQ of a blocked contact')
    })
  }

  test('xep-0191/3.3/iq-error-condition', {
    section: '3.3',
    level: 'SHOULD',
    statement: 'the error for an IQ of a blocked contact is <service-unavailable/>',
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await change(juliet, 'block', romeo.bare)
    const answer = await romeo.iq(`<iq type='get' to='${juliet.bare}'><query xmlns='urn:assay:any'/></iq>`)
    expect.error(answer, 'service-unavailable')
  })

  test('xep-0191/3.3/iq-result-is-dropped', {
    section: '3.3',
    level: 'MUST',
    statement: 'an IQ result of a blocked contact is silently dropped',
  }, async ({ connect, unique }) => {
    const [romeo, juliet, nurse, id] = [
      await connect('romeo'),
      await connect('juliet'),
      await connect('nurse'),
      unique('iq'),
    ]
    await change(juliet, 'block', romeo.bare)
    await romeo.send(`<iq type='result' to='${juliet.jid}' id='${id}'/>`)
    await settled(romeo, juliet)
    await nurse.marker(juliet)
    expect.none(juliet.seen(hasId(id)), 'IQ result of a blocked contact')
    expect.none(romeo.seen(hasId(id)), 'answer to an IQ result')
  })

  test('xep-0191/3.3/message-to-somebody-blocked', {
    section: '3.3',
    level: 'MUST',
    statement: "the user's message to a blocked JID is not routed but refused with <not-acceptable/>",
  }, async ({ connect, unique }) => {
    const [romeo, juliet, nurse, id] = [
      await connect('romeo'),
      await connect('juliet'),
      await connect('nurse'),
      unique('message'),
    ]
    await change(juliet, 'block', romeo.bare)
    await juliet.send(`<message to='${romeo.bare}' type='chat' id='${id}'><body>Can you hear me now?</body></message>`)
    expect.error(await juliet.next(hasId(id), 'an error'), 'not-acceptable')
    await nurse.marker(romeo)
    expect.none(romeo.seen(hasId(id)), 'message for somebody blocked')
  })

  test('xep-0191/3.3/refusal-says-blocked', {
    section: '3.3',
    level: 'MUST',
    statement: "the error for the user's message to a blocked JID has <blocked/> of urn:xmpp:blocking:errors in it",
  }, async ({ connect, given, unique }) => {
    const [romeo, juliet, id] = [await connect('romeo'), await connect('juliet'), unique('message')]
    await change(juliet, 'block', romeo.bare)
    await juliet.send(`<message to='${romeo.bare}' type='chat' id='${id}'><body>Can you hear me now?</body></message>`)
    const answer = await given('the message is refused', async () =>
      expect.error(await juliet.next(hasId(id), 'an error')),
    )
    expect.child(expect.child(answer, 'error'), 'blocked', 'urn:xmpp:blocking:errors')
  })

  test('xep-0191/3.3/iq-to-somebody-blocked', {
    section: '3.3',
    level: 'MUST',
    statement: "the user's IQ to a blocked JID is refused with <not-acceptable/>",
  }, async ({ connect }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await change(juliet, 'block', romeo.bare)
    expect.error(
      await juliet.iq(`<iq type='get' to='${romeo.jid}'><query xmlns='urn:assay:any'/></iq>`),
      'not-acceptable',
    )
  })

  test('xep-0191/3.3/presence-to-somebody-blocked', {
    section: '3.3',
    level: 'MUST',
    statement: "the user's directed presence to a blocked JID is not routed but refused with <not-acceptable/>",
  }, async ({ connect, unique }) => {
    const [romeo, juliet, nurse, id] = [
      await connect('romeo'),
      await connect('juliet'),
      await connect('nurse'),
      unique('presence'),
    ]
    await change(juliet, 'block', romeo.bare)
    await juliet.send(`<presence to='${romeo.jid}' id='${id}'/>`)
    await juliet.sync()
    await nurse.marker(romeo)
    expect.none(romeo.seen(hasId(id)), 'presence for somebody blocked')
    const [answer] = juliet.take(hasId(id))
    expect.ok(answer, 'an error', 'nothing', 'silent')
    expect.error(answer, 'not-acceptable')
  })

  test('xep-0191/5/own-resources-are-never-blocked', {
    section: '5',
    level: 'MUST',
    statement: "blocking one's own bare JID does not cut off one's other resources",
  }, async ({ connect, unique }) => {
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    const id = unique('message')
    // Refusing such a block is fine, too.
    await balcony.iq(`<iq type='set'><block xmlns='urn:xmpp:blocking'><item jid='${balcony.bare}'/></block></iq>`)
    await balcony.send(`<message to='${chamber.jid}' type='chat' id='${id}'><body>to myself</body></message>`)
    await chamber.message(hasId(id), 'the message')
  })

  test('xep-0191/6/block-of-a-full-jid', {
    section: '6',
    level: 'SHOULD',
    statement: 'a blocked full JID matches that resource and no other of the same account',
  }, async ({ connect, unique }) => {
    const [phone, laptop] = [
      await connect('romeo', { resource: 'phone' }),
      await connect('romeo', { resource: 'laptop' }),
    ]
    const [juliet, one, other] = [await connect('juliet'), unique('message'), unique('message')]
    await change(juliet, 'block', phone.jid)
    await phone.send(`<message to='${juliet.jid}' type='chat' id='${one}'><body>from the phone</body></message>`)
    await phone.sync()
    await laptop.send(`<message to='${juliet.jid}' type='chat' id='${other}'><body>from the laptop</body></message>`)
    await juliet.message(hasId(other), 'the message of the other resource')
    expect.none(juliet.seen(hasId(one)), 'message of the blocked resource')
  })
})
