import { defineSuite, expect } from '../../harness/suite/index.ts'
import { isPresence, isPresenceOf, rfc6121, settled } from './_rfc6121.ts'

export default defineSuite(rfc6121, ({ test }) => {
  test('rfc6121/4.3/probe-of-a-client-is-no-error', {
    section: '4.3',
    level: 'MUST',
    statement: 'a client that sends a probe gets no stanza or stream error for it',
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    await romeo.send(`<presence to='${juliet.bare}' type='probe'/>`)
    await settled(romeo, juliet)
    expect.none(
      romeo.seen(({ attrs }) => attrs.type === 'error'),
      'error for a probe',
    )
  })

  test('rfc6121/4.3/probe-of-a-client-is-processed', {
    section: '4.3',
    level: 'SHOULD',
    statement: "a probe that a subscriber's client sends is answered with the contact's presence",
  }, async ({ connect, subscribe }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    romeo.take(isPresenceOf(juliet.bare))
    await romeo.send(`<presence to='${juliet.bare}' type='probe'/>`)
    await romeo.next(isPresence(juliet.jid), 'the presence of the contact')
  })

  test('rfc6121/4.3.2/probe-of-a-full-jid', {
    section: '4.3.2',
    level: 'MUST',
    statement: 'a probe of a full JID is answered about no other resource than that',
  }, async ({ connect, subscribe }) => {
    const [romeo, balcony] = [await connect('romeo'), await connect('juliet', { resource: 'balcony' })]
    await subscribe(romeo, balcony)
    const chamber = await connect('juliet', { resource: 'chamber' })
    await romeo.next(isPresence(chamber.jid), 'the presence of the second resource')
    await romeo.send(`<presence to='${balcony.jid}' type='probe'/>`)
    await romeo.sync()
    await balcony.marker(romeo)
    expect.none(romeo.seen(isPresence(chamber.jid)), 'presence of another resource')
  })

  test('rfc6121/4.3.2/probe-tells-strangers-nothing', {
    section: '4.3.2',
    level: 'none',
    security: true,
    control: 'rfc6121/4.3/probe-of-a-client-is-processed',
    statement: 'a probe of an account one is not subscribed to reveals no resource and no presence',
  }, async ({ connect }) => {
    const [mallory, juliet] = [await connect('mallory'), await connect('juliet')]
    await mallory.send(`<presence to='${juliet.bare}' type='probe'/>`)
    await mallory.send(`<presence to='${juliet.jid}' type='probe'/>`)
    await settled(mallory, juliet)
    const leaks = (from: string) =>
      mallory.seen((element) => isPresence(from)(element) || isPresence(from, 'unavailable')(element))
    expect.none([...leaks(juliet.jid), ...leaks(juliet.bare)], 'presence for a stranger')
  })

  test('rfc6121/4.3.2/probe-of-an-offline-contact', {
    section: '4.3.2',
    level: 'SHOULD',
    statement:
      'a probe of a contact without available resources is answered with unavailable presence from the bare JID',
  }, async ({ connect, subscribe, given }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    await given('the contact is offline', async () => {
      await juliet.close()
      await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
    })
    await romeo.send(`<presence to='${juliet.bare}' type='probe'/>`)
    await romeo.sync()
    const [answer] = romeo.take(isPresenceOf(juliet.bare))
    expect.ok(answer, 'unavailable presence', 'nothing', 'ignored')
    expect.attribute(answer, 'type', 'unavailable')
    expect.attribute(answer, 'from', juliet.bare)
  })

  test('rfc6121/4.3.2/offline-since', {
    section: '4.3.2',
    level: 'SHOULD',
    statement: 'the answer to a probe of an offline contact says since when, as a <delay/>',
  }, async ({ connect, subscribe, given }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    const answer = await given('a probe of an offline contact is answered', async () => {
      await juliet.send("<presence type='unavailable'/>")
      await romeo.next(isPresence(juliet.jid, 'unavailable'), 'unavailable presence')
      await juliet.close()
      await romeo.send(`<presence to='${juliet.bare}' type='probe'/>`)
      await romeo.sync()
      const [answer] = romeo.take(isPresence(juliet.bare, 'unavailable'))
      expect.ok(answer, 'unavailable presence', 'nothing')
      return answer
    })
    const stamp = expect.child(answer, 'delay', 'urn:xmpp:delay').attrs.stamp ?? ''
    expect.ok(Number.isFinite(Date.parse(stamp)), 'a time as the stamp', answer)
  })

  test('rfc6121/4.3.2.1/answer-keeps-the-id-of-the-presence', {
    section: '4.3.2.1',
    level: 'SHOULD',
    statement: "the answer to a probe keeps the 'id' that the contact's client gave its presence",
  }, async ({ connect, subscribe, unique, given }) => {
    const [romeo, juliet] = [await connect('romeo', { resource: 'early' }), await connect('juliet')]
    await subscribe(romeo, juliet)
    const id = unique('presence')
    await given('presence with an id', async () => {
      await juliet.send(`<presence id='${id}'><show>away</show></presence>`)
      await romeo.next(
        (element) => isPresence(juliet.jid)(element) && element.getChildText('show') === 'away',
        'an update',
      )
    })
    const late = await connect('romeo', { resource: 'late', presence: false })
    await late.send('<presence/>')
    const presence = await late.next(isPresence(juliet.jid), 'the presence of the contact')
    expect.attribute(presence, 'id', id)
  })

  test('rfc6121/4.6.6/probe-by-a-directed-entity', {
    section: '4.6.6',
    level: 'SHOULD',
    statement: 'who got directed presence and is no subscriber can probe that full JID',
  }, async ({ connect, given }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    await given('presence was directed', async () => {
      await juliet.send(`<presence to='${romeo.jid}'/>`)
      await romeo.next(isPresence(juliet.jid), 'directed presence')
    })
    await romeo.send(`<presence to='${juliet.jid}' type='probe'/>`)
    await settled(romeo, juliet)
    const answers = romeo.take(isPresence(juliet.jid))
    expect.ok(answers.length > 0, `available presence from ${juliet.jid}`, 'nothing', 'ignored')
  })

  test('rfc6121/8.5.1/probe-of-nobody', {
    section: '8.5.1',
    level: 'MUST',
    statement: 'a probe of an account that does not exist is ignored or answered with "unsubscribed"',
  }, async ({ connect, unique, domain }) => {
    const [juliet, nobody] = [await connect('juliet'), `${unique('nobody')}@${domain}`]
    await juliet.send(`<presence to='${nobody}' type='probe'/>`)
    await juliet.sync()
    expect.none(
      juliet.take(isPresenceOf(nobody)).filter(({ attrs }) => attrs.type !== 'unsubscribed'),
      'other answer',
    )
  })
})
