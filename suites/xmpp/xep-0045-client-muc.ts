import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, type Element, ns } from '../../harness/suite/index.ts'

const muc = 'http://jabber.org/protocol/muc'
const control = 'xep-0045/7.2.1/client-enters-room'

/** Lets the client enter a room; what its driver says came of it. */
async function enter({ client }: ClientFixtures, room: string): Promise<{ told: string; failed: boolean }> {
  return client.call('join', { room, nick: 'Romeo' }).then(
    (result) => ({ told: JSON.stringify(result), failed: false }),
    (error: Error) => ({ told: error.message, failed: true }),
  )
}

const presence = (from: string, to: string | undefined, codes: number[]) =>
  `<presence from='${from}' to='${to}'><x xmlns='${muc}#user'><item affiliation='none' role='participant'/>` +
  `${codes.map((code) => `<status code='${code}'/>`).join('')}</x></presence>`

const refused = (from: string, to: string | undefined, condition: string) =>
  `<presence type='error' from='${from}' to='${to}'><x xmlns='${muc}'/>` +
  `<error type='cancel'><${condition} xmlns='${ns.stanzaErrors}'/></error></presence>`

/** Presences that go to the rooms of the domain. */
const entering = ({ server, domain }: ClientFixtures): Element[] =>
  server.seen((element) => element.is('presence') && element.attrs.to?.includes(`@rooms.${domain}/`) === true)

export default defineSuite(
  {
    specification: 'XEP-0045',
    version: '1.35.5',
    title: 'Multi-User Chat',
    category: 'IM',
    topic: 'Rooms',
    role: 'xmpp-client',
    requires: [capability('join')],
  },
  ({ test }) => {
    test(control, {
      section: '7.2.1',
      leads: false,
      level: 'MUST',
      statement: 'a client enters a room with an available presence in which it says that it speaks the protocol',
    }, async (fixtures) => {
      const { server, client, expect, domain } = fixtures
      server.offer('muc')
      await client.login()
      const { told, failed } = await enter(fixtures, `verona@rooms.${domain}`)
      expect.ok(!failed, 'that it enters', told)
      const [sent] = entering(fixtures)
      expect.equal(sent?.attrs.to, `verona@rooms.${domain}/Romeo`, 'to')
      expect.ok(sent?.attrs.type === undefined, 'no type', sent ?? 'none')
      expect.ok(sent?.getChild('x', muc), `<x xmlns='${muc}'/>`, sent ?? 'none')
    })

    test('xep-0045/7.2.2/client-takes-nick-of-room', {
      section: '7.2.2',
      leads: false,
      level: 'none',
      control,
      statement: 'a client whose nick the room changes is in the room, and knows under which nick',
    }, async (fixtures) => {
      const { server, client, expect, domain } = fixtures
      server.offer('muc')
      server.deviate('muc.self', ({ room, connection }) => presence(`${room}/Montague`, connection.jid, [110, 210]))
      await client.login()
      const { told, failed } = await enter(fixtures, `verona@rooms.${domain}`)
      expect.ok(!failed && told.includes('Montague'), 'that it is there as Montague', told)
      expect.alive(await client.canary(), 'another nick')
    })

    test('xep-0045/7.2.2/client-waits-for-its-own-presence', {
      section: '7.2.2',
      leads: false,
      level: 'none',
      control,
      statement: 'a client is in a room when its own presence comes back, not when that of others does',
    }, async (fixtures) => {
      const { server, client, expect, domain } = fixtures
      server.offer('muc')
      server.deviate('muc.self', '')
      server.deviate('muc.subject', '')
      await client.login()
      const told: string[] = []
      enter(fixtures, `verona@rooms.${domain}`).then((outcome) => {
        if (!outcome.failed) told.push(outcome.told)
      })
      await server.next((element) => element.is('presence') && element.attrs.to?.startsWith('verona@') === true, {
        awaited: 'a presence to the room',
      })
      expect.alive(await client.canary(), 'a room without a presence of one’s own')
      expect.ok(told.length === 0, 'that it waits', `it says that it is there: ${told[0]}`, 'believed')
    })

    test('xep-0045/7.2.2/client-enters-no-room-through-another', {
      section: '7.2.2',
      leads: false,
      level: 'none',
      security: true,
      control: 'xep-0045/7.2.2/client-waits-for-its-own-presence',
      statement: 'somebody else’s presence that says it is the client’s own puts it into no room',
    }, async (fixtures) => {
      const { server, client, expect, domain, stranger } = fixtures
      server.offer('muc')
      const forged = [stranger, `mantua@rooms.${domain}/Romeo`]
      server.deviate('muc.self', ({ connection }) => forged.map((from) => presence(from, connection.jid, [110])))
      server.deviate('muc.subject', '')
      await client.login()
      const told: string[] = []
      enter(fixtures, `verona@rooms.${domain}`).then((outcome) => {
        if (!outcome.failed) told.push(outcome.told)
      })
      await server.next((element) => element.is('presence') && element.attrs.to?.startsWith('verona@') === true, {
        awaited: 'a presence to the room',
      })
      expect.alive(await client.canary(), 'forged presences')
      expect.ok(told.length === 0, 'that it waits', `it says that it is there: ${told[0]}`, 'believed')
    })

    test('xep-0045/7.2.8/client-tells-that-it-was-refused', {
      section: '7.2.8',
      leads: false,
      level: 'none',
      control,
      statement: 'a client that a room refuses is not in it, and says so',
    }, async (fixtures) => {
      const { server, client, expect, domain } = fixtures
      server.offer('muc')
      server.deviate('muc.occupants', '')
      server.deviate('muc.self', ({ room, nick, connection }) => refused(`${room}/${nick}`, connection.jid, 'conflict'))
      server.deviate('muc.subject', '')
      await client.login()
      const { told, failed } = await enter(fixtures, `verona@rooms.${domain}`)
      expect.ok(failed, 'an error, told', told, 'believed')
      expect.alive(await client.canary(), 'a room that refuses it')
    })

    test('xep-0045/7.2.8/client-is-refused-by-that-room-only', {
      section: '7.2.8',
      leads: false,
      level: 'none',
      security: true,
      control: 'xep-0045/7.2.8/client-tells-that-it-was-refused',
      statement: 'an error that does not come from the room keeps nobody out of it',
    }, async (fixtures) => {
      const { server, client, expect, domain, stranger } = fixtures
      server.offer('muc')
      server.deviate('muc.occupants', ({ connection, usual }) => [
        refused(stranger, connection.jid, 'forbidden'),
        usual,
      ])
      await client.login()
      const { told, failed } = await enter(fixtures, `verona@rooms.${domain}`)
      expect.ok(!failed, 'that it enters', told, 'believed')
    })
  },
)
