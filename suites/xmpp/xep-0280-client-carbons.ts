import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'
import { carbon } from './_client-copies.ts'

const receipts = 'urn:xmpp:receipts'
const control = 'xep-0280/7/client-takes-carbon'

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
    topic: 'Carbons',
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

    test('xep-0280/11/client-unwraps-no-copy-inside-a-copy', {
      section: '11',
      leads: false,
      level: 'MUST',
      security: true,
      control,
      statement: 'a right copy of a message that itself pretends to hold a copy shows no more than what was sent',
    }, async ({ server, client, expect, account, contact, stranger, unique }) => {
      const jid = await client.login()
      await client.call('carbons')
      const [body, forged] = [unique('carbon'), unique('forged')]
      const inner = carbon('received', stranger, jid, contact, forged).replace(/^<message[^>]*>|<\/message>$/g, '')
      const copy = carbon('received', account.jid, jid, stranger.replace(/\/.*/, ''), body)
      server.send(copy.replace('</body>', `</body>${inner}`))
      expect.unharmed(await client.canary(), 'a copy inside a copy')
      const told = client.told('message', (params) => params.body === forged)
      expect.ok(told.length === 0, 'that it is ignored', `it was told: ${JSON.stringify(told[0]?.params)}`, 'believed')
    })

    for (const direction of ['received', 'sent'] as const) {
      test(`xep-0280/10.4/client-acknowledges-no-${direction}-copy`, {
        section: '10.4',
        level: 'MUST',
        leads: false,
        requires: [capability('receipts')],
        control,
        statement: `a copy of a ${direction} message is not answered by itself: whoever it was for has done so`,
      }, async ({ server, client, expect, account, contact, unique }) => {
        const jid = await client.login()
        await client.call('carbons')
        const body = unique('copy')
        const request = `<request xmlns='${receipts}'/>`
        const copy = carbon(direction, account.jid, jid, contact, body).replace('</body>', `</body>${request}`)
        server.send(copy.replace(` type='chat'><body>`, ` type='chat' id='${body}'><body>`))
        expect.alive(await client.canary(), 'a copy of a message that asks for a receipt')
        const sent = server.seen((element) => element.is('message') && !!element.getChild('received', receipts))
        expect.none(sent, 'receipt for a copy')
      })
    }
  },
)
