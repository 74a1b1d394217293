import { defineSuite, expect, ns } from '../../harness/suite/index.ts'
import { isPresence, isPush, pushed, rfc6121, rosterItem, rosterSet } from './_rfc6121.ts'

export default defineSuite(rfc6121, ({ test }) => {
  test('rfc6121/2.3.2/new-item-is-pushed-to-all', {
    section: '2.3.2',
    level: 'MUST',
    statement: 'a new item is pushed to all interested resources, the one that stored it among them',
  }, async ({ connect, unique, domain }) => {
    const balcony = await connect('juliet', { resource: 'balcony', roster: true })
    const chamber = await connect('juliet', { resource: 'chamber', roster: true })
    const nurse = `${unique('nurse')}@${domain}`
    expect.result(await balcony.iq(rosterSet(`<item jid='${nurse}' name='Nurse'><group>Servants</group></item>`)))
    for (const session of [balcony, chamber]) {
      const item = await pushed(session, nurse)
      expect.equal(item.attrs.name, 'Nurse', 'the name in the push')
      expect.equal(item.getChildText('group'), 'Servants', 'the group in the push')
      expect.ok((item.attrs.subscription ?? 'none') === 'none', "subscription='none' in the push", item)
    }
  })

  test('rfc6121/2.2/interested-without-presence', {
    section: '2.2',
    level: 'MUST',
    statement: 'a resource that asked for the roster gets pushes even before it sent presence',
  }, async ({ connect, unique, domain }) => {
    const balcony = await connect('juliet', { resource: 'balcony' })
    const chamber = await connect('juliet', { resource: 'chamber', roster: true, presence: false })
    const nurse = `${unique('nurse')}@${domain}`
    expect.result(await balcony.iq(rosterSet(`<item jid='${nurse}'/>`)))
    await pushed(chamber, nurse)
  })

  test('rfc6121/2.2/uninterested-gets-no-push', {
    section: '2.2',
    level: 'none',
    statement: 'a resource that never asked for the roster gets no roster pushes',
  }, async ({ connect, unique, domain }) => {
    const balcony = await connect('juliet', { resource: 'balcony', roster: true })
    const chamber = await connect('juliet', { resource: 'chamber' })
    const nurse = `${unique('nurse')}@${domain}`
    expect.result(await balcony.iq(rosterSet(`<item jid='${nurse}'/>`)))
    await pushed(balcony, nurse)
    await balcony.marker(chamber)
    expect.none(chamber.seen(isPush(nurse)), 'roster push to a resource that is not interested')
  })

  test('rfc6121/2.1.6/one-item-a-push', {
    section: '2.1.6',
    level: 'MUST',
    statement: 'a roster push has one and only one item',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { roster: true })
    const [nurse, mother] = [`${unique('nurse')}@${domain}`, `${unique('mother')}@${domain}`]
    for (const jid of [nurse, mother]) {
      expect.result(await juliet.iq(rosterSet(`<item jid='${jid}'/>`)))
      const push = await juliet.next(isPush(jid), `a roster push about ${jid}`)
      expect.equal(push.getChild('query', ns.roster)?.getChildElements().length, 1, 'the number of items')
    }
  })

  test('rfc6121/2.1.6/push-is-from-the-account', {
    section: '2.1.6',
    level: 'none',
    statement: "a roster push has no 'from', or the account's bare JID: clients must ignore all others",
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { roster: true })
    const nurse = `${unique('nurse')}@${domain}`
    expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}'/>`)))
    const push = await juliet.next(isPush(nurse), 'a roster push')
    expect.ok([undefined, juliet.bare].includes(push.attrs.from), `no 'from', or from='${juliet.bare}'`, push)
    expect.ok(push.attrs.id, 'an id on the push', push)
  })

  test('rfc6121/2.1.6/error-for-a-push-is-ignored', {
    section: '2.1.6',
    level: 'SHOULD',
    statement: 'an error that a client returns for a push does no harm: pushes and session go on',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { roster: true })
    const [nurse, mother] = [`${unique('nurse')}@${domain}`, `${unique('mother')}@${domain}`]
    expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}'/>`)))
    const { attrs } = await juliet.next(isPush(nurse), 'a roster push')
    const error = `<error type='cancel'><service-unavailable xmlns='${ns.stanzaErrors}'/></error>`
    await juliet.send(`<iq type='error' id='${attrs.id}'${attrs.from ? ` to='${attrs.from}'` : ''}>${error}</iq>`)
    expect.result(await juliet.iq(rosterSet(`<item jid='${mother}'/>`)))
    await pushed(juliet, mother)
    expect.ok(await rosterItem(juliet, nurse), 'the item is still there', 'none')
  })

  test('rfc6121/2.4.2/update-is-pushed', {
    section: '2.4.2',
    level: 'MUST',
    statement: 'an updated item is pushed to all interested resources as it is now',
  }, async ({ connect, given, unique, domain }) => {
    const balcony = await connect('juliet', { resource: 'balcony', roster: true })
    const chamber = await connect('juliet', { resource: 'chamber', roster: true })
    const jid = `${unique('romeo')}@${domain}`
    await given('an item is stored and pushed', async () => {
      expect.result(await balcony.iq(rosterSet(`<item jid='${jid}' name='Romeo'><group>Friends</group></item>`)))
      for (const session of [balcony, chamber]) await pushed(session, jid)
    })
    expect.result(await balcony.iq(rosterSet(`<item jid='${jid}' name='MyRomeo'/>`)))
    for (const session of [balcony, chamber]) {
      const item = await pushed(session, jid)
      expect.equal(item.attrs.name, 'MyRomeo', 'the name in the push')
      expect.none(item.getChildren('group'), 'group in the push')
    }
  })

  test('rfc6121/2.5.2/removal-is-pushed', {
    section: '2.5.2',
    level: 'MUST',
    statement: "a removal is pushed to all interested resources with subscription='remove'",
  }, async ({ connect, given, unique, domain }) => {
    const balcony = await connect('juliet', { resource: 'balcony', roster: true })
    const chamber = await connect('juliet', { resource: 'chamber', roster: true })
    const nurse = `${unique('nurse')}@${domain}`
    await given('an item is stored and pushed', async () => {
      expect.result(await balcony.iq(rosterSet(`<item jid='${nurse}'/>`)))
      for (const session of [balcony, chamber]) await pushed(session, nurse)
    })
    expect.result(await balcony.iq(rosterSet(`<item jid='${nurse}' subscription='remove'/>`)))
    for (const session of [balcony, chamber]) {
      const item = await pushed(session, nurse)
      expect.attribute(item, 'subscription', 'remove')
    }
  })

  test('rfc6121/2.5.2/removal-unsubscribes-from-the-contact', {
    section: '2.5.2',
    level: 'MUST',
    statement: 'removing a mutual contact sends that contact <presence type="unsubscribe"/>',
  }, async ({ connect, friends }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo', { roster: true })]
    await friends(juliet, romeo)
    expect.result(await juliet.iq(rosterSet(`<item jid='${romeo.bare}' subscription='remove'/>`)))
    await romeo.next(isPresence(juliet.bare, 'unsubscribe'), 'presence of type unsubscribe')
  })

  test('rfc6121/2.5.2/removal-cancels-the-contacts-subscription', {
    section: '2.5.2',
    level: 'MUST',
    statement: 'removing a mutual contact sends that contact <presence type="unsubscribed"/>',
  }, async ({ connect, friends }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo', { roster: true })]
    await friends(juliet, romeo)
    expect.result(await juliet.iq(rosterSet(`<item jid='${romeo.bare}' subscription='remove'/>`)))
    await romeo.next(isPresence(juliet.bare, 'unsubscribed'), 'presence of type unsubscribed')
  })

  test('rfc6121/2.5.2/removed-contact-keeps-no-subscription', {
    section: '2.5.2',
    level: 'MUST',
    statement: "after a removal the contact's own roster says subscription='none'",
  }, async ({ connect, friends }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo', { roster: true })]
    await friends(juliet, romeo)
    expect.result(await juliet.iq(rosterSet(`<item jid='${romeo.bare}' subscription='remove'/>`)))
    await pushed(romeo, juliet.bare, 'none')
    const item = await rosterItem(romeo, juliet.bare)
    expect.ok((item?.attrs.subscription ?? 'none') === 'none', "subscription='none'", item ?? 'none')
  })
})
