import {
  type ClientFixtures,
  capability,
  defineSuite,
  type Element,
  ns,
  Unsupported,
} from '../../harness/suite/index.ts'

const control = 'xep-0484/3.4/client-authenticates-with-token'

const requests = ({ server }: Pick<ClientFixtures, 'server'>): Element[] =>
  server.seen((element) => element.is('authenticate', ns.sasl2))

const byToken = (fixtures: Pick<ClientFixtures, 'server'>): Element[] =>
  requests(fixtures).filter(({ attrs }) => attrs.mechanism?.startsWith('HT-'))

/** Logs the client in by its password on a server that gives out tokens; it is inconclusive where it asks for none. */
async function getToken(fixtures: ClientFixtures) {
  const { server, client, expect, given } = fixtures
  server.offer('sasl2', 'bind2', 'fast')
  await client.login()
  await given('it asks for a token', async () => {
    expect.ok(requests(fixtures)[0]?.getChild('request-token', ns.fast), 'a <request-token/>', 'none')
  })
}

/** As above, and then what becomes of the next login, which is by the token where nothing keeps it from that. */
async function useToken(fixtures: ClientFixtures, between: () => void = () => {}) {
  await getToken(fixtures)
  between()
  return fixtures.given('it logs in again', () => fixtures.client.again())
}

