import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { archive, result } from './_client-copies.ts'

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
    topic: 'Messages',
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

    test('xep-0184/7/client-echoes-id', {
      section: '7',
      level: 'MUST',
      leads: false,
      control: 'rfc6120/6.4.6/client-logs-in',
      statement: 'a receipt goes to who asked for it, and names the message that it is for',
    }, async (fixtures) => {
      const { expect, contact, server } = fixtures
      const [receipt] = await ask(fixtures, `${contact}/x`)
      expect.ok(receipt, 'a receipt for a contact', 'none', 'silent')
      const asked = server.connection?.jid
      expect.ok(receipt?.attrs.to === `${contact}/x` && asked, `to='${contact}/x'`, receipt ?? 'none')
      const id = receipt?.getChild('received', receipts)?.attrs.id
      expect.ok(id?.startsWith('receipt-'), 'the id of the message', receipt ?? 'none')
    })

    test('xep-0184/7/client-sends-receipt-alone', {
      section: '7',
      leads: false,
      level: 'SHOULD',
      control: 'xep-0184/7/client-echoes-id',
      statement: 'a receipt is the only child of the message that brings it',
    }, async (fixtures) => {
      const { expect, contact } = fixtures
      for (const receipt of await ask(fixtures, `${contact}/x`)) {
        expect.equal(receipt.getChildElements().length, 1, 'children')
      }
    })

    test('xep-0184/6/client-announces-receipts', {
      section: '6',
      level: 'MUST',
      leads: false,
      requires: [capability('disco')],
      control: 'xep-0030/3.1/client-answers-disco',
      statement: 'a client that sends receipts says so in disco#info',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('disco')
      server.send(`<iq type='get' id='${id}' from='${contact}/x' to='${jid}'><query xmlns='${ns.discoInfo}'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'an answer' })
      const features = expect.child(expect.result(answer), 'query', ns.discoInfo).getChildren('feature')
      expect.ok(
        features.some(({ attrs }) => attrs.var === receipts),
        `the feature ${receipts}`,
        answer,
      )
    })

    test('xep-0184/5.5/client-acknowledges-no-archived-message', {
      section: '5.5',
      leads: false,
      level: 'MUST',
      requires: [capability('mam')],
      control: 'xep-0313/4.2/client-collects-results',
      statement: 'a message that comes out of the archive is not acknowledged',
    }, async (fixtures) => {
      const { expect, account, contact, client, server, unique } = fixtures
      const body = unique('archived')
      const request = `<request xmlns='${receipts}'/>`
      const told = await archive(fixtures, (query, to) => [
        result(account.jid, to, query, body)
          .replace('</body>', `</body>${request}`)
          .replace(' type=', ` id='${body}' type=`),
      ])
      expect.ok(told.includes(body), 'the archived message', told)
      expect.alive(await client.canary(), 'an archived message that asks for a receipt')
      const sent = server.seen((element) => element.is('message') && element.attrs.to?.startsWith(contact) === true)
      expect.none(sent, 'receipt for an archived message')
    })
  },
)
