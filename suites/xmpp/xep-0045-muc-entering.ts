import { defineSuite, expect, occupantItem, statusCodes } from '../../harness/suite/index.ts'
import { answerOf, answerTo, from, hasBody, isSubject, muc, mucHead, roomForTwo } from './_muc.ts'

const data = 'jabber:x:data'

export default defineSuite(mucHead, ({ test }) => {
  test('xep-0045/10.1.1/creation-is-acknowledged', {
    section: '10.1.1',
    level: 'MUST',
    statement: 'who enters a room that does not exist creates it: owner, and the codes 201 and 110',
  }, async ({ connect, services, unique }) => {
    const juliet = await connect('juliet')
    const jid = `${unique('room')}@${services.muc}`
    await juliet.send(`<presence to='${jid}/juliet'><x xmlns='${muc}'/></presence>`)
    const self = await answerOf(jid, juliet)
    const codes = statusCodes(self)
    expect.ok(codes.includes('201') && codes.includes('110'), 'status codes 201 and 110', self)
    expect.equal(occupantItem(self)?.attrs.affiliation, 'owner', 'the affiliation')
  })

  test('xep-0045/7.2.10/locked-room-is-not-found', {
    section: '7.2.10',
    level: 'MUST',
    statement: 'a room that is not configured yet cannot be entered: item-not-found',
  }, async ({ connect, given, services, unique }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const jid = `${unique('room')}@${services.muc}`
    await juliet.send(`<presence to='${jid}/juliet'><x xmlns='${muc}'/></presence>`)
    await given('a new room', () => juliet.presence((stanza) => statusCodes(stanza).includes('201')))
    await romeo.send(`<presence to='${jid}/romeo'><x xmlns='${muc}'/></presence>`)
    const answer = await answerOf(jid, romeo)
    expect.error(answer, 'item-not-found')
  })

  test('xep-0045/10.1.2/instant-room-is-unlocked', {
    section: '10.1.2',
    level: 'MUST',
    statement: 'an empty form makes an instant room that others can enter',
  }, async ({ connect, given, services, unique }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const jid = `${unique('room')}@${services.muc}`
    await juliet.send(`<presence to='${jid}/juliet'><x xmlns='${muc}'/></presence>`)
    await given('a new room', () => juliet.presence((stanza) => statusCodes(stanza).includes('201')))
    const form = `<query xmlns='${muc}#owner'><x xmlns='${data}' type='submit'/></query>`
    expect.result(await juliet.iq(`<iq type='set' to='${jid}'>${form}</iq>`))
    await romeo.send(`<presence to='${jid}/romeo'><x xmlns='${muc}'/></presence>`)
    const self = await answerOf(jid, romeo)
    expect.ok(statusCodes(self).includes('110'), 'self-presence with code 110', self)
  })

  test('xep-0045/10.1.3/configuration-form', {
    section: '10.1.3',
    level: 'MUST',
    statement: 'the creator who asks for the configuration form of a new room gets it',
  }, async ({ connect, given, services, unique }) => {
    const juliet = await connect('juliet')
    const jid = `${unique('room')}@${services.muc}`
    await juliet.send(`<presence to='${jid}/juliet'><x xmlns='${muc}'/></presence>`)
    await given('a new room', () => juliet.presence((stanza) => statusCodes(stanza).includes('201')))
    const answer = expect.result(await juliet.iq(`<iq type='get' to='${jid}'><query xmlns='${muc}#owner'/></iq>`))
    const form = expect.child(expect.child(answer, 'query', `${muc}#owner`), 'x', data)
    const type = form.getChildren('field').find((field) => field.attrs.var === 'FORM_TYPE')
    expect.equal(type?.getChildText('value'), `${muc}#roomconfig`, 'FORM_TYPE')
  })

  test('xep-0045/10.1.1/cancelled-room-is-destroyed', {
    section: '10.1.1',
    level: 'MUST',
    statement: 'a new room whose configuration is cancelled is gone: the next one to enter creates it',
  }, async ({ connect, given, services, unique }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const jid = `${unique('room')}@${services.muc}`
    await juliet.send(`<presence to='${jid}/juliet'><x xmlns='${muc}'/></presence>`)
    await given('a new room', () => juliet.presence((stanza) => statusCodes(stanza).includes('201')))
    const cancel = `<query xmlns='${muc}#owner'><x xmlns='${data}' type='cancel'/></query>`
    expect.result(await juliet.iq(`<iq type='set' to='${jid}'>${cancel}</iq>`))
    await romeo.send(`<presence to='${jid}/romeo'><x xmlns='${muc}'/></presence>`)
    const self = await answerOf(jid, romeo)
    expect.ok(statusCodes(self).includes('201'), 'code 201, a new room', self)
  })

  test('xep-0045/7.1/order-of-events', {
    section: '7.1',
    level: 'MUST',
    statement: 'entering brings first the presence of others, then of oneself, then the history, then the subject',
  }, async (fixtures) => {
    const { verona, juliet } = await roomForTwo(fixtures)
    await verona.say(juliet, 'before')
    await juliet.message(hasBody('before'), 'the message')
    const nurse = await fixtures.connect('nurse')
    const came = await fixtures.given('the nurse enters', () => verona.join(nurse, 'nurse'))
    const others = ['owner', 'romeo'].map((nick) => came.findIndex(from(verona, nick)))
    const self = came.findIndex(from(verona, 'nurse'))
    const history = came.findIndex(hasBody('before'))
    const subject = came.findIndex(isSubject)
    const story = came.map((stanza) => `${stanza.getName()} from ${stanza.attrs.from?.split('/')[1] ?? 'the room'}`)
    expect.ok(
      Math.min(...others) >= 0 &&
        Math.max(...others) < self &&
        (history < 0 || self < history) &&
        Math.max(self, history) < subject,
      'others, self, history, subject',
      story.join(', '),
    )
  })

  test('xep-0045/7.2.2/occupants-are-shown-to-the-newcomer', {
    section: '7.2.2',
    level: 'MUST',
    statement: 'the newcomer gets the presence of each occupant with role and affiliation',
  }, async (fixtures) => {
    const { verona } = await roomForTwo(fixtures)
    const nurse = await fixtures.connect('nurse')
    const came = await verona.join(nurse, 'nurse')
    for (const [nick, role, affiliation] of [
      ['owner', 'moderator', 'owner'],
      ['romeo', 'participant', 'none'],
    ]) {
      const presence = came.find(from(verona, nick ?? ''))
      const item = presence && occupantItem(presence)
      expect.ok(item, `presence of ${nick} with an item`, presence ?? 'none')
      expect.equal(item.attrs.role, role ?? '', `the role of ${nick}`)
      expect.equal(item.attrs.affiliation, affiliation ?? '', `the affiliation of ${nick}`)
    }
  })

  test('xep-0045/7.2.2/newcomer-is-shown-to-the-occupants', {
    section: '7.2.2',
    level: 'MUST',
    statement: 'all occupants get the presence of the newcomer with role and affiliation',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const nurse = await fixtures.connect('nurse')
    await verona.enter(nurse, 'nurse')
    for (const session of [juliet, romeo]) {
      const item = occupantItem(await session.presence(from(verona, 'nurse'), 'the presence of the nurse'))
      expect.equal(item?.attrs.role, 'participant', 'the role')
      expect.equal(item?.attrs.affiliation, 'none', 'the affiliation')
    }
  })

  test('xep-0045/7.2.2/only-self-presence-has-110', {
    section: '7.2.2',
    level: 'MUST',
    statement: "the newcomer's own presence has code 110, the others' presence has not",
  }, async (fixtures) => {
    const { verona, juliet } = await roomForTwo(fixtures)
    const nurse = await fixtures.connect('nurse')
    const came = (await verona.join(nurse, 'nurse')).filter((stanza) => stanza.is('presence'))
    const marked = came.filter((stanza) => statusCodes(stanza).includes('110'))
    expect.equal(marked.map(({ attrs }) => attrs.from).join(' '), verona.occupant('nurse'), 'presence with 110 from')
    const seen = await juliet.presence(from(verona, 'nurse'), 'the presence of the nurse')
    expect.ok(!statusCodes(seen).includes('110'), 'no code 110 for others', seen)
  })

  test('xep-0045/7.2.1/no-nickname', {
    section: '7.2.1',
    level: 'MUST',
    statement: 'who wants to enter without a nickname gets jid-malformed',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet)
    await romeo.send(`<presence to='${verona.jid}'><x xmlns='${muc}'/></presence>`)
    expect.error(await answerTo(verona, romeo), 'jid-malformed')
  })

  test('xep-0045/7.2.3/real-jids-in-non-anonymous-rooms', {
    section: '7.2.3',
    level: 'MUST',
    statement: "in a non-anonymous room everybody gets the newcomer's full JID",
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures, { config: { whois: 'anyone' } })
    const nurse = await fixtures.connect('nurse')
    await verona.enter(nurse, 'nurse')
    for (const session of [juliet, romeo]) {
      const presence = await session.presence(from(verona, 'nurse'), 'the presence of the nurse')
      expect.equal(occupantItem(presence)?.attrs.jid, nurse.jid, 'the real JID')
    }
  })

  test('xep-0045/7.2.3/newcomer-is-warned', {
    section: '7.2.3',
    level: 'MUST',
    statement: 'who enters a non-anonymous room is warned with code 100',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { whois: 'anyone' } })
    await verona.enter(romeo, 'romeo')
    const self = await answerTo(verona, romeo)
    expect.ok(statusCodes(self).includes('100'), 'code 100', self)
  })

  test('xep-0045/7.2.4/real-jids-for-moderators', {
    section: '7.2.4',
    level: 'MUST',
    statement: "in a semi-anonymous room moderators get the newcomer's full JID",
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { whois: 'moderators' } })
    await verona.enter(romeo, 'romeo')
    const presence = await juliet.presence(from(verona, 'romeo'), 'the presence of romeo')
    expect.equal(occupantItem(presence)?.attrs.jid, romeo.jid, 'the real JID')
  })

  test('xep-0045/7.2.4/no-real-jids-for-others', {
    section: '7.2.4',
    level: 'MUST',
    security: true,
    statement: 'in a semi-anonymous room a participant never gets real JIDs: on entering, on updates, on leaving',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures, { config: { whois: 'moderators' } })
    const nurse = await fixtures.connect('nurse')
    const shown = await verona.join(nurse, 'nurse')
    await nurse.send(`<presence to='${verona.occupant('nurse')}'><show>away</show></presence>`)
    await nurse.send(`<presence to='${verona.occupant('maid')}'/>`)
    await nurse.send(`<presence to='${verona.occupant('maid')}' type='unavailable'/>`)
    await romeo.presence(from(verona, 'maid', 'unavailable'), 'the nurse to leave')
    const all = [...shown, ...romeo.seen((stanza) => verona.sent(stanza))]
    const told = all.filter((stanza) => [juliet.bare, nurse.bare].some((jid) => tells(stanza.toString(), jid)))
    const others = told.filter(({ attrs }) => attrs.to !== nurse.jid || !attrs.from?.endsWith('/nurse'))
    expect.none(others, 'real JID for a participant')
  })

  test('xep-0045/7.2.18/presence-without-muc', {
    section: '7.2.18',
    level: 'SHOULD',
    statement: 'presence to a room from outside it without <x/> is answered with a kick: codes 110, 307 and 333',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet)
    await romeo.send(`<presence to='${verona.occupant('romeo')}'/>`)
    const answer = await romeo.presence(({ attrs }) => attrs.from?.startsWith(`${verona.jid}/`) === true, 'a kick')
    const codes = statusCodes(answer)
    const kick = answer.attrs.type === 'unavailable' && ['110', '307', '333'].every((code) => codes.includes(code))
    expect.ok(kick, 'unavailable presence with codes 110, 307 and 333', answer)
  })

  test('xep-0045/17.3/entering-again-brings-everything', {
    section: '17.3',
    level: 'MUST',
    statement: 'an occupant who enters again is sent the occupants, its own presence and the subject once more',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    const came = await verona.join(romeo, 'romeo')
    expect.ok(came.some(from(verona, 'owner')), "the owner's presence", 'none')
    expect.ok(came.some(from(verona, 'romeo')), 'self-presence', 'none')
    expect.ok(came.some(isSubject), 'the subject', 'none')
  })

  test('xep-0045/17.3/typed-presence-does-not-enter', {
    section: '17.3',
    level: 'MUST',
    statement: 'presence with a type, such as subscribe, is no request to enter',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet)
    await romeo.send(`<presence to='${verona.occupant('romeo')}' type='subscribe'><x xmlns='${muc}'/></presence>`)
    await romeo.send(`<presence to='${verona.occupant('romeo')}' type='probe'><x xmlns='${muc}'/></presence>`)
    await verona.sync(romeo)
    await verona.marker(juliet)
    expect.none(juliet.seen(from(verona, 'romeo')), 'presence of a user who did not enter')
  })
})

/** Whether the text tells the JID anywhere but in the `to` that every stanza to its reader has. */
const tells = (text: string, jid: string): boolean => text.includes(`jid="${jid}`)
