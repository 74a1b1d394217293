import { type ClientFixtures, capability, defineSuite, ns, Unsupported } from '../../harness/suite/index.ts'
import { authenticates, saslSent, scramOnly } from './_client-sasl.ts'

const control = 'xep-0388/2.6.1/client-logs-in'
const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Offers SASL2 alone: whoever prefers the old profile is asked all the same. */
function offerOnlySasl2({ server }: Pick<ClientFixtures, 'server'>) {
  server.withhold('sasl')
  server.offer('sasl2')
}

const isHeader = (name: string) => name === 'stream' || name === 'open'

const requests = ({ server }: Pick<ClientFixtures, 'server'>) =>
  server.seen((element) => element.is('authenticate', ns.sasl2))

const failure = (content: string) => `<failure xmlns='${ns.sasl2}'>${content}</failure>`
const condition = (name: string) => `<${name} xmlns='${ns.sasl}'/>`

export default defineSuite(
  {
    specification: 'XEP-0388',
    version: '1.0.4',
    title: 'Extensible SASL Profile',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
    requires: [capability('sasl2')],
  },
  ({ test }) => {
    test(control, {
      section: '2.6.1',
      leads: true,
      level: 'MUST',
      statement:
        'behind the <success/> of SASL2 the stream goes on: the client takes the features that follow, and opens no new one',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      offerOnlySasl2(fixtures)
      expect.online(await client.attempt(), 'the server has SASL2 alone')
      const headers = server.connection?.received.filter((element) => isHeader(element.getName())) ?? []
      expect.equal(headers.length, fixtures.transport === 'starttls' ? 2 : 1, 'stream headers of the client')
    })

    test('xep-0388/2.3/client-uses-one-profile', {
      section: '2.3',
      level: 'MUST',
      control,
      statement: 'where both profiles are offered a client authenticates once, in one of them',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      server.offer('sasl2')
      expect.online(await client.attempt(), 'both profiles are offered')
      const begun = saslSent(fixtures).filter((element) => element.is('auth') || element.is('authenticate'))
      expect.equal(begun.length, 1, 'attempts to authenticate')
    })

    test('xep-0388/2.3/client-sends-initial-response-in-its-element', {
      section: '2.3',
      level: 'MUST',
      control,
      statement: 'an initial response, PLAIN’s say, stands in an element of its own within the request',
    }, async (fixtures) => {
      offerOnlySasl2(fixtures)
      fixtures.server.deviate('sasl.mechanisms', ['PLAIN'])
      await authenticates(fixtures)
      const [request] = requests(fixtures)
      fixtures.expect.ok(request?.getChild('initial-response'), 'an <initial-response/>', request ?? 'none')
    })

    test('xep-0388/2.3/client-names-itself', {
      section: '2.3',
      level: 'SHOULD',
      control,
      statement: 'the request holds a <user-agent/>, by which a user can tell clients apart',
    }, async (fixtures) => {
      offerOnlySasl2(fixtures)
      await fixtures.client.login()
      const [request] = requests(fixtures)
      fixtures.expect.ok(request?.getChild('user-agent'), 'a <user-agent/>', request ?? 'nothing')
    })

    test('xep-0388/2.3/client-id-is-uuid', {
      section: '2.3',
      level: 'MUST',
      control: 'xep-0388/2.3/client-names-itself',
      statement: 'the id of a client is a UUID of version 4',
    }, async (fixtures) => {
      offerOnlySasl2(fixtures)
      await fixtures.client.login()
      const id = requests(fixtures)[0]?.getChild('user-agent')?.attrs.id
      if (!id) throw new Unsupported('it names no id, which it need not')
      fixtures.expect.ok(uuid4.test(id ?? ''), 'a UUID of version 4', id ?? 'none')
    })

    test('xep-0388/2.3/client-keeps-its-id', {
      section: '2.3',
      level: 'none',
      control: 'xep-0388/2.3/client-id-is-uuid',
      statement: 'the id of a client stays the same from one login to the next',
    }, async (fixtures) => {
      const { client, expect, given } = fixtures
      offerOnlySasl2(fixtures)
      await client.login()
      await given('it logs in again', async () => expect.online(await client.again(), 'nothing has changed'))
      const [first, second] = requests(fixtures).map((request) => request.getChild('user-agent')?.attrs.id ?? 'none')
      expect.equal(second ?? 'none', first ?? 'none', 'id in the second request')
    })

    test('xep-0388/2.2/client-sends-no-line-breaks', {
      section: '2.2',
      level: 'SHOULD',
      control,
      statement: 'base64 of a client holds no line breaks or other white space',
    }, async (fixtures) => {
      offerOnlySasl2(fixtures)
      fixtures.server.deviate('sasl.mechanisms', scramOnly)
      await fixtures.client.login()
      for (const element of saslSent(fixtures)) {
        const text = element.getChildText('initial-response') ?? element.getText()
        fixtures.expect.ok(!/\s/.test(text), 'base64 without white space', text)
      }
    })

    test('xep-0388/2.4/client-sends-nothing-else', {
      section: '2.4',
      level: 'MUST',
      control,
      statement: 'while it authenticates, a client sends nothing but responses: no stanza and no white space',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      offerOnlySasl2(fixtures)
      let before = ''
      let after = ''
      server.deviate('sasl.mechanisms', ({ connection }) => {
        before = connection.whitespace
        return scramOnly
      })
      server.deviate('sasl2.success', ({ connection }) => {
        after = connection.whitespace
        return undefined
      })
      await client.login()
      const received = server.connection?.received ?? []
      const from = received.findIndex((element) => element.is('authenticate'))
      const to = received.findLastIndex((element) => element.getNS() === ns.sasl2)
      expect.none(
        received.slice(from, to).filter((element) => element.getNS() !== ns.sasl2),
        'anything else',
      )
      expect.equal(JSON.stringify(after.slice(before.length)), '""', 'text between its elements')
    })

    test('xep-0388/3/client-authenticates-inside-tls-only', {
      section: '3',
      level: 'MUST',
      security: true,
      control,
      requires: [capability('starttls')],
      statement: 'SASL2 that is offered on a stream in clear is not used',
    }, async ({ server, client, expect }) => {
      const list = `<authentication xmlns='${ns.sasl2}'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></authentication>`
      server.offer('sasl2')
      server.deviate('features.plain', `<stream:features>${list}</stream:features>`)
      const outcome = await client.attempt()
      expect.noSecret(server, 'any')
      expect.none(
        server.seen((element) => element.is('authenticate')),
        'authentication in clear',
      )
      expect.refusal(outcome, 'there is no TLS')
    })

    test('xep-0388/3/client-prefers-scram-to-plain', {
      section: '3',
      level: 'MUST',
      security: true,
      control,
      statement: 'in SASL2 too a client prefers a stronger mechanism to PLAIN, whatever the order of the list',
    }, async (fixtures) => {
      offerOnlySasl2(fixtures)
      fixtures.server.deviate('sasl.mechanisms', ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'])
      await fixtures.client.attempt()
      fixtures.expect.noSecret(fixtures.server, 'password')
      fixtures.expect.ok(fixtures.server.secrets.length > 0, 'a SCRAM exchange', 'no authentication at all')
    })

    test('rfc6120/13.8.3/client-prefers-scram-across-profiles', {
      specification: 'RFC 6120',
      section: '13.8.3',
      level: 'MUST',
      security: true,
      control,
      statement: 'SCRAM in the older profile is better than PLAIN in the newer one',
    }, async ({ server, client, expect }) => {
      server.offer('sasl2')
      server.deviate('sasl.mechanisms', ({ profile }) => (profile === 'sasl2' ? ['PLAIN'] : scramOnly))
      await client.attempt()
      expect.noSecret(server, 'password')
      expect.ok(server.secrets.length > 0, 'a SCRAM exchange', 'no authentication at all')
    })

    for (const [slug, said] of [
      ['wrong', ({ signature }: { signature: string }) => `v=${'A'.repeat(signature.length)}`],
      ['missing', () => ''],
    ] as const) {
      test(`rfc5802/5/client-refuses-${slug}-signature-in-sasl2`, {
        specification: 'RFC 5802',
        section: '5',
        level: 'MUST',
        security: true,
        control,
        statement: `in SASL2 too a server whose signature is ${slug} has not proved that it knows the password`,
      }, async (fixtures) => {
        offerOnlySasl2(fixtures)
        fixtures.server.deviate('sasl.mechanisms', scramOnly)
        fixtures.server.deviate('scram.final', said)
        fixtures.expect.refusal(await fixtures.client.attempt(), `the server signature is ${slug}`)
      })
    }

    test('rfc5802/5/client-refuses-success-at-once-in-sasl2', {
      specification: 'RFC 5802',
      section: '5',
      level: 'MUST',
      security: true,
      control,
      statement: 'in SASL2 too a success in place of the challenge, before any proof, is not believed',
    }, async (fixtures) => {
      const { server, client, expect, account } = fixtures
      offerOnlySasl2(fixtures)
      server.deviate('sasl.mechanisms', scramOnly)
      const identity = `<authorization-identifier>${account.jid}</authorization-identifier>`
      const invented = Buffer.from(`v=${Buffer.from('invented').toString('base64')}`).toString('base64')
      const success = `<success xmlns='${ns.sasl2}'><additional-data>${invented}</additional-data>${identity}</success>`
      server.deviate('sasl2.auth', success)
      expect.refusal(await client.attempt(), 'the server took no proof, and made its own up')
    })

    test('xep-0388/2.6.1/client-refuses-success-of-older-profile', {
      section: '2.6.1',
      level: 'none',
      security: true,
      control,
      statement: 'the <success/> of RFC 6120, which carries no signature here, ends no exchange of SASL2',
    }, async (fixtures) => {
      offerOnlySasl2(fixtures)
      fixtures.server.deviate('sasl.mechanisms', scramOnly)
      fixtures.server.deviate('sasl2.success', `<success xmlns='${ns.sasl}'/>`)
      fixtures.expect.refusal(await fixtures.client.attempt(), 'the success is one of the older profile')
    })

    test('xep-0388/2.6.2/client-tells-failure', {
      section: '2.6.2',
      level: 'none',
      control,
      statement: 'a client whose login fails tells its user, whatever else stands in the failure',
    }, async (fixtures) => {
      offerOnlySasl2(fixtures)
      const more = `<optional-application-specific xmlns='urn:something:else'/><text>Ask at the desk.</text>`
      fixtures.server.deviate('sasl2.auth', failure(`${condition('account-disabled')}${more}`))
      fixtures.expect.toldRefusal(await fixtures.client.attempt(), 'the server answered <account-disabled/>')
    })

    test('xep-0388/2.6.2/client-does-not-fall-back-to-older-profile', {
      section: '2.6.2',
      level: 'none',
      security: true,
      control,
      statement:
        'a client whose SCRAM fails in SASL2 does not give its password away by PLAIN right after, in either profile',
    }, async ({ server, client, expect }) => {
      server.offer('sasl2')
      const refuse = ({ mechanism }: { mechanism: string }) => mechanism !== 'PLAIN'
      server.deviate('sasl2.auth', (context) => (refuse(context) ? failure(condition('not-authorized')) : undefined))
      server.deviate('sasl.auth', (context) =>
        refuse(context) ? `<failure xmlns='${ns.sasl}'><not-authorized/></failure>` : undefined,
      )
      const outcome = await client.attempt()
      expect.noSecret(server, 'password')
      expect.refusal(outcome, 'SCRAM failed')
    })

    test('xep-0388/2.6.3/client-is-not-authenticated-by-continue', {
      section: '2.6.3',
      level: 'MUST',
      control,
      statement:
        'a <continue/> whose tasks a client cannot do leaves it unauthenticated: it sends no stanza and is not online',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      offerOnlySasl2(fixtures)
      server.deviate('sasl2.continue', ({ data }) => {
        const additional = data ? `<additional-data>${data}</additional-data>` : ''
        return `<continue xmlns='${ns.sasl2}'>${additional}<tasks><task>TOTP-EXAMPLE</task></tasks><text>A second factor</text></continue>`
      })
      const outcome = await client.attempt()
      expect.none(
        server.seen(({ name }) => ['iq', 'message', 'presence'].includes(name)),
        'stanzas',
      )
      expect.refusal(outcome, 'the server wants a second factor')
    })
  },
)
