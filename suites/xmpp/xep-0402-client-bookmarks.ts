import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'

const control = 'xep-0402/4/client-follows-its-bookmarks'

const event = (from: string, to: string, room: string) =>
  `<message from='${from}' to='${to}' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>` +
  `<items node='urn:xmpp:bookmarks:1'><item id='${room}'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'>` +
  '<nick>Romeo</nick></conference></item></items></event></message>'

const enters = (room: string) => (element: { name: string; attrs: { to?: string } }) =>
  element.name === 'presence' && element.attrs.to?.startsWith(`${room}/`) === true

/** Somebody says that a room is among the user's bookmarks: the client stays out of it. */
async function staysOut(fixtures: ClientFixtures, from: string) {
  const { server, client, expect, domain } = fixtures
  server.offer('muc')
  const jid = await client.login()
  const room = `trap@rooms.${domain}`
  server.send(event(from, jid, room))
  expect.unharmed(await client.canary(), 'a forged bookmark')
  const entered = server.seen(enters(room))
  expect.ok(entered.length === 0, 'that it stays out of the room', entered[0] ?? '', 'believed')
}

export default defineSuite(
  {
    specification: 'XEP-0402',
    version: '1.2.0',
    title: 'PEP Native Bookmarks',
    category: 'IM',
    topic: 'Rooms',
    role: 'xmpp-client',
    requires: [capability('bookmarks')],
  },
  ({ test }) => {
    test(control, {
      section: '4',
      leads: false,
      level: 'SHOULD',
      statement: 'a room that the user bookmarks elsewhere, to be entered by itself, is entered at once',
    }, async ({ server, client, account, domain }) => {
      server.offer('muc')
      const jid = await client.login()
      const room = `verona@rooms.${domain}`
      server.send(event(account.jid, jid, room))
      await server.next(enters(room), { awaited: 'a presence to the room' })
    })

    const forgers: { slug: string; who: string; from(fixtures: ClientFixtures): string }[] = [
      { slug: 'stranger', who: 'a stranger', from: ({ stranger }) => stranger },
      { slug: 'contact', who: 'a contact', from: ({ contact }) => contact },
    ]
    for (const { slug, who, from } of forgers) {
      test(
        `xep-0402/4/client-follows-no-bookmark-of-${slug}`,
        {
          section: '4',
          leads: false,
          level: 'none',
          security: true,
          control,
          statement: `${who} who publishes bookmarks of their own leads the client into no room`,
        },
        (fixtures) => staysOut(fixtures, from(fixtures)),
      )
    }
  },
)
