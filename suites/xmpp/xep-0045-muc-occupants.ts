import { defineSuite, expect, occupantItem, statusCodes } from '../../harness/suite/index.ts'
import { from, hasBody, muc, mucHead, roomForTwo } from './_muc.ts'

const disco = 'http://jabber.org/protocol/disco'

export default defineSuite(mucHead, ({ test }) => {
  test('xep-0045/7.6/old-nickname-leaves-with-303', {
    section: '7.6',
    level: 'MUST',
    statement: 'a change of nickname takes the old one away with code 303 and the new nickname, for all',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await romeo.send(`<presence to='${verona.occupant('montague')}'/>`)
    for (const session of [juliet, romeo]) {
      const old = await session.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence of romeo')
      expect.ok(statusCodes(old).includes('303'), 'code 303', old)
      expect.equal(occupantItem(old)?.attrs.nick, 'montague', 'the new nickname')
    }
  })

  test('xep-0045/7.6/new-nickname-appears', {
    section: '7.6',
    level: 'MUST',
    statement: 'after a change of nickname the new one is available for all, and messages come from it',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await romeo.send(`<presence to='${verona.occupant('montague')}'/>`)
    for (const session of [juliet, romeo]) await session.presence(from(verona, 'montague'), 'presence of montague')
    await verona.say(romeo, 'Hark')
    expect.attribute(await juliet.message(hasBody('Hark'), 'a message'), 'from', verona.occupant('montague'))
  })

  test('xep-0045/7.6/nickname-conflict', {
    section: '7.6',
    level: 'MUST',
    statement: 'who changes to the nickname of another user gets conflict and keeps the old one',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await romeo.send(`<presence to='${verona.occupant('owner')}'/>`)
    expect.error(await romeo.presence(({ attrs }) => attrs.type === 'error', 'an error'), 'conflict')
    await verona.say(romeo, 'Hark')
    expect.attribute(await juliet.message(hasBody('Hark'), 'a message'), 'from', verona.occupant('romeo'))
  })

  test('xep-0045/17.3/updates-carry-role-and-affiliation', {
    section: '17.3',
    level: 'MUST',
    statement: 'a change of availability goes to all occupants, with role and affiliation',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await romeo.send(`<presence to='${verona.occupant('romeo')}'><show>xa</show><status>gone</status></presence>`)
    for (const session of [juliet, romeo]) {
      const presence = await session.presence(
        (stanza) => from(verona, 'romeo')(stanza) && stanza.getChildText('show') === 'xa',
        'the presence of romeo',
      )
      expect.equal(presence.getChildText('status'), 'gone', 'the status')
      expect.equal(occupantItem(presence)?.attrs.role, 'participant', 'the role')
      expect.equal(occupantItem(presence)?.attrs.affiliation, 'none', 'the affiliation')
    }
  })

  test('xep-0045/7.14/leaving-is-confirmed', {
    section: '7.14',
    level: 'MUST',
    statement: 'who leaves gets its own unavailable presence with code 110 and role none',
  }, async (fixtures) => {
    const { verona, romeo } = await roomForTwo(fixtures)
    await romeo.send(`<presence to='${verona.occupant('romeo')}' type='unavailable'/>`)
    const self = await romeo.presence(from(verona, 'romeo', 'unavailable'), 'unavailable self-presence')
    expect.ok(statusCodes(self).includes('110'), 'code 110', self)
    expect.equal(occupantItem(self)?.attrs.role, 'none', 'the role')
  })

  test('xep-0045/7.14/leaving-is-told', {
    section: '7.14',
    level: 'MUST',
    statement: 'the others get the unavailable presence of who leaves, with role none and the exit message',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await romeo.send(
      `<presence to='${verona.occupant('romeo')}' type='unavailable'><status>to Mantua</status></presence>`,
    )
    const presence = await juliet.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence of romeo')
    expect.equal(occupantItem(presence)?.attrs.role, 'none', 'the role')
    expect.equal(presence.getChildText('status'), 'to Mantua', 'the exit message')
  })

  test('xep-0045/7.14/going-offline-leaves', {
    section: '7.14',
    level: 'MUST',
    statement: 'who goes offline leaves the room: the others get the unavailable presence',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures)
    await romeo.close()
    const presence = await juliet.presence(from(verona, 'romeo', 'unavailable'), 'unavailable presence of romeo')
    expect.equal(occupantItem(presence)?.attrs.role, 'none', 'the role')
  })

  test('xep-0045/17.3/unavailable-of-strangers-is-ignored', {
    section: '17.3',
    level: 'MUST',
    statement: 'unavailable presence from someone who is not in the room is silently ignored',
  }, async (fixtures) => {
    const { verona, juliet } = await roomForTwo(fixtures)
    const tybalt = await fixtures.connect('tybalt')
    await tybalt.send(`<presence to='${verona.occupant('romeo')}' type='unavailable'/>`)
    await verona.sync(tybalt)
    await verona.marker(juliet)
    expect.none(juliet.seen(from(verona, 'romeo', 'unavailable')), 'departure of an occupant')
    expect.none(
      tybalt.seen((stanza) => verona.sent(stanza)),
      'answer to a stranger',
    )
  })

  test('xep-0045/6.4/room-has-an-identity', {
    section: '6.4',
    level: 'MUST',
    statement: 'disco#info of a room names an identity of category conference',
  }, async ({ connect, room }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet)
    const answer = expect.result(
      await romeo.iq(`<iq type='get' to='${verona.jid}'><query xmlns='${disco}#info'/></iq>`),
    )
    const identities = expect.child(answer, 'query', `${disco}#info`).getChildren('identity')
    expect.ok(
      identities.some(({ attrs }) => attrs.category === 'conference'),
      'category="conference"',
      answer,
    )
  })

  test('xep-0045/6.4/room-names-its-features', {
    section: '6.4',
    level: 'SHOULD',
    statement: 'disco#info of a room names what it is configured to be: members-only, moderated, non-anonymous',
  }, async ({ connect, room }) => {
    const juliet = await connect('juliet')
    const verona = await room(juliet, { config: { membersonly: '1', moderatedroom: '1', whois: 'anyone' } })
    const answer = expect.result(
      await juliet.iq(`<iq type='get' to='${verona.jid}'><query xmlns='${disco}#info'/></iq>`),
    )
    const features = expect
      .child(answer, 'query')
      .getChildren('feature')
      .map(({ attrs }) => attrs.var)
    const missing = [muc, 'muc_membersonly', 'muc_moderated', 'muc_nonanonymous'].filter((it) => !features.includes(it))
    expect.equal(missing.join(' '), '', 'features that are missing:')
  })

  test('xep-0045/6.3/public-room-is-listed', {
    section: '6.3',
    level: 'SHOULD',
    statement: 'disco#items of the service lists a public room',
  }, async ({ connect, room, services }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { publicroom: '1', persistentroom: '0' } })
    const answer = await romeo.iq(`<iq type='get' to='${services.muc}'><query xmlns='${disco}#items'/></iq>`)
    const items = expect.child(expect.result(answer), 'query', `${disco}#items`).getChildren('item')
    expect.ok(
      items.some(({ attrs }) => attrs.jid === verona.jid),
      'the room in the list',
      `${items.length} others`,
    )
  })

  test('xep-0045/6.3/hidden-room-is-not-listed', {
    section: '6.3',
    level: 'SHOULD',
    security: true,
    control: 'xep-0045/6.3/public-room-is-listed',
    statement: 'disco#items of the service does not list a hidden room',
  }, async ({ connect, room, services }) => {
    const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
    const verona = await room(juliet, { config: { publicroom: '0' } })
    const answer = await romeo.iq(`<iq type='get' to='${services.muc}'><query xmlns='${disco}#items'/></iq>`)
    const items = expect.child(expect.result(answer), 'query', `${disco}#items`).getChildren('item')
    expect.none(
      items.filter(({ attrs }) => attrs.jid === verona.jid),
      'hidden room in the list',
    )
  })

  test('xep-0045/6.6/occupants-are-not-for-strangers', {
    section: '6.6',
    level: 'MUST',
    statement: 'a disco query to an occupant, from someone who is not in the room, is answered with bad-request',
  }, async ({ connect, room }) => {
    const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
    const verona = await room(juliet)
    const answer = await tybalt.iq(
      `<iq type='get' to='${verona.occupant('owner')}'><query xmlns='${disco}#info'/></iq>`,
    )
    expect.error(answer, 'bad-request')
  })

  test('xep-0045/17.4/iq-through-the-room', {
    section: '17.4',
    level: 'SHOULD',
    statement:
      'an IQ to an occupant of a semi-anonymous room comes to it from the occupant JID, and so does the answer',
  }, async (fixtures) => {
    const { verona, juliet, romeo } = await roomForTwo(fixtures, { config: { whois: 'moderators' } })
    const id = fixtures.unique()
    await romeo.send(`<iq type='get' id='${id}' to='${verona.occupant('owner')}'><wave xmlns='urn:example:wave'/></iq>`)
    const request = await juliet.next((stanza) => stanza.getChild('wave') !== undefined, 'the request')
    expect.attribute(request, 'from', verona.occupant('romeo'))
    await juliet.send(
      `<iq type='result' id='${request.attrs.id}' to='${request.attrs.from}'><back xmlns='urn:example:wave'/></iq>`,
    )
    const answer = await romeo.next((stanza) => stanza.getChild('back') !== undefined, 'the answer')
    expect.attribute(answer, 'from', verona.occupant('owner'))
    expect.attribute(answer, 'id', id)
  })
})
