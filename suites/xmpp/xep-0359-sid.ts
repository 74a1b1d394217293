import {
  defineSuite,
  type Element,
  expect,
  feature,
  type Room,
  type Session,
  service,
  Unsupported,
} from '../../harness/suite/index.ts'

const sid = 'urn:xmpp:sid:0'

const stanzaIds = (message: Element): Element[] => message.getChildren('stanza-id', sid)

/** The id that `by` gave the message; where it gave none, the case cannot be asked. */
function idBy(message: Element, by: string): string {
  const id = stanzaIds(message).find(({ attrs }) => attrs.by === by)?.attrs.id
  if (id === undefined) throw new Unsupported(`it gives messages no <stanza-id/> by ${by}`)
  return id
}

/** Sends a chat message with more children and returns it as it comes to the other side. */
async function pass(from: Session, to: Session, id: string, more = ''): Promise<Element> {
  await from.send(`<message to='${to.bare}' type='chat' id='${id}'><body>Hark</body>${more}</message>`)
  return to.message(({ attrs }) => attrs.id === id && attrs.from === from.jid, 'the message')
}

async function needsIdsOf(room: Room): Promise<void> {
  const info = await room.owner.iq(
    `<iq type='get' to='${room.jid}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
  )
  const features = info
    .getChild('query')
    ?.getChildren('feature')
    .map(({ attrs }) => attrs.var)
  if (!features?.includes(sid)) throw new Unsupported(`its rooms do not announce ${sid} in disco#info`)
}

export default defineSuite(
  {
    specification: 'XEP-0359',
    version: '0.7.0',
    title: 'Unique and Stable Stanza IDs',
    category: 'IM',
    role: 'xmpp-server',
  },
  ({ test }) => {
    const requires = [feature(sid, 'account')]

    test('xep-0359/3/forged-id-is-removed', {
      section: '3',
      level: 'MUST',
      security: true,
      requires,
      statement: "a <stanza-id/> in the name of the recipient's account is removed",
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const message = await pass(romeo, juliet, unique(), `<stanza-id xmlns='${sid}' by='${juliet.bare}' id='forged'/>`)
      expect.none(
        stanzaIds(message).filter(({ attrs }) => attrs.id === 'forged'),
        'forged <stanza-id/>',
      )
    })

    test('xep-0359/3/forged-id-is-removed-however-it-is-written', {
      section: '3',
      level: 'MUST',
      security: true,
      requires,
      control: 'xep-0359/3/forged-id-is-removed',
      statement: 'addresses are compared as normalized: a forged `by` in capitals is removed too',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const by = juliet.bare.toUpperCase()
      const message = await pass(romeo, juliet, unique(), `<stanza-id xmlns='${sid}' by='${by}' id='forged'/>`)
      expect.none(
        stanzaIds(message).filter(({ attrs }) => attrs.id === 'forged'),
        'forged <stanza-id/>',
      )
    })

    test('xep-0359/3/at-most-one-id-of-an-address', {
      section: '3',
      level: 'MUST',
      requires,
      statement: 'a message has at most one <stanza-id/> of the same address, however many were sent in it',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const forged = ['one', 'two'].map((id) => `<stanza-id xmlns='${sid}' by='${juliet.bare}' id='${id}'/>`).join('')
      const message = await pass(romeo, juliet, unique(), forged)
      const own = stanzaIds(message).filter(({ attrs }) => attrs.by === juliet.bare)
      expect.ok(own.length <= 1, `at most one <stanza-id/> by ${juliet.bare}`, message)
    })

    test('xep-0359/3/id-of-others-is-kept', {
      section: '3',
      level: 'SHOULD',
      requires,
      statement: 'a <stanza-id/> of an address that the server does not stand for is passed on',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const foreign = `<stanza-id xmlns='${sid}' by='elsewhere@example.org' id='theirs'/>`
      const message = await pass(romeo, juliet, unique(), foreign)
      const kept = stanzaIds(message).some(({ attrs }) => attrs.by === 'elsewhere@example.org' && attrs.id === 'theirs')
      expect.ok(kept, '<stanza-id/> by elsewhere@example.org', message)
    })

    test('xep-0359/3/id-and-by-are-there', {
      section: '3',
      level: 'MUST',
      requires,
      statement: 'each <stanza-id/> has an id and a `by`, and is otherwise empty',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const message = await pass(romeo, juliet, unique())
      for (const element of stanzaIds(message)) {
        expect.ok(element.attrs.id && element.attrs.by, 'an id and a by', element)
        expect.ok(element.children.length === 0, 'an empty element', element)
      }
      idBy(message, juliet.bare)
    })

    test('xep-0359/3/by-is-the-account', {
      section: '3',
      level: 'MUST',
      requires,
      statement: "the id of a one-to-one message is given by the account's bare JID, and by nobody else here",
    }, async ({ connect, domain, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const message = await pass(romeo, juliet, unique())
      for (const { attrs } of stanzaIds(message).filter(({ attrs }) => attrs.by?.includes(domain))) {
        expect.equal(attrs.by, juliet.bare, 'the address that gave the id,')
      }
      idBy(message, juliet.bare)
    })

    test('xep-0359/2.1/ids-are-unique', {
      section: '2.1',
      level: 'MUST',
      requires,
      statement: 'two messages that are the same, down to their own id, have two ids',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const id = unique()
      const ids = [await pass(romeo, juliet, id), await pass(romeo, juliet, id)].map((it) => idBy(it, juliet.bare))
      expect.ok(ids[0] !== ids[1], 'two different ids', `"${ids[0]}" twice`)
    })

    test('xep-0359/6/id-tells-nothing', {
      section: '6',
      level: 'MUST',
      requires,
      statement: 'an id tells nothing: it is neither a counter nor the time',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const ids = [await pass(romeo, juliet, unique()), await pass(romeo, juliet, unique())].map((message) =>
        idBy(message, juliet.bare),
      )
      const [first, second] = ids.map(Number)
      const counts = first !== undefined && second !== undefined && Math.abs(second - first) < 1_000
      expect.ok(!counts, 'ids that do not count up', ids.join(', '))
      const now = Date.now()
      for (const id of ids.filter((text) => /^\d{10,19}$/.test(text))) {
        const hours = [1_000, 1, 1 / 1_000, 1 / 1_000_000].map((ms) => Math.abs(Number(id) * ms - now) / 3_600_000)
        expect.ok(Math.min(...hours) > 1, 'an id that is not the time of day', id)
      }
    })

    test('xep-0359/2.2/origin-id-is-kept', {
      section: '2.2',
      level: 'MUST',
      requires,
      statement: "the sender's <origin-id/> is passed on as it is, beside the server's own id",
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const origin = unique('origin')
      const message = await pass(romeo, juliet, unique(), `<origin-id xmlns='${sid}' id='${origin}'/>`)
      expect.attribute(expect.child(message, 'origin-id', sid), 'id', origin)
    })

    test('xep-0359/3/room-gives-the-id', {
      section: '3',
      level: 'MUST',
      requires: [service('muc')],
      statement: 'in groupchat the id is given by the room, the same for all occupants',
    }, async ({ connect, given, room, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const verona = await room(juliet)
      await needsIdsOf(verona)
      await given('romeo is in the room', () => verona.join(romeo, 'romeo'))
      const id = unique()
      await verona.say(romeo, 'Friends, Veronese', id)
      const reflected = await romeo.message(({ attrs }) => attrs.id === id, 'the message')
      const received = await juliet.message(({ attrs }) => attrs.id === id, 'the message')
      expect.equal(idBy(received, verona.jid), idBy(reflected, verona.jid), 'the same id for both occupants,')
    })

    test('xep-0359/3/forged-id-of-the-room-is-removed', {
      section: '3',
      level: 'MUST',
      security: true,
      requires: [service('muc')],
      statement: 'a <stanza-id/> in the name of the room, sent by an occupant, is removed',
    }, async ({ connect, given, room, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const verona = await room(juliet)
      await needsIdsOf(verona)
      await given('romeo is in the room', () => verona.join(romeo, 'romeo'))
      const id = unique()
      await romeo.send(
        `<message to='${verona.jid}' type='groupchat' id='${id}'><body>Hark</body>` +
          `<stanza-id xmlns='${sid}' by='${verona.jid}' id='forged'/></message>`,
      )
      const message = await juliet.message(({ attrs }) => attrs.id === id, 'the message')
      expect.none(
        stanzaIds(message).filter(({ attrs }) => attrs.id === 'forged'),
        'forged <stanza-id/>',
      )
    })

    test('xep-0359/2.2/origin-id-is-kept-in-rooms', {
      section: '2.2',
      level: 'MUST',
      requires: [service('muc')],
      statement: "a room passes the sender's <origin-id/> on as it is",
    }, async ({ connect, room, unique }) => {
      const juliet = await connect('juliet')
      const verona = await room(juliet)
      await needsIdsOf(verona)
      const [id, origin] = [unique(), unique('origin')]
      await juliet.send(
        `<message to='${verona.jid}' type='groupchat' id='${id}'><body>Hark</body>` +
          `<origin-id xmlns='${sid}' id='${origin}'/></message>`,
      )
      const message = await juliet.message(({ attrs }) => attrs.id === id, 'the message')
      expect.attribute(expect.child(message, 'origin-id', sid), 'id', origin)
    })
  },
)
