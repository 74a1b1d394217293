import {
  defineSuite,
  type Element,
  expect,
  occupantItem,
  type Room,
  type Session,
  service,
  Unsupported,
} from '../../harness/suite/index.ts'
import { archived, ask, mam, query } from './_mam.ts'

/** The room's archive; a case cannot be asked where rooms announce none. */
async function needsArchive(room: Room): Promise<void> {
  const info = await room.owner.iq(
    `<iq type='get' to='${room.jid}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
  )
  const features = info
    .getChild('query')
    ?.getChildren('feature')
    .map(({ attrs }) => attrs.var)
  if (!features?.includes(mam)) throw new Unsupported(`its rooms do not announce ${mam} in disco#info`)
}

/** Says something in the room and waits for it to come back. */
async function say(room: Room, session: Session, body: string): Promise<Element> {
  await room.say(session, body)
  return session.message((stanza) => stanza.getChildText('body') === body && room.sent(stanza), 'the reflected message')
}

const bodiesOf = (results: Element[]): string =>
  results
    .map((result) => archived(result).getChildText('body'))
    .filter((body) => body)
    .join(' ')

export default defineSuite(
  {
    specification: 'XEP-0313',
    version: '1.1.3',
    title: 'Message Archive Management',
    category: 'IM',
    role: 'xmpp-server',
    requires: [service('muc')],
  },
  ({ test }) => {
    test('xep-0313/6.1.2/room-messages-are-archived', {
      section: '6.1.2',
      level: 'SHOULD',
      statement: "messages with a body said in a room are in the room's archive, in order",
    }, async ({ connect, given, room }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      const verona = await room(juliet)
      await needsArchive(verona)
      await given('romeo is in the room', () => verona.join(romeo, 'romeo'))
      await say(verona, romeo, 'm1')
      await say(verona, juliet, 'm2')
      const { results } = await query(romeo, { to: verona.jid })
      expect.equal(bodiesOf(results), 'm1 m2', 'the archived bodies')
    })

    test('xep-0313/6.1.2/room-messages-are-archived-once', {
      section: '6.1.2',
      level: 'MUST',
      statement: 'a room with several occupants archives a message once',
    }, async ({ connect, given, room }) => {
      const [juliet, romeo, nurse] = [await connect('juliet'), await connect('romeo'), await connect('nurse')]
      const verona = await room(juliet)
      await needsArchive(verona)
      await given('two more are in the room', async () => {
        await verona.join(romeo, 'romeo')
        await verona.join(nurse, 'nurse')
      })
      await say(verona, romeo, 'm1')
      const { all } = await query(romeo, { to: verona.jid })
      expect.equal(bodiesOf(all), 'm1', 'the archived bodies')
    })

    test('xep-0313/6.1.2/private-messages-are-not-in-the-archive', {
      section: '6.1.2',
      level: 'MUST',
      security: true,
      statement: 'private messages between occupants are not in the archive of the room',
    }, async ({ connect, given, room }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      const verona = await room(juliet)
      await needsArchive(verona)
      await given('romeo is in the room', () => verona.join(romeo, 'romeo'))
      await romeo.send(`<message to='${verona.occupant('owner')}' type='chat'><body>psst</body></message>`)
      await juliet.message((stanza) => stanza.getChildText('body') === 'psst', 'the private message')
      await say(verona, romeo, 'm1')
      const { results } = await query(juliet, { to: verona.jid })
      expect.equal(bodiesOf(results), 'm1', 'the archived bodies')
    })

    test('xep-0313/6.1.2/refused-messages-are-not-in-the-archive', {
      section: '6.1.2',
      level: 'SHOULD',
      statement: 'a message that the room refuses, from someone who is not in it, is not archived',
    }, async ({ connect, room }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      const verona = await room(juliet)
      await needsArchive(verona)
      await verona.say(romeo, 'intruder')
      await verona.sync(romeo)
      await say(verona, juliet, 'm1')
      const { results } = await query(juliet, { to: verona.jid })
      expect.equal(bodiesOf(results), 'm1', 'the archived bodies')
    })

    test('xep-0313/6.1.2/results-come-from-occupants', {
      section: '6.1.2',
      level: 'MUST',
      statement: "an archived message comes from the sender's occupant JID and has no `to`",
    }, async ({ connect, given, room }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      const verona = await room(juliet)
      await needsArchive(verona)
      await given('romeo is in the room', () => verona.join(romeo, 'romeo'))
      await say(verona, romeo, 'm1')
      const { results } = await query(juliet, { to: verona.jid })
      const message = archived(results.at(-1) ?? expect.fail('one result', 'none'))
      expect.attribute(message, 'from', verona.occupant('romeo'))
      expect.ok(message.attrs.to === undefined, 'no `to`', message)
    })

    test('xep-0313/3.5/room-gives-the-archive-id', {
      section: '3.5',
      level: 'MUST',
      statement: 'a message carries, when the room sends it, the id that it has in the archive of the room',
    }, async ({ connect, room }) => {
      const juliet = await connect('juliet')
      const verona = await room(juliet)
      await needsArchive(verona)
      const message = await say(verona, juliet, 'm1')
      const own = message.getChildren('stanza-id', 'urn:xmpp:sid:0').find(({ attrs }) => attrs.by === verona.jid)
      const { ids } = await query(juliet, { to: verona.jid })
      expect.equal(own?.attrs.id, ids.at(-1) ?? '', "the room's <stanza-id/> on delivery,")
    })

    test('xep-0313/6.1.2/senders-are-told-in-non-anonymous-rooms', {
      section: '6.1.2',
      level: 'none',
      statement: "in a non-anonymous room an archived message tells the sender's full JID",
    }, async ({ connect, given, room }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      const verona = await room(juliet, { config: { whois: 'anyone' } })
      await needsArchive(verona)
      await given('romeo is in the room', () => verona.join(romeo, 'romeo'))
      await say(verona, romeo, 'm1')
      const { results } = await query(juliet, { to: verona.jid })
      const message = archived(results.at(-1) ?? expect.fail('one result', 'none'))
      expect.equal(occupantItem(message)?.attrs.jid, romeo.jid, 'the real JID in the result,')
    })

    test('xep-0313/6.1.2/senders-are-hidden-in-semi-anonymous-rooms', {
      section: '6.1.2',
      level: 'MUST',
      security: true,
      statement: "in a semi-anonymous room the archive does not tell the sender's real JID to those who may not see it",
    }, async ({ connect, given, room }) => {
      const [juliet, romeo, nurse] = [await connect('juliet'), await connect('romeo'), await connect('nurse')]
      const verona = await room(juliet, { config: { whois: 'moderators' } })
      await needsArchive(verona)
      await given('two more are in the room', async () => {
        await verona.join(romeo, 'romeo')
        await verona.join(nurse, 'nurse')
      })
      await say(verona, romeo, 'm1')
      const { results } = await query(nurse, { to: verona.jid })
      await given('an archived message', async () => expect.ok(results.length > 0, 'a result', 'none'))
      expect.none(
        results.filter((result) => result.toString().includes(romeo.bare)),
        'real JID in a result',
      )
    })

    test('xep-0313/8.4/forged-sender-is-stripped', {
      section: '8.4',
      level: 'MUST',
      security: true,
      control: 'xep-0313/6.1.2/room-messages-are-archived',
      statement: "what a client says of its own role and real JID in a message does not get into the room's archive",
    }, async ({ connect, given, room }) => {
      const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
      const verona = await room(juliet)
      await needsArchive(verona)
      await given('romeo is in the room', () => verona.join(romeo, 'romeo'))
      await romeo.send(
        `<message to='${verona.jid}' type='groupchat'><body>m1</body><x xmlns='http://jabber.org/protocol/muc#user'>` +
          `<item affiliation='owner' role='moderator' jid='prince@forged.example'/></x></message>`,
      )
      await juliet.message((stanza) => stanza.getChildText('body') === 'm1', 'the message')
      const { results } = await query(juliet, { to: verona.jid })
      await given('an archived message', async () => expect.ok(bodiesOf(results) === 'm1', 'm1', 'another'))
      expect.none(
        results.filter((result) => result.toString().includes('forged.example')),
        'forged item in a result',
      )
    })

    test('xep-0313/6.1.2/members-only-archive-is-closed', {
      section: '6.1.2',
      level: 'MUST',
      security: true,
      control: 'xep-0313/6.1.2/room-messages-are-archived',
      statement: 'who is no member cannot query the archive of a members-only room',
    }, async ({ connect, room }) => {
      const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
      const verona = await room(juliet, { config: { membersonly: '1' } })
      await needsArchive(verona)
      await say(verona, juliet, 'm1')
      const { answer, messages } = await ask(tybalt, { to: verona.jid })
      expect.none(messages, 'result for someone who may not enter')
      expect.error(answer)
    })

    test('xep-0313/6.1.2/outcasts-cannot-query', {
      section: '6.1.2',
      level: 'MUST',
      security: true,
      control: 'xep-0313/6.1.2/room-messages-are-archived',
      statement: 'who is banned from a room cannot query its archive',
    }, async ({ connect, given, room }) => {
      const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
      const verona = await room(juliet)
      await needsArchive(verona)
      await say(verona, juliet, 'm1')
      await given('tybalt is banned', async () =>
        expect.result(await verona.admin('set', `<item jid='${tybalt.bare}' affiliation='outcast'/>`)),
      )
      const { answer, messages } = await ask(tybalt, { to: verona.jid })
      expect.none(messages, 'result for someone who is banned')
      expect.error(answer)
    })
  },
)
