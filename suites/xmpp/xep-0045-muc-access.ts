import { defineSuite, expect, statusCodes } from '../../harness/suite/index.ts'
import { answerTo, from, mucHead, roomForTwo } from './_muc.ts'

export default defineSuite(mucHead, ({ test }) => {
  test('xep-0045/7.2.5/password-missing', {
    section: '7.2.5',
    level: 'MUST',
    statement: 'who wants to enter a room with a password and gives none gets not-authorized',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { passwordprotectedroom: '1', roomsecret: 'cauldron' } })
    await verona.enter(romeo, 'romeo')
    expect.error(await answerTo(verona, romeo), 'not-authorized')
  })

  test('xep-0045/7.2.5/password-wrong', {
    section: '7.2.5',
    level: 'MUST',
    statement: 'who wants to enter with a wrong password gets not-authorized',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { passwordprotectedroom: '1', roomsecret: 'cauldron' } })
    await verona.enter(romeo, 'romeo', '<password>Cauldron</password>')
    expect.error(await answerTo(verona, romeo), 'not-authorized')
  })

  test('xep-0045/7.2.5/password-right', {
    section: '7.2.5',
    level: 'SHOULD',
    statement: 'the password given on entering opens the room',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { passwordprotectedroom: '1', roomsecret: 'cauldron' } })
    await verona.enter(romeo, 'romeo', '<password>cauldron</password>')
    const self = await answerTo(verona, romeo)
    expect.ok(statusCodes(self).includes('110'), 'self-presence', self)
  })

  test('xep-0045/7.2.6/members-only', {
    section: '7.2.6',
    level: 'MUST',
    statement: 'who is no member cannot enter a members-only room: registration-required',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { membersonly: '1' } })
    await verona.enter(romeo, 'romeo')
    expect.error(await answerTo(verona, romeo), 'registration-required')
  })

  test('xep-0045/7.2.7/banned', {
    section: '7.2.7',
    level: 'MUST',
    statement: 'who is banned cannot enter: forbidden',
  }, async ({ connect, given, room }) => {
    const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
    const verona = await room(juliet)
    const ban = `<item jid='${tybalt.bare}' affiliation='outcast'/>`
    await given('tybalt is banned', async () => expect.result(await verona.admin('set', ban)))
    await verona.enter(tybalt, 'tybalt')
    expect.error(await answerTo(verona, tybalt), 'forbidden')
  })

  test('xep-0045/7.2.8/nickname-conflict', {
    section: '7.2.8',
    level: 'MUST',
    statement: 'who wants to enter with the nickname of another user gets conflict',
  }, async (fixtures) => {
    const { verona } = await roomForTwo(fixtures)
    const tybalt = await fixtures.connect('tybalt')
    await verona.enter(tybalt, 'romeo')
    expect.error(await answerTo(verona, tybalt), 'conflict')
  })

  test('xep-0045/7.2.8/second-resource-with-the-same-nickname', {
    section: '7.2.8',
    level: 'SHOULD',
    statement: 'another resource of the same user may enter with the same nickname, and gets what is said',
  }, async (fixtures) => {
    const { verona } = await roomForTwo(fixtures)
    const tablet = await fixtures.connect('romeo', { resource: 'tablet' })
    await verona.enter(tablet, 'romeo')
    const self = await answerTo(verona, tablet)
    expect.ok(statusCodes(self).includes('110'), 'self-presence', self)
    await verona.marker(tablet)
  })

  test('xep-0045/9.3/member-may-enter', {
    section: '9.3',
    level: 'MUST',
    statement: 'who is made a member may enter a members-only room',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { membersonly: '1' } })
    expect.result(await verona.admin('set', `<item jid='${romeo.bare}' affiliation='member'/>`))
    await verona.enter(romeo, 'romeo')
    const self = await answerTo(verona, romeo)
    expect.ok(statusCodes(self).includes('110'), 'self-presence', self)
  })

  for (const [section, what, config, inner, statement] of [
    [
      '7.2.5',
      'wrong-password',
      { passwordprotectedroom: '1', roomsecret: 'cauldron' },
      '<password>Cauldron</password>',
      'who gives a wrong password stays out of the room and hears nothing of it',
    ],
    [
      '7.2.6',
      'no-member',
      { membersonly: '1' },
      '',
      'who is no member stays out of a members-only room and hears nothing of it',
    ],
    ['7.2.7', 'outcast', {}, '', 'who is banned stays out of the room and hears nothing of it'],
  ] as const) {
    test(`xep-0045/${section}/${what}-stays-out`, {
      section,
      level: 'MUST',
      security: true,
      control: 'xep-0045/9.3/member-may-enter',
      statement,
    }, async ({ connect, given, room }) => {
      const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
      const verona = await room(juliet, { config })
      const ban = `<item jid='${tybalt.bare}' affiliation='outcast'/>`
      if (what === 'outcast') await given('tybalt is banned', async () => expect.result(await verona.admin('set', ban)))
      await verona.enter(tybalt, 'tybalt', inner)
      expect.error(await answerTo(verona, tybalt))
      await verona.marker(juliet)
      await verona.sync(tybalt)
      expect.none(
        tybalt.seen(({ attrs }) => attrs.from?.startsWith(`${verona.jid}/owner`) === true),
        'word of the room',
      )
      expect.none(juliet.seen(from(verona, 'tybalt')), 'presence of someone who may not enter')
    })
  }
})
