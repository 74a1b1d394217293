import { defineSuite, type Element, expect, occupantItem, statusCodes } from '../../harness/suite/index.ts'
import { from, hasBody, isSubject, muc, mucHead, roomForTwo } from './_muc.ts'

const isError = (stanza: Element): boolean => stanza.is('message') && stanza.attrs.type === 'error'

export default defineSuite(mucHead, ({ test }) => {
  test('xep-0045/7.4/message-goes-to-all', {
    section: '7.4',
    level: 'MUST',
    statement: "what an occupant says goes to every occupant, the speaker too, from the speaker's occupant JID",
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const body = fixtures.unique('said')
    await verona.say(romeo, body)
    for (const session of [juliet, romeo]) {
      const message = await session.message(hasBody(body), 'the message')
      expect.attribute(message, 'from', verona.occupant('romeo'))
      expect.attribute(message, 'to', session.jid)
      expect.attribute(message, 'type', 'groupchat')
    }
  })

  test('xep-0045/7.4/id-is-reflected', {
    section: '7.4',
    level: 'SHOULD',
    statement: 'a message is reflected with the id that the speaker gave it',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const [body, id] = [fixtures.unique('said'), fixtures.unique('id')]
    await verona.say(romeo, body, id)
    for (const session of [juliet, romeo]) {
      expect.attribute(await session.message(hasBody(body), 'the message'), 'id', id)
    }
  })

  test('xep-0045/17.2/extensions-are-passed-on', {
    section: '17.2',
    level: 'SHOULD',
    statement: 'other children of a message are passed on unchanged',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const body = fixtures.unique('said')
    await romeo.send(
      `<message to='${verona.jid}' type='groupchat'><body>${body}</body><wave xmlns='urn:example:wave' hand='left'/></message>`,
    )
    const message = await juliet.message(hasBody(body), 'the message')
    expect.attribute(expect.child(message, 'wave', 'urn:example:wave'), 'hand', 'left')
  })

  test('xep-0045/7.4/visitor-is-refused', {
    section: '7.4',
    level: 'MUST',
    statement: 'a visitor who speaks in a moderated room gets forbidden',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures, { config: { moderatedroom: '1' } })
    const visitor = `<item nick='romeo' role='visitor'/>`
    await fixtures.given('romeo is a visitor', async () => expect.result(await verona.admin('set', visitor)))
    await verona.say(romeo, 'Hark')
    expect.error(await romeo.message(isError, 'an error'), 'forbidden')
  })

  test('xep-0045/7.4/visitor-is-not-heard', {
    section: '7.4',
    level: 'MUST',
    security: true,
    control: 'xep-0045/7.4/message-goes-to-all',
    statement: 'what a visitor says in a moderated room is not passed on',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures, { config: { moderatedroom: '1' } })
    const visitor = `<item nick='romeo' role='visitor'/>`
    await fixtures.given('romeo is a visitor', async () => expect.result(await verona.admin('set', visitor)))
    await verona.say(romeo, 'Hark')
    await verona.sync(romeo)
    await verona.marker(juliet)
    expect.none(juliet.seen(hasBody('Hark')), 'message of a visitor')
  })

  test('xep-0045/7.4/stranger-is-refused', {
    section: '7.4',
    level: 'SHOULD',
    statement: 'who is not in the room and speaks gets not-acceptable',
  }, async ({ connect, room }) => {
    const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
    const verona = await room(juliet)
    await verona.say(tybalt, 'Hark')
    expect.error(await tybalt.message(isError, 'an error'), 'not-acceptable')
  })

  test('xep-0045/7.4/stranger-is-not-heard', {
    section: '7.4',
    level: 'SHOULD',
    security: true,
    control: 'xep-0045/7.4/message-goes-to-all',
    statement: 'what is said by someone who is not in the room is not passed on',
  }, async ({ connect, room }) => {
    const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
    const verona = await room(juliet)
    await verona.say(tybalt, 'Hark')
    await verona.sync(tybalt)
    await verona.marker(juliet)
    expect.none(juliet.seen(hasBody('Hark')), 'message of a stranger')
  })

  test('xep-0045/17.2/no-such-room', {
    section: '17.2',
    level: 'SHOULD',
    statement: 'a message to a room that does not exist is answered with item-not-found',
  }, async ({ connect, services, unique }) => {
    const romeo = await connect('romeo')
    const jid = `${unique('nowhere')}@${services.muc}`
    await romeo.send(`<message to='${jid}' type='groupchat'><body>Hark</body></message>`)
    expect.error(await romeo.message(isError, 'an error'), 'item-not-found')
  })

  test('xep-0045/7.5/private-message', {
    section: '7.5',
    level: 'MUST',
    statement: "a private message comes to the other occupant alone, from the sender's occupant JID",
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const nurse = await fixtures.connect('nurse')
    await fixtures.given('the nurse is in the room', () => verona.join(nurse, 'nurse'))
    const body = fixtures.unique('psst')
    await romeo.send(`<message to='${verona.occupant('owner')}' type='chat'><body>${body}</body></message>`)
    const message = await juliet.message(hasBody(body), 'the private message')
    expect.attribute(message, 'from', verona.occupant('romeo'))
    expect.attribute(message, 'to', juliet.jid)
    expect.attribute(message, 'type', 'chat')
    await verona.marker(nurse)
    expect.none(nurse.seen(hasBody(body)), 'private message for others')
  })

  test('xep-0045/7.5/private-message-is-marked', {
    section: '7.5',
    level: 'SHOULD',
    statement: 'the room adds <x/> of muc#user to a private message that came without it',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    const body = fixtures.unique('psst')
    await romeo.send(`<message to='${verona.occupant('owner')}' type='chat'><body>${body}</body></message>`)
    expect.child(await juliet.message(hasBody(body), 'the private message'), 'x', `${muc}#user`)
  })

  test('xep-0045/7.5/private-groupchat-message', {
    section: '7.5',
    level: 'MUST',
    statement: 'a message of type groupchat to one occupant is refused with bad-request',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    await romeo.send(`<message to='${verona.occupant('owner')}' type='groupchat'><body>psst</body></message>`)
    expect.error(await romeo.message(isError, 'an error'), 'bad-request')
  })

  test('xep-0045/7.5/no-such-occupant', {
    section: '7.5',
    level: 'MUST',
    statement: 'a private message to an occupant who is not there is answered with item-not-found',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    await romeo.send(`<message to='${verona.occupant('nobody')}' type='chat'><body>psst</body></message>`)
    expect.error(await romeo.message(isError, 'an error'), 'item-not-found')
  })

  test('xep-0045/7.5/private-message-of-a-stranger', {
    section: '7.5',
    level: 'MUST',
    statement: 'a private message of someone who is not in the room is refused with not-acceptable',
  }, async ({ connect, room }) => {
    const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
    const verona = await room(juliet)
    await tybalt.send(`<message to='${verona.occupant('owner')}' type='chat'><body>psst</body></message>`)
    expect.error(await tybalt.message(isError, 'an error'), 'not-acceptable')
    await verona.marker(juliet)
    expect.none(juliet.seen(hasBody('psst')), 'private message of a stranger')
  })

  test('xep-0045/7.2.13/history-is-stamped', {
    section: '7.2.13',
    level: 'MUST',
    statement: 'messages of the history are stamped with the time, from the JID of the room',
  }, async (fixtures) => {
    const { verona, juliet } = await roomForTwo(fixtures)
    await verona.say(juliet, 'before')
    await juliet.message(hasBody('before'), 'the message')
    const nurse = await fixtures.connect('nurse')
    const came = await fixtures.given('the nurse enters', () => verona.join(nurse, 'nurse'))
    const history = came.find(hasBody('before'))
    await fixtures.given('the room sends history', async () => expect.ok(history, 'history', 'none'))
    const delay = expect.child(history ?? expect.fail('history', 'none'), 'delay', 'urn:xmpp:delay')
    expect.ok(!Number.isNaN(Date.parse(delay.attrs.stamp ?? '')), 'a stamp', delay)
    expect.attribute(delay, 'from', verona.jid)
  })

  for (const [limit, what] of [
    ["maxchars='0'", 'no characters'],
    ["maxstanzas='0'", 'no messages'],
    ["since='2100-01-01T00:00:00Z'", 'only messages of the future'],
  ] as const) {
    test(`xep-0045/7.2.14/history-${limit.split('=')[0]}`, {
      section: '7.2.14',
      level: 'MUST',
      statement: `who asks for ${what} on entering gets no history`,
    }, async (fixtures) => {
      const { verona, juliet } = await roomForTwo(fixtures)
      await verona.say(juliet, 'before')
      await juliet.message(hasBody('before'), 'the message')
      const nurse = await fixtures.connect('nurse')
      const came = await verona.join(nurse, 'nurse', `<history ${limit}/>`)
      expect.none(came.filter(hasBody('before')), 'history')
    })
  }

  test('xep-0045/7.2.14/history-of-one-message', {
    section: '7.2.14',
    level: 'MUST',
    statement: 'who asks for one message of the history gets the last one',
  }, async (fixtures) => {
    const { verona, juliet } = await roomForTwo(fixtures)
    for (const body of ['one', 'two', 'three']) {
      await verona.say(juliet, body)
      await juliet.message(hasBody(body), 'the message')
    }
    const nurse = await fixtures.connect('nurse')
    const came = await verona.join(nurse, 'nurse', "<history maxstanzas='1'/>")
    const bodies = came.filter((stanza) => stanza.is('message')).flatMap((stanza) => stanza.getChildText('body') ?? [])
    expect.equal(bodies.join(' '), 'three', 'the history')
  })

  test('xep-0045/7.2.15/no-subject', {
    section: '7.2.15',
    level: 'MUST',
    statement: 'who enters a room that has no subject is sent an empty one',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet)
    const subject = (await verona.join(romeo, 'romeo')).find(isSubject)
    expect.ok(subject, 'a message with a subject', 'none')
    expect.equal(subject.getChildText('subject'), '', 'the subject')
    expect.attribute(subject, 'type', 'groupchat')
  })

  test('xep-0045/7.2.15/current-subject', {
    section: '7.2.15',
    level: 'MUST',
    statement: 'who enters is sent the current subject, without a body',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet)
    for (const subject of ['Feud', 'Peace']) {
      await juliet.send(`<message to='${verona.jid}' type='groupchat'><subject>${subject}</subject></message>`)
      await juliet.message((stanza) => stanza.getChildText('subject') === subject, 'the new subject')
    }
    const subjects = (await verona.join(romeo, 'romeo')).filter(isSubject)
    expect.equal(subjects.map((stanza) => stanza.getChildText('subject')).join(' '), 'Peace', 'the subject')
  })

  test('xep-0045/8.1/subject-goes-to-all', {
    section: '8.1',
    level: 'MUST',
    statement: "a new subject goes to all occupants, from the room or from its author's occupant JID",
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await juliet.send(`<message to='${verona.jid}' type='groupchat'><subject>Feud</subject></message>`)
    const message = await romeo.message((stanza) => stanza.getChildText('subject') === 'Feud', 'the new subject')
    const senders = [verona.jid, verona.occupant('owner')]
    expect.ok(senders.includes(message.attrs.from ?? '') && isSubject(message), 'a subject and no body', message)
  })

  test('xep-0045/8.1/subject-is-for-moderators', {
    section: '8.1',
    level: 'MUST',
    statement: 'a participant who may not change the subject gets forbidden',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures, { config: { changesubject: '0' } })
    await romeo.send(`<message to='${verona.jid}' type='groupchat'><subject>Mine</subject></message>`)
    expect.error(await romeo.message(isError, 'an error'), 'forbidden')
    await verona.marker(juliet)
    expect.none(
      juliet.seen((stanza) => stanza.getChildText('subject') === 'Mine'),
      'subject of a participant',
    )
  })

  test('xep-0045/8.1/subject-with-body-is-a-message', {
    section: '8.1',
    level: 'MUST',
    statement: 'a message with both a subject and a body does not change the subject of the room',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet)
    await juliet.send(`<message to='${verona.jid}' type='groupchat'><subject>Feud</subject><body>said</body></message>`)
    await juliet.message(hasBody('said'), 'the message')
    const subject = (await verona.join(romeo, 'romeo')).find(isSubject)
    expect.equal(subject?.getChildText('subject') ?? '', '', 'the subject of the room')
  })

  test('xep-0045/7.8.2/mediated-invitation', {
    section: '7.8.2',
    level: 'MUST',
    statement: 'an invitation sent to the room comes to the invitee from the room, with the inviter in `from`',
  }, async ({ connect, room, unique }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet)
    const reason = unique('come')
    await juliet.send(
      `<message to='${verona.jid}'><x xmlns='${muc}#user'><invite to='${romeo.bare}'><reason>${reason}</reason></invite>` +
        '</x></message>',
    )
    const message = await romeo.message(({ attrs }) => attrs.from === verona.jid, 'an invitation of the room')
    const invite = expect.child(expect.child(message, 'x', `${muc}#user`), 'invite')
    const inviter = [juliet.bare, juliet.jid, verona.occupant('owner')]
    expect.ok(inviter.includes(invite.attrs.from ?? ''), `from='${inviter.join("' or '")}'`, invite)
    expect.equal(invite.getChildText('reason'), reason, 'the reason')
  })

  test('xep-0045/17.3/status-of-clients-is-not-passed-on', {
    section: '17.3',
    level: 'MUST',
    security: true,
    statement: 'roles, affiliations and status codes that a client puts into its presence are not passed on',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await romeo.send(
      `<presence to='${verona.occupant('romeo')}'><show>away</show><x xmlns='${muc}#user'>` +
        "<item affiliation='owner' role='moderator' jid='prince@forged.example'/><status code='301'/></x></presence>",
    )
    const presence = await juliet.presence(
      (stanza) => from(verona, 'romeo')(stanza) && stanza.getChildText('show') === 'away',
      'the presence of romeo',
    )
    expect.equal(occupantItem(presence)?.attrs.affiliation, 'none', 'the affiliation')
    expect.ok(
      !statusCodes(presence).includes('301') && !presence.toString().includes('forged'),
      'nothing forged',
      presence,
    )
  })
})
