import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'

const receipts = 'urn:xmpp:receipts'

/** Sends a message that asks for a receipt, and returns the receipts that come. */
async function ask({ server, client, expect, unique }: ClientFixtures, from: string) {
  const jid = await client.login()
  const id = unique('receipt')
  server.send(
    `<message from='${from}' to='${jid}' type='chat' id='${id}'><body>${id}</body><request xmlns='${receipts}'/></message>`,
  )
  expect.alive(await client.canary(), 'a message that asks for a receipt')
  return server.seen((element) => element.is('message') && element.getChild('received', receipts) !== undefined)
}

export default defineSuite(
  {
    specification: 'XEP-0184',
    version: '1.4.0',
    title: 'Message Delivery Receipts',
    category: 'IM',
    role: 'xmpp-client',
    requires: [capability('receipts')],
  },
  ({ test }) => {
    test('xep-0184/8/client-tells-no-stranger', {
      section: '8',
      level: 'SHOULD',
      security: true,
      control: 'rfc6120/6.4.6/client-logs-in',
      statement: 'somebody who may not see the user’s presence gets no receipt: it would show that the user is there',
    }, async (fixtures) => {
      fixtures.expect.none(await ask(fixtures, fixtures.stranger), 'receipt for a stranger')
    })

    test('xep-0184/5.4/client-asks-no-receipt-for-receipt', {
      section: '5.4',
      level: 'MUST',
      control: 'rfc6120/6.4.6/client-logs-in',
      statement: 'a receipt does not ask for a receipt',
    }, async (fixtures) => {
      for (const receipt of await ask(fixtures, `${fixtures.contact}/x`)) {
        fixtures.expect.ok(!receipt.getChild('request', receipts), 'no request in a receipt', receipt)
      }
    })
  },
)
