import { defineSuite, escapeXML, expect, ns } from '../../harness/suite/index.ts'
import { isPush, pushed, rfc6121, rosterGet, rosterItem, rosterSet } from './_rfc6121.ts'

export default defineSuite(rfc6121, ({ test }) => {
  test('rfc6121/2.1.4/empty-roster-is-an-empty-query', {
    section: '2.1.4',
    level: 'MUST',
    statement: 'a roster without contacts is returned as a <query/> without items, not as an error',
  }, async ({ connect }) => {
    const juliet = await connect('juliet', { presence: false })
    const query = expect.child(expect.result(await juliet.iq(rosterGet())), 'query', ns.roster)
    expect.none(query.getChildren('item'), 'item in the roster of a fresh account')
  })

  test('rfc6121/2.3.2/set-is-stored', {
    section: '2.3.2',
    level: 'MUST',
    statement: 'a successful roster set is answered with a result and creates the item',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const nurse = `${unique('nurse')}@${domain}`
    expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}' name='Nurse'><group>Servants</group></item>`)))
    const item = await rosterItem(juliet, nurse)
    expect.ok(item, `an item for ${nurse} in the roster`, 'none')
    expect.equal(item.attrs.name, 'Nurse', 'the name')
    expect.equal(item.getChildText('group'), 'Servants', 'the group')
  })

  test('rfc6121/2/roster-is-seen-by-another-session', {
    section: '2',
    level: 'MUST',
    statement: 'what one session stored in the roster is returned to a later session of the account',
  }, async ({ connect, given, unique, domain }) => {
    const nurse = `${unique('nurse')}@${domain}`
    await given('an item is stored and the session ended', async () => {
      const balcony = await connect('juliet')
      expect.result(await balcony.iq(rosterSet(`<item jid='${nurse}' name='Nurse'/>`)))
      await balcony.close()
    })
    const chamber = await connect('juliet')
    const item = await rosterItem(chamber, nurse)
    expect.ok(item, `an item for ${nurse} in the roster`, 'none')
    expect.equal(item.attrs.name, 'Nurse', 'the name')
  })

  test('rfc6121/2/names-are-stored-unmodified', {
    section: '2',
    level: 'SHOULD',
    statement: 'names and groups come back as they were stored, whatever script they are written in',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const jid = `${unique('romeo')}@${domain}`
    const [name, group] = ['Roméo  Юлия 🎭 ', 'Друзья']
    expect.result(await juliet.iq(rosterSet(`<item jid='${jid}' name='${name}'><group>${group}</group></item>`)))
    const stored = await rosterItem(juliet, jid)
    expect.equal(stored?.attrs.name, name, 'the name')
    expect.equal(stored?.getChildText('group'), group, 'the group')
  })

  test('rfc6121/2/markup-in-names-stays-text', {
    section: '2',
    level: 'MUST',
    security: true,
    control: 'rfc6121/2/names-are-stored-unmodified',
    statement: 'names and groups with quotation marks, <, > and & in them come back as they were stored',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const jid = `${unique('romeo')}@${domain}`
    const [name, group] = [`'"><evil/>&amp;`, `</group>'"&`]
    const item = `<item jid='${jid}' name='${escapeXML(name)}'><group>${escapeXML(group)}</group></item>`
    expect.result(await juliet.iq(rosterSet(item)))
    const stored = await rosterItem(juliet, jid)
    expect.equal(stored?.attrs.name, name, 'the name')
    expect.equal(stored?.getChildText('group'), group, 'the group')
  })

  test('rfc6121/2.1.5/subscription-in-a-set-is-ignored', {
    section: '2.1.5',
    level: 'MUST',
    security: true,
    statement: 'a subscription state that a client writes into a roster set is ignored',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const jid = `${unique('romeo')}@${domain}`
    await juliet.iq(rosterSet(`<item jid='${jid}' subscription='both'/>`))
    const item = await rosterItem(juliet, jid)
    expect.ok(
      (item?.attrs.subscription ?? 'none') === 'none',
      "no item, or one with subscription='none'",
      item ?? 'none',
    )
  })

  test('rfc6121/2.1.5/set-without-item', {
    section: '2.1.5',
    level: 'MUST',
    statement: 'a roster set without an item is an error',
  }, async ({ connect }) => {
    const juliet = await connect('juliet', { presence: false })
    expect.error(await juliet.iq(rosterSet('')))
  })

  test('rfc6121/2.1.2.3/set-without-jid', {
    section: '2.1.2.3',
    level: 'MUST',
    statement: 'a roster set whose item has no jid is an error',
  }, async ({ connect }) => {
    const juliet = await connect('juliet', { presence: false })
    expect.error(await juliet.iq(rosterSet("<item name='Nobody'/>")))
  })

  test('rfc6121/2.1.2.6/several-groups', {
    section: '2.1.2.6',
    level: 'MAY',
    statement: 'an item can be in several groups at once',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const jid = `${unique('romeo')}@${domain}`
    const item = `<item jid='${jid}'><group>Friends</group><group>Lovers</group></item>`
    expect.result(await juliet.iq(rosterSet(item)))
    const groups = (await rosterItem(juliet, jid))?.getChildren('group').map((group) => group.getText()) ?? []
    expect.equal(groups.sort().join(', '), 'Friends, Lovers', 'the groups')
  })

  test('rfc6121/2.3.3/two-items', {
    section: '2.3.3',
    level: 'MUST',
    statement: 'a roster set with two items is refused with <bad-request/>',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const items = `<item jid='${unique('nurse')}@${domain}'/><item jid='${unique('mother')}@${domain}'/>`
    expect.error(await juliet.iq(rosterSet(items)), 'bad-request')
  })

  test('rfc6121/2.3.3/duplicate-groups', {
    section: '2.3.3',
    level: 'MUST',
    statement: 'an item that names the same group twice is refused with <bad-request/>',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const item = `<item jid='${unique('nurse')}@${domain}'><group>Servants</group><group>Servants</group></item>`
    expect.error(await juliet.iq(rosterSet(item)), 'bad-request')
  })

  test('rfc6121/2.3.3/empty-group', {
    section: '2.3.3',
    level: 'MUST',
    statement: 'an item with an empty group name is refused with <not-acceptable/>',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const item = `<item jid='${unique('nurse')}@${domain}'><group></group></item>`
    expect.error(await juliet.iq(rosterSet(item)), 'not-acceptable')
  })

  test('rfc6121/2.3.3/refused-set-changes-nothing', {
    section: '2.3.3',
    level: 'none',
    statement: 'a roster set that was answered with an error leaves the roster as it was',
  }, async ({ connect, given, unique, domain }) => {
    const juliet = await connect('juliet', { roster: true })
    const [nurse, mother] = [`${unique('nurse')}@${domain}`, `${unique('mother')}@${domain}`]
    await given('a roster set is refused', async () =>
      expect.error(await juliet.iq(rosterSet(`<item jid='${nurse}'/><item jid='${mother}'/>`))),
    )
    for (const jid of [nurse, mother]) {
      const item = await rosterItem(juliet, jid)
      expect.none(item ? [item] : [], 'item from the refused set')
      expect.none(juliet.seen(isPush(jid)), 'roster push from the refused set')
    }
  })

  test('rfc6121/2.4.1/update-replaces-the-item', {
    section: '2.4.1',
    level: 'MUST',
    statement: 'an update replaces name and groups of an item exactly as the roster set has them',
  }, async ({ connect, given, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const jid = `${unique('romeo')}@${domain}`
    await given('the item is stored', async () =>
      expect.result(await juliet.iq(rosterSet(`<item jid='${jid}' name='Romeo'><group>Friends</group></item>`))),
    )
    expect.result(await juliet.iq(rosterSet(`<item jid='${jid}'><group>Lovers</group></item>`)))
    const item = await rosterItem(juliet, jid)
    expect.ok(item, 'the item', 'none')
    expect.ok(!item.attrs.name, 'no name left', item)
    expect.equal(
      item
        .getChildren('group')
        .map((group) => group.getText())
        .join(', '),
      'Lovers',
      'the groups',
    )
  })

  test('rfc6121/2.1.5/rename-keeps-the-subscription', {
    section: '2.1.5',
    level: 'MUST',
    statement: 'renaming a contact leaves the subscription as it is, even where the set says otherwise',
  }, async ({ connect, friends }) => {
    const [juliet, romeo] = [await connect('juliet', { roster: true }), await connect('romeo')]
    await friends(juliet, romeo)
    expect.result(await juliet.iq(rosterSet(`<item jid='${romeo.bare}' name='Romeo' subscription='none'/>`)))
    const item = await pushed(juliet, romeo.bare)
    expect.attribute(item, 'name', 'Romeo')
    expect.attribute(item, 'subscription', 'both')
  })

  test('rfc6121/2.5.2/removed-item-is-gone', {
    section: '2.5.2',
    level: 'MUST',
    statement: 'an item removed by a roster set is no longer in the roster',
  }, async ({ connect, given, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const nurse = `${unique('nurse')}@${domain}`
    await given('an item is stored', async () => expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}'/>`))))
    expect.result(await juliet.iq(rosterSet(`<item jid='${nurse}' subscription='remove'/>`)))
    const item = await rosterItem(juliet, nurse)
    expect.none(item ? [item] : [], 'item after its removal')
  })

  test('rfc6121/2.5.3/remove-unknown-item', {
    section: '2.5.3',
    level: 'MUST',
    statement: 'removing an item that is not in the roster is refused with <item-not-found/>',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const set = rosterSet(`<item jid='${unique('stranger')}@${domain}' subscription='remove'/>`)
    expect.error(await juliet.iq(set), 'item-not-found')
  })

  test('rfc6121/2.3.3/set-of-another-users-roster', {
    section: '2.3.3',
    level: 'MUST',
    statement: 'a roster set sent to another account is refused with <forbidden/>',
  }, async ({ connect, account, unique, domain }) => {
    const [juliet, romeo] = [await connect('juliet'), await account('romeo')]
    const item = `<item jid='${unique('nurse')}@${domain}'/>`
    const set = `<iq type='set' to='${romeo.jid}'><query xmlns='jabber:iq:roster'>${item}</query></iq>`
    expect.error(await juliet.iq(set), 'forbidden')
  })

  test('rfc6121/2/others-cannot-change-the-roster', {
    section: '2',
    level: 'MUST',
    security: true,
    control: 'rfc6121/2.3.2/set-is-stored',
    statement: 'a roster is not changed by a roster set of another account',
  }, async ({ connect, unique, domain }) => {
    const [mallory, juliet] = [await connect('mallory'), await connect('juliet', { roster: true })]
    const nurse = `${unique('nurse')}@${domain}`
    const query = `<query xmlns='jabber:iq:roster'><item jid='${nurse}'/></query>`
    await mallory.iq(`<iq type='set' to='${juliet.bare}'>${query}</iq>`)
    const item = await rosterItem(juliet, nurse)
    expect.none(item ? [item] : [], 'item that another account wrote')
    expect.none(juliet.seen(isPush(nurse)), 'roster push for it')
  })

  test('rfc6121/2/others-cannot-read-the-roster', {
    section: '2',
    level: 'MUST',
    security: true,
    control: 'rfc6121/2.3.2/set-is-stored',
    statement: 'a roster is not returned to another account',
  }, async ({ connect, given, unique, domain }) => {
    const [mallory, juliet] = [await connect('mallory'), await connect('juliet')]
    await given('an item is stored', async () =>
      expect.result(await juliet.iq(rosterSet(`<item jid='${unique('nurse')}@${domain}'/>`))),
    )
    const answer = await mallory.iq(`<iq type='get' to='${juliet.bare}'><query xmlns='jabber:iq:roster'/></iq>`)
    expect.none(
      answer.attrs.type === 'result' ? (answer.getChild('query', ns.roster)?.getChildren('item') ?? []) : [],
      'item of it',
    )
  })

  test('rfc6121/2.2/get-of-another-users-roster', {
    section: '2.2',
    level: 'MUST',
    statement: 'a roster get sent to another account is answered with an error',
  }, async ({ connect, account }) => {
    const [juliet, romeo] = [await connect('juliet'), await account('romeo')]
    expect.error(await juliet.iq(`<iq type='get' to='${romeo.jid}'><query xmlns='jabber:iq:roster'/></iq>`))
  })
})
