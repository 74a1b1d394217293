import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { defineSuite } from '../../harness/suite/index.ts'

const control = 'rfc6120/6.4.6/client-logs-in'

/** Lets an invitation come, and shows that the client does not follow it. */
async function staysOut(fixtures: ClientFixtures, invitation: (room: string, jid: string) => string) {
  const { server, client, expect, domain } = fixtures
  server.offer('muc')
  const jid = await client.login()
  server.send(invitation(`trap@rooms.${domain}`, jid))
  expect.alive(await client.canary(), 'an invitation')
  const entered = server.seen((element) => element.is('presence') && element.attrs.to?.startsWith('trap@') === true)
  expect.none(entered, 'presence to the room')
}

export default defineSuite(
  {
    specification: 'XEP-0249',
    version: '1.2',
    title: 'Direct MUC Invitations',
    category: 'IM',
    topic: 'Rooms',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test(
      'xep-0249/2/client-follows-no-invitation-unasked',
      {
        section: '2',
        leads: false,
        level: 'SHOULD',
        security: true,
        control,
        statement:
          'an invitation of a stranger to a room is for the user to accept: the client does not enter by itself',
      },
      (fixtures) =>
        staysOut(
          fixtures,
          (room, jid) =>
            `<message from='${fixtures.stranger}' to='${jid}'><x xmlns='jabber:x:conference' jid='${room}'/></message>`,
        ),
    )

    test(
      'xep-0249/4/client-follows-no-mediated-invitation-unasked',
      {
        section: '4',
        leads: false,
        level: 'none',
        security: true,
        control,
        statement: 'an invitation that comes through the room itself is not followed by itself either',
      },
      (fixtures) =>
        staysOut(
          fixtures,
          (room, jid) =>
            `<message from='${room}' to='${jid}'><x xmlns='http://jabber.org/protocol/muc#user'>` +
            `<invite from='${fixtures.stranger}'/></x></message>`,
        ),
    )
  },
)