export default defineSuite(
  {
    specification: 'XEP-0484',
    version: '0.2.0',
    title: 'Fast Authentication Streamlining Tokens',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
    requires: [capability('fast')],
  },
  ({ test }) => {
    test('xep-0484/3.2/client-requests-offered-token', {
      section: '3.2',
      leads: true,
      level: 'MUST',
      statement: 'a client that wants a token asks for one of a mechanism that the server offers for tokens',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      server.offer('sasl2', 'bind2', 'fast')
      server.deviate('fast.mechanisms', ['HT-SHA-256-UNHEARD', 'HT-SHA-256-NONE'])
      expect.online(await client.attempt(), 'the server gives out tokens')
      const request = requests(fixtures)[0]?.getChild('request-token', ns.fast)
      expect.equal(request?.attrs.mechanism ?? 'none', 'HT-SHA-256-NONE', 'mechanism of <request-token/>')
    })

    test(control, {
      section: '3.4',
      leads: true,
      level: 'MUST',
      control: 'xep-0484/3.2/client-requests-offered-token',
      statement: 'with its token a client logs in by the mechanism that it asked for, and says so by <fast/>',
    }, async (fixtures) => {
      const { expect } = fixtures
      expect.online(await useToken(fixtures), 'it has a token')
      const [request] = byToken(fixtures)
      expect.ok(request, 'a login by the token', requests(fixtures)[1] ?? 'none')
      expect.ok(request?.getChild('fast', ns.fast), 'a <fast/> in it', request ?? 'none')
    })

    test('xep-0484/4.1/client-names-address', {
      section: '4.1',
      level: 'MUST',
      control,
      statement: 'a client that uses a token names its address in the stream header',
    }, async (fixtures) => {
      const { server, expect, account } = fixtures
      await useToken(fixtures)
      const isHeader = (element: Element) => ['stream', 'open'].includes(element.getName())
      const header = server.connections.at(-1)?.received.findLast(isHeader)
      expect.equal(header?.attrs.from?.split('/')[0] ?? 'none', account.jid, 'from in the stream header')
    })

    test('xep-0484/4.1/client-names-itself', {
      section: '4.1',
      level: 'MUST',
      control,
      statement:
        'a client that uses a token names its id in <user-agent/>, when it asks for the token and when it uses it',
    }, async (fixtures) => {
      await useToken(fixtures)
      for (const request of requests(fixtures)) {
        fixtures.expect.ok(request.getChild('user-agent')?.attrs.id, 'a <user-agent/> with an id', request)
      }
    })

    test('xep-0484/3.4/client-counts-upwards', {
      section: '3.4',
      level: 'MUST',
      control,
      statement: 'where a client counts how often it uses a token, the count is positive and rises each time',
    }, async (fixtures) => {
      const { client, expect, given } = fixtures
      await useToken(fixtures)
      await given('it logs in once more', () => client.again())
      const counts = byToken(fixtures).map((request) => request.getChild('fast', ns.fast)?.attrs.count)
      if (!counts[0]) throw new Unsupported('it does not count, which it need not')
      const [first, second] = counts.map(Number)
      const rises = first !== undefined && second !== undefined && first > 0 && second > first
      expect.ok(rises, 'positive counts that rise', counts.join(' '))
    })

    test('xep-0484/4.1/client-falls-back-to-password', {
      section: '4.1',
      level: 'SHOULD',
      control,
      statement: 'a client whose token is refused logs in another way, without being asked',
    }, async (fixtures) => {
      const { server, expect } = fixtures
      const outcome = await useToken(fixtures, () => server.deviate('sasl2.auth', refuseTokens))
      expect.online(outcome, 'although its token is worth nothing any more')
    })

    test('xep-0484/4.1/client-discards-refused-token', {
      section: '4.1',
      level: 'SHOULD',
      control: 'xep-0484/4.1/client-falls-back-to-password',
      statement: 'a token that was refused is not tried a second time',
    }, async (fixtures) => {
      const { server, client, expect, given } = fixtures
      await useToken(fixtures, () => {
        server.deviate('sasl2.auth', refuseTokens)
        server.deviate('fast.token', '')
      })
      await given('it logs in once more', () => client.again())
      expect.equal(byToken(fixtures).length, 1, 'attempts with the refused token')
    })

    test('xep-0484/3.4/client-keeps-token-to-its-mechanism', {
      section: '3.4',
      level: 'none',
      security: true,
      control,
      statement:
        'a token is used with the mechanism that it was asked for, and with no other that a server then offers',
    }, async (fixtures) => {
      const { server, expect } = fixtures
      const others = ['HT-SHA-512-NONE', 'HT-SHA3-512-NONE']
      await useToken(fixtures, () => server.deviate('fast.mechanisms', others))
      const asked = requests(fixtures)[0]?.getChild('request-token', ns.fast)?.attrs.mechanism
      const wrong = byToken(fixtures).filter(({ attrs }) => attrs.mechanism !== asked)
      expect.none(wrong, 'logins by the token with another mechanism')
    })

    for (const [slug, responder] of [
      ['wrong', Buffer.alloc(32, 7)],
      ['missing', ''],
    ] as const) {
      test(`xep-0484/3.4/client-refuses-${slug}-proof-of-server`, {
        section: '3.4',
        level: 'none',
        security: true,
        control,
        statement: `a success in which the server’s own proof that it knows the token is ${slug} is not believed`,
      }, async (fixtures) => {
        const { server, client, expect } = fixtures
        const outcome = await useToken(fixtures, () => server.deviate('fast.responder', responder))
        expect.ok(byToken(fixtures).length > 0, 'a login by the token', 'none')
        expect.refusal(outcome, `the server’s proof is ${slug}`)
        expect.ok(client.told('online').length === 1, 'one session', 'a second one', 'believed')
      })
    }

    test('xep-0484/3.5/client-takes-new-token', {
      section: '3.5',
      level: 'none',
      control,
      statement: 'a client uses the newest token that it was given, whether it had asked for that or not',
    }, async (fixtures) => {
      const { server, client, expect, given } = fixtures
      await useToken(fixtures, () => server.deviate('fast.token', ({ fresh }) => fresh()))
      await given('it logs in once more', () => client.again())
      const [first, second] = server.connections.flatMap(({ usedToken }) => usedToken?.token ?? [])
      expect.ok(second !== undefined, 'a third login by a token', 'one by something else')
      expect.ok(second !== first, 'the new token', 'the old one', 'ignored')
    })

    test('xep-0484/3.5/client-takes-new-token-when-it-comes-back', {
      section: '3.5',
      level: 'none',
      control,
      statement: 'a client that connects again by itself uses the newest token that it was given',
    }, async (fixtures) => {
      const { server, client, expect, given } = fixtures
      await getToken(fixtures)
      server.deviate('fast.token', ({ fresh }) => fresh())
      await given('it comes back', () => client.comesBack())
      await given('it comes back once more', () => client.comesBack())
      const [first, second] = server.connections.flatMap(({ usedToken }) => usedToken?.token ?? [])
      expect.ok(second !== undefined, 'two logins by a token', 'something else')
      expect.ok(second !== first, 'the new token', 'the old one', 'ignored')
    })

    test('xep-0484/4.1/client-discards-refused-token-when-it-comes-back', {
      section: '4.1',
      level: 'SHOULD',
      control: 'xep-0484/4.1/client-falls-back-to-password',
      statement: 'a client that connects again by itself tries a token that was refused no second time',
    }, async (fixtures) => {
      const { server, client, expect, given } = fixtures
      await getToken(fixtures)
      server.deviate('sasl2.auth', refuseTokens)
      server.deviate('fast.token', '')
      await given('it comes back', () => client.comesBack())
      await given('it comes back once more', () => client.comesBack())
      expect.equal(byToken(fixtures).length, 1, 'attempts with the refused token')
    })

    test('xep-0484/3.3/client-survives-token-without-value', {
      section: '3.3',
      level: 'none',
      control,
      statement: 'a <token/> that carries none is none: the next login is by password',
    }, async (fixtures) => {
      const { server, client, expect, given } = fixtures
      server.offer('sasl2', 'bind2', 'fast')
      server.deviate('fast.token', `<token xmlns='${ns.fast}'/>`)
      expect.online(await client.attempt(), 'although the token is broken')
      expect.online(await given('it logs in again', () => client.again()), 'although it has no token')
    })

    test('xep-0484/6/client-prefers-bound-tokens', {
      section: '6',
      level: 'MUST',
      security: true,
      control: 'xep-0484/3.2/client-requests-offered-token',
      requires: [capability('channel-binding')],
      statement:
        'a client with channel binding asks for a token that is bound to the channel where the server has such',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      server.offer('sasl2', 'bind2', 'fast', 'channel-binding')
      server.deviate('fast.mechanisms', ({ usual }) => usual.toReversed())
      await client.login()
      const mechanism = requests(fixtures)[0]?.getChild('request-token', ns.fast)?.attrs.mechanism ?? 'none'
      expect.ok(/-(EXPR|ENDP)$/.test(mechanism), 'a mechanism with channel binding', mechanism, 'weaker')
    })

    test('xep-0484/6/client-uses-tokens-inside-tls-only', {
      section: '6',
      level: 'MUST',
      security: true,
      control,
      requires: [capability('starttls')],
      statement: 'a token is not used on a stream in clear, where whoever listens could use it too',
    }, async (fixtures) => {
      const { server, expect } = fixtures
      const fast = `<fast xmlns='${ns.fast}'><mechanism>HT-SHA-256-NONE</mechanism></fast>`
      const list = `<mechanism>SCRAM-SHA-1</mechanism><inline><bind xmlns='${ns.bind2}'/>${fast}</inline>`
      const outcome = await useToken(fixtures, () => {
        server.deviate(
          'features.plain',
          `<stream:features><authentication xmlns='${ns.sasl2}'>${list}</authentication></stream:features>`,
        )
      })
      expect.none(byToken(fixtures), 'logins by the token')
      expect.refusal(outcome, 'there is no TLS')
    })
  },
)

/** Answer to a request by a token: it has come to its end (XEP-0484 §4.2). */
function refuseTokens({ mechanism }: { mechanism: string }): string | undefined {
  const expired = `<failure xmlns='${ns.sasl2}'><credentials-expired xmlns='${ns.sasl}'/></failure>`
  return mechanism.startsWith('HT-') ? expired : undefined
}
