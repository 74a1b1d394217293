import { defineSuite, type Element, expect, occupantItem, statusCodes } from '../../harness/suite/index.ts'
import { answerTo, from, muc, mucHead, roomForTwo } from './_muc.ts'

const items = (answer: Element): Element[] =>
  expect.child(expect.result(answer), 'query', `${muc}#admin`).getChildren('item')

export default defineSuite(mucHead, ({ test }) => {
  test('xep-0045/8.2/kicked-occupant-is-told', {
    section: '8.2',
    level: 'MUST',
    statement: 'who is kicked gets unavailable presence with code 307 and role none, and is out',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.result(await verona.admin('set', `<item nick='romeo' role='none'><reason>Enough</reason></item>`))
    const presence = await romeo.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence')
    expect.ok(statusCodes(presence).includes('307'), 'code 307', presence)
    expect.equal(occupantItem(presence)?.attrs.role, 'none', 'the role')
  })

  test('xep-0045/8.2/kick-is-told-to-others', {
    section: '8.2',
    level: 'MUST',
    statement: 'the others get the unavailable presence of who is kicked, with code 307',
  }, async (fixtures) => {
    const { verona, juliet } = await roomForTwo(fixtures)
    expect.result(await verona.admin('set', `<item nick='romeo' role='none'/>`))
    const presence = await juliet.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence of romeo')
    expect.ok(statusCodes(presence).includes('307'), 'code 307', presence)
  })

  test('xep-0045/8/participants-cannot-kick', {
    section: '8',
    level: 'MUST',
    security: true,
    control: 'xep-0045/8.2/kicked-occupant-is-told',
    statement: 'when a participant tries to kick, nobody leaves',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const nurse = await fixtures.connect('nurse')
    await fixtures.given('the nurse is in the room', () => verona.join(nurse, 'nurse'))
    expect.error(await verona.admin('set', `<item nick='nurse' role='none'/>`, romeo))
    await verona.marker(juliet)
    expect.none(juliet.seen(from(verona, 'nurse', 'unavailable')), 'departure of an occupant')
  })

  test('xep-0045/8/kick-by-a-participant-is-forbidden', {
    section: '8',
    level: 'MUST',
    statement: 'a participant who tries to kick gets forbidden',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.error(await verona.admin('set', `<item nick='owner' role='none'/>`, romeo), 'forbidden')
  })

  test('xep-0045/8.2/owner-cannot-be-kicked', {
    section: '8.2',
    level: 'MUST',
    statement: 'an admin who tries to kick the owner gets not-allowed',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    const admin = `<item jid='${romeo.bare}' affiliation='admin'/>`
    await fixtures.given('romeo is an admin', async () => expect.result(await verona.admin('set', admin)))
    expect.error(await verona.admin('set', `<item nick='owner' role='none'/>`, romeo), 'not-allowed')
  })

  for (const [section, role, before] of [
    ['8.3', 'participant', 'visitor'],
    ['8.4', 'visitor', 'participant'],
    ['9.6', 'moderator', 'participant'],
    ['9.7', 'participant', 'moderator'],
  ] as const) {
    test(`xep-0045/${section}/${before}-becomes-${role}`, {
      section,
      level: 'MUST',
      statement: `a ${before} who is made ${role} is shown with that role to all occupants`,
    }, async (fixtures) => {
      const { verona, juliet, romeo } = await roomForTwo(fixtures, { config: { moderatedroom: '1' } })
      const first = `<item nick='romeo' role='${before}'/>`
      await fixtures.given(`romeo is a ${before}`, async () => expect.result(await verona.admin('set', first)))
      await fixtures.given('everything has come', () => verona.marker(juliet, romeo))
      for (const session of [juliet, romeo]) session.take((stanza) => verona.sent(stanza))
      expect.result(await verona.admin('set', `<item nick='romeo' role='${role}'/>`))
      for (const session of [juliet, romeo]) {
        const presence = await session.presence(from(verona, 'romeo'), 'the presence of romeo')
        expect.equal(occupantItem(presence)?.attrs.role, role, 'the role')
      }
    })
  }

  test('xep-0045/8.5/voice-list', {
    section: '8.5',
    level: 'MUST',
    statement: 'a moderator who asks for the participants gets each with nickname and role',
  }, async (fixtures) => {
    const { verona } = await roomForTwo(fixtures)
    const found = items(await verona.admin('get', `<item role='participant'/>`))
    const told = found.map(({ attrs }) => `${attrs.nick} ${attrs.role}`).join(', ')
    expect.equal(told, 'romeo participant', 'the participants')
  })

  test('xep-0045/9.1/banned-occupant-is-told', {
    section: '9.1',
    level: 'MUST',
    statement: 'an occupant who is banned gets unavailable presence with code 301, and is out',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.result(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='outcast'/>`))
    const presence = await romeo.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence')
    expect.ok(statusCodes(presence).includes('301'), 'code 301', presence)
  })

  test('xep-0045/9.1/ban-is-told-to-others', {
    section: '9.1',
    level: 'MUST',
    statement: 'the others get the unavailable presence of who is banned, with code 301',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    expect.result(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='outcast'/>`))
    const presence = await juliet.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence of romeo')
    expect.ok(statusCodes(presence).includes('301'), 'code 301', presence)
  })

  test('xep-0045/9.1/owner-cannot-be-banned', {
    section: '9.1',
    level: 'MUST',
    statement: 'an admin who tries to ban the owner gets not-allowed',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const admin = `<item jid='${romeo.bare}' affiliation='admin'/>`
    await fixtures.given('romeo is an admin', async () => expect.result(await verona.admin('set', admin)))
    const ban = `<item jid='${juliet.bare}' affiliation='outcast'/>`
    expect.error(await verona.admin('set', ban, romeo), 'not-allowed')
  })

  test('xep-0045/9.1/nobody-bans-oneself', {
    section: '9.1',
    level: 'MUST',
    statement: 'an admin who tries to ban itself gets conflict',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    const admin = `<item jid='${romeo.bare}' affiliation='admin'/>`
    await fixtures.given('romeo is an admin', async () => expect.result(await verona.admin('set', admin)))
    expect.error(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='outcast'/>`, romeo), 'conflict')
  })

  test('xep-0045/9/participants-change-no-affiliations', {
    section: '9',
    level: 'MUST',
    security: true,
    control: 'xep-0045/9.3/membership-is-shown',
    statement: 'a participant cannot make itself an owner',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    expect.error(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='owner'/>`, romeo))
    await verona.marker(juliet)
    expect.none(
      juliet.seen((stanza) => occupantItem(stanza)?.attrs.affiliation === 'owner' && from(verona, 'romeo')(stanza)),
      'presence of romeo as an owner',
    )
  })

  test('xep-0045/9/affiliations-by-a-participant-are-forbidden', {
    section: '9',
    level: 'MUST',
    statement: 'a participant who tries to change affiliations gets forbidden',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.error(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='owner'/>`, romeo), 'forbidden')
  })

  for (const [section, affiliation] of [
    ['9.2', 'outcast'],
    ['9.5', 'member'],
  ] as const) {
    test(`xep-0045/${section}/list-of-${affiliation}s`, {
      section,
      level: 'MUST',
      statement: `the list of ${affiliation}s names each by its bare JID, with the affiliation`,
    }, async ({ connect, expect, given, room }) => {
      const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
      const verona = await room(juliet)
      const change = `<item jid='${tybalt.bare}' affiliation='${affiliation}'/>`
      await given(`tybalt is ${affiliation}`, async () => expect.result(await verona.admin('set', change)))
      const found = items(await verona.admin('get', `<item affiliation='${affiliation}'/>`))
      const told = found.map(({ attrs }) => `${attrs.jid} ${attrs.affiliation}`).join(', ')
      expect.equal(told, `${tybalt.bare} ${affiliation}`, 'the list')
    })
  }

  test('xep-0045/9.3/membership-is-shown', {
    section: '9.3',
    level: 'MUST',
    statement: 'an occupant who is made a member is shown with that affiliation to all occupants',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await fixtures.given('everything has come', () => verona.marker(juliet, romeo))
    for (const session of [juliet, romeo]) session.take((stanza) => verona.sent(stanza))
    expect.result(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='member'/>`))
    for (const session of [juliet, romeo]) {
      const presence = await session.presence(from(verona, 'romeo'), 'the presence of romeo')
      expect.equal(occupantItem(presence)?.attrs.affiliation, 'member', 'the affiliation')
    }
  })

  test('xep-0045/9.4/former-member-is-removed', {
    section: '9.4',
    level: 'MUST',
    statement: 'who loses membership of a members-only room is removed with code 321 and cannot come back',
  }, async ({ connect, given, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { membersonly: '1' } })
    await given('romeo is a member and in the room', async () => {
      expect.result(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='member'/>`))
      await verona.join(romeo, 'romeo')
    })
    expect.result(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='none'/>`))
    const presence = await romeo.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence')
    expect.ok(statusCodes(presence).includes('321'), 'code 321', presence)
    await verona.enter(romeo, 'romeo')
    expect.error(await answerTo(verona, romeo))
  })

  test('xep-0045/17.4/role-and-affiliation-at-once', {
    section: '17.4',
    level: 'MUST',
    statement: 'a change of both role and affiliation of an item is refused with bad-request',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    const both = `<item nick='romeo' jid='${romeo.bare}' role='moderator' affiliation='member'/>`
    expect.error(await verona.admin('set', both), 'bad-request')
  })
})
