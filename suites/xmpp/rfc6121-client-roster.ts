import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, ns } from '../../harness/suite/index.ts'

type Forgers = Pick<ClientFixtures, 'account' | 'contact' | 'domain' | 'stranger'>

const control = 'rfc6121/2.1.6/client-takes-roster-push'
const push = (id: string, from: string | undefined, to: string, ...contacts: string[]) => {
  const items = contacts.map((jid) => `<item jid='${jid}' subscription='both'/>`).join('')
  const sender = from === undefined ? '' : ` from='${from}'`
  return `<iq type='set' id='${id}'${sender} to='${to}'><query xmlns='${ns.roster}'>${items}</query></iq>`
}

export default defineSuite(
  {
    specification: 'RFC 6121',
    title: 'XMPP: Instant Messaging and Presence',
    category: 'IM',
    topic: 'Roster',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test(control, {
      section: '2.1.6',
      level: 'MUST',
      requires: [capability('roster-push')],
      statement: 'a roster push of the user’s own server is told, and answered with a result',
    }, async ({ server, client, expect, unique }) => {
      const jid = await client.login()
      const id = unique('push')
      server.send(push(id, undefined, jid, 'nurse@assay.test'))
      await client.nextTold('roster', ({ items }) => JSON.stringify(items).includes('nurse@'), {
        awaited: 'the new contact, told',
      })
      const answer = await server.next((element) => element.is('iq') && element.attrs.id === id, {
        awaited: 'an answer',
      })
      expect.result(answer)
    })

    const forgeries: { slug: string; from(who: Forgers): string; what: string }[] = [
      { slug: 'stranger', from: ({ stranger }) => stranger, what: 'somebody on another server' },
      { slug: 'contact', from: ({ contact }) => `${contact}/x`, what: 'a contact' },
      { slug: 'server', from: ({ domain }) => domain, what: 'the domain, not the account,' },
      { slug: 'own-resource', from: ({ account }) => `${account.jid}/other`, what: 'another resource of the account' },
      {
        slug: 'name-alike',
        from: ({ account }) => `${account.jid}.elsewhere.test`,
        what: 'somebody whose address begins with that of the account',
      },
      {
        slug: 'address-in-resource',
        from: ({ account }) => `elsewhere.test/${account.jid}`,
        what: 'a server in whose resource stands the address of the account',
      },
    ]
    for (const { slug, from, what } of forgeries) {
      test(`rfc6121/2.1.6/client-ignores-push-of-${slug}`, {
        leads: slug === 'stranger',
        section: '2.1.6',
        level: 'MUST',
        security: true,
        requires: [capability('roster-push')],
        control,
        statement: `a roster push of ${what} is not processed`,
      }, async ({ server, client, expect, unique, ...who }) => {
        const jid = await client.login()
        const id = unique('push')
        server.send(push(id, from(who), jid, 'mallory@elsewhere.test'))
        expect.unharmed(await client.canary(), 'a forged roster push')
        const told = client.told('roster', ({ items }) => JSON.stringify(items).includes('mallory@'))
        expect.ok(told.length === 0, 'that nothing of it is told', JSON.stringify(told[0]?.params), 'believed')
        const results = server.seen((element) => element.attrs.id === id && element.attrs.type === 'result')
        expect.none(results, 'result for a forged push')
      })
    }

    test('rfc6121/2.1.6/client-lives-with-two-items-in-push', {
      section: '2.1.6',
      level: 'none',
      security: true,
      requires: [capability('roster-push')],
      control,
      statement: 'a push with two items, which there must not be, does not stop the client',
    }, async ({ server, client, expect, unique }) => {
      const jid = await client.login()
      server.send(push(unique('push'), undefined, jid, 'one@assay.test', 'two@assay.test'))
      expect.alive(await client.canary(), 'a roster push with two items')
    })

    test('rfc6121/3.1.3/client-approves-nobody-unasked', {
      section: '3.1.3',
      level: 'none',
      security: true,
      control: 'rfc6120/6.4.6/client-logs-in',
      statement: 'a subscription request is not approved without the user',
    }, async ({ server, client, expect, stranger, account, unique }) => {
      await client.login()
      const from = stranger.replace(/\/.*/, '')
      server.send(`<presence type='subscribe' from='${from}' to='${account.jid}' id='${unique('sub')}'/>`)
      expect.alive(await client.canary(), 'a subscription request')
      const approved = server.seen((element) => element.is('presence') && element.attrs.type === 'subscribed')
      expect.none(approved, 'approval')
    })

    test('rfc6121/2.1.3/client-asks-its-own-roster', {
      section: '2.1.3',
      level: 'MUST',
      requires: [capability('roster')],
      control: 'rfc6120/6.4.6/client-logs-in',
      statement: 'a client asks for the roster with an IQ of type get and an empty query',
    }, async ({ server, client, expect, contact }) => {
      await client.login()
      const told = JSON.stringify(await client.call('roster'))
      const asked = server.seen((element) => element.is('iq') && !!element.getChild('query', ns.roster))
      const [request] = asked
      expect.ok(request?.attrs.type === 'get', 'an IQ of type get', request ?? 'none')
      expect.ok(told.includes(contact), `the contact ${contact}, told`, told)
      expect.equal(request?.getChild('query', ns.roster)?.getChildElements().length, 0, 'children of the query')
    })
  },
)
