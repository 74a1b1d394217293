import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'

const control = 'xep-0280/7/client-takes-carbon'

/** A copy of a message from a contact, as the user's own server would send it; or somebody else. */
const carbon = (direction: 'received' | 'sent', from: string, to: string, contact: string, body: string) =>
  `<message from='${from}' to='${to}' type='chat'><${direction} xmlns='urn:xmpp:carbons:2'>` +
  `<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='${contact}/x' to='${to}' type='chat'>` +
  `<body>${body}</body></message></forwarded></${direction}></message>`

async function ignores(
  { server, client, expect, contact, unique }: ClientFixtures,
  direction: 'received' | 'sent',
  sender: (jid: string) => string,
) {
  const jid = await client.login()
  await client.call('carbons')
  const body = unique('forged')
  server.send(carbon(direction, sender(jid), jid, contact, body))
  expect.unharmed(await client.canary(), 'a forged carbon')
  const told = client.told('message', (params) => params.body === body)
  expect.ok(told.length === 0, 'that it is ignored', `it was told: ${JSON.stringify(told[0]?.params)}`, 'believed')
}

export default defineSuite(
  {
    specification: 'XEP-0280',
    version: '1.0.1',
    title: 'Message Carbons',
    category: 'IM',
    role: 'xmpp-client',
    requires: [capability('carbons')],
  },
  ({ test }) => {
    test(control, {
      section: '7',
      level: 'MUST',
      statement: 'a carbon of the user’s own account is told as the message that it holds',
    }, async ({ server, client, account, contact, unique }) => {
      const jid = await client.login()
      await client.call('carbons')
      const body = unique('carbon')
      server.send(carbon('received', account.jid, jid, contact, body))
      await client.nextTold('message', (params) => params.body === body, { awaited: 'the copied message, told' })
    })

    test('xep-0280/4/client-enables-carbons', {
      section: '4',
      level: 'MUST',
      control,
      statement: 'carbons are switched on by an IQ of type set with <enable/>',
    }, async ({ server, client, expect }) => {
      await client.login()
      await client.call('carbons').catch(() => undefined)
      const [request] = server.seen((element) => element.getChild('enable', 'urn:xmpp:carbons:2') !== undefined)
      expect.equal(request?.attrs.type, 'set', 'type')
    })

    test(
      'xep-0280/11/client-ignores-carbon-of-stranger',
      {
        section: '11',
        level: 'MUST',
        security: true,
        control,
        statement: 'a carbon of a received message that comes from a stranger is ignored',
      },
      (fixtures) => ignores(fixtures, 'received', () => fixtures.stranger),
    )

    test(
      'xep-0280/11/client-ignores-sent-carbon-of-stranger',
      {
        section: '11',
        level: 'MUST',
        security: true,
        control,
        statement: 'a carbon of a message that the user is said to have sent, from a stranger, is ignored',
      },
      (fixtures) => ignores(fixtures, 'sent', () => fixtures.stranger),
    )

    test(
      'xep-0280/11/client-ignores-carbon-of-contact',
      {
        section: '11',
        level: 'MUST',
        security: true,
        control,
        statement: 'a carbon that comes from a contact is ignored',
      },
      (fixtures) => ignores(fixtures, 'received', () => `${fixtures.contact}/x`),
    )

    test(
      'xep-0280/11/client-ignores-carbon-of-server',
      {
        section: '11',
        level: 'MUST',
        security: true,
        control,
        statement: 'a carbon that comes from the domain, not from the account, is ignored',
      },
      (fixtures) => ignores(fixtures, 'received', () => fixtures.domain),
    )

    test(
      'xep-0280/11/client-ignores-carbon-of-own-resource',
      {
        section: '11',
        level: 'MUST',
        security: true,
        control,
        statement: 'a carbon comes from the bare JID of the account; one from a full JID of it is ignored',
      },
      (fixtures) => ignores(fixtures, 'received', (jid) => jid),
    )
  },
)
