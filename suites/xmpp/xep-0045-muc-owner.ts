import { defineSuite, type Element, expect, type Room, type Session, statusCodes } from '../../harness/suite/index.ts'
import { answerTo, from, muc, mucHead, roomForTwo } from './_muc.ts'

const askForm = (verona: Room, session: Session): Promise<Element> =>
  session.iq(`<iq type='get' to='${verona.jid}'><query xmlns='${muc}#owner'/></iq>`)

const destroy = (verona: Room, session: Session, inner = ''): Promise<Element> =>
  session.iq(`<iq type='set' to='${verona.jid}'><query xmlns='${muc}#owner'><destroy>${inner}</destroy></query></iq>`)

/** A notice of the room with this code (XEP-0045 §10.2.1). */
const notice =
  (verona: Room, code: string) =>
  (stanza: Element): boolean =>
    stanza.attrs.from === verona.jid && statusCodes(stanza).includes(code)

export default defineSuite(mucHead, ({ test }) => {
  test('xep-0045/10.2/form-is-for-owners', {
    section: '10.2',
    level: 'MUST',
    statement: 'who is no owner and asks for the configuration gets forbidden',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.error(await askForm(verona, romeo), 'forbidden')
  })

  test('xep-0045/10.2/only-owners-configure', {
    section: '10.2',
    level: 'MUST',
    security: true,
    statement: 'a configuration that someone else submits is refused and not applied',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.error(await verona.configure({ membersonly: '1' }, romeo))
    const nurse = await fixtures.connect('nurse')
    await verona.enter(nurse, 'nurse')
    const self = await answerTo(verona, nurse)
    expect.ok(statusCodes(self).includes('110'), 'a room that is still open', self)
  })

  test('xep-0045/10.2/form-shows-the-configuration', {
    section: '10.2',
    level: 'MUST',
    statement: 'the configuration form shows the options as they are set',
  }, async ({ connect, room, unique }) => {
    const juliet = await connect('juliet')
    const name = unique('Verona')
    const verona = await room(juliet, { config: { roomname: name, membersonly: '1' } })
    const answer = expect.result(await askForm(verona, juliet))
    const form = expect.child(expect.child(answer, 'query', `${muc}#owner`), 'x', 'jabber:x:data')
    const value = (field: string) =>
      form
        .getChildren('field')
        .find(({ attrs }) => attrs.var === `muc#roomconfig_${field}`)
        ?.getChildText('value')
    expect.equal(value('roomname'), name, 'the name of the room')
    expect.ok(['1', 'true'].includes(value('membersonly') ?? ''), 'membersonly set', String(value('membersonly')))
  })

  test('xep-0045/10.2/members-only-removes-others', {
    section: '10.2',
    level: 'MUST',
    statement: 'when a room becomes members-only, who is no member is removed with code 322',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.result(await verona.configure({ membersonly: '1' }))
    const presence = await romeo.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence')
    expect.ok(statusCodes(presence).includes('322'), 'code 322', presence)
  })

  test('xep-0045/10.2/last-owner-stays', {
    section: '10.2',
    level: 'MUST',
    statement: 'the only owner who wants to be none gets conflict',
  }, async ({ connect, room }) => {
    const juliet = await connect('juliet')
    const verona = await room(juliet)
    expect.error(await verona.admin('set', `<item jid='${juliet.bare}' affiliation='admin'/>`), 'conflict')
  })

  for (const [code, what, config, change] of [
    ['172', 'non-anonymous', { whois: 'moderators' }, { whois: 'anyone' }],
    ['173', 'semi-anonymous', { whois: 'anyone' }, { whois: 'moderators' }],
  ] as const) {
    test(`xep-0045/10.2.1/room-becomes-${what}`, {
      section: '10.2.1',
      level: 'MUST',
      statement: `when a room becomes ${what}, all occupants get a message with code ${code}`,
    }, async (fixtures) => {
      const { verona, juliet, romeo } = await roomForTwo(fixtures, { config })
      expect.result(await verona.configure(change))
      for (const session of [juliet, romeo]) await session.message(notice(verona, code), `a notice with code ${code}`)
    })
  }

  test('xep-0045/10.2.1/other-changes', {
    section: '10.2.1',
    level: 'SHOULD',
    statement: 'when something else is configured, occupants get a message with code 104',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.result(await verona.configure({ roomname: fixtures.unique('Verona') }))
    await romeo.message(notice(verona, '104'), 'a notice with code 104')
  })

  test('xep-0045/10.9/occupants-are-told', {
    section: '10.9',
    level: 'MUST',
    statement: 'who is in a room that is destroyed gets unavailable presence with <destroy/>',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    expect.result(await destroy(verona, juliet))
    const presence = await romeo.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence')
    expect.child(expect.child(presence, 'x', `${muc}#user`), 'destroy')
  })

  test('xep-0045/10.9/reason-and-venue-are-told', {
    section: '10.9',
    level: 'MUST',
    statement: 'the reason and the other room that the owner names are told to the occupants',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const venue = `${fixtures.unique('mantua')}@${fixtures.services.muc}`
    const inner = `<destroy jid='${venue}'><reason>Banished</reason></destroy>`
    const iq = `<iq type='set' to='${verona.jid}'><query xmlns='${muc}#owner'>${inner}</query></iq>`
    expect.result(await juliet.iq(iq))
    const presence = await romeo.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence')
    const told = expect.child(expect.child(presence, 'x', `${muc}#user`), 'destroy')
    expect.attribute(told, 'jid', venue)
    expect.equal(told.getChildText('reason'), 'Banished', 'the reason')
  })

  test('xep-0045/10.9/only-owners-destroy', {
    section: '10.9',
    level: 'MUST',
    security: true,
    control: 'xep-0045/10.9/occupants-are-told',
    statement: 'who is no owner and wants to destroy the room cannot: the room stays',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    expect.error(await destroy(verona, romeo))
    await verona.marker(juliet, romeo)
  })

  test('xep-0045/10.9/destruction-by-others-is-forbidden', {
    section: '10.9',
    level: 'MUST',
    statement: 'who is no owner and wants to destroy the room gets forbidden',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    expect.error(await destroy(verona, romeo), 'forbidden')
  })

  test('xep-0045/10.9/destroyed-room-is-gone', {
    section: '10.9',
    level: 'MUST',
    statement: 'a room that is destroyed, though persistent, is gone',
  }, async ({ connect, room }) => {
    const juliet = await connect('juliet')
    const verona = await room(juliet, { config: { persistentroom: '1' } })
    expect.result(await destroy(verona, juliet))
    await juliet.presence(from(verona, 'owner', 'unavailable'), 'unavailable presence')
    await juliet.sync()
    const info = `<iq type='get' to='${verona.jid}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`
    expect.error(await juliet.iq(info), ['item-not-found', 'gone'])
  })
})
