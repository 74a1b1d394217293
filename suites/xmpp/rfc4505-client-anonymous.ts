import { capability, defineSuite, ns, Unsupported } from '../../harness/suite/index.ts'
import { authenticates, firstMessage } from './_client-sasl.ts'

const control = 'rfc4505/2/client-logs-in-anonymously'

export default defineSuite(
  {
    specification: 'RFC 4505',
    title: 'Anonymous Simple Authentication and Security Layer (SASL) Mechanism',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
    requires: [capability('anonymous')],
  },
  ({ test }) => {
    test(control, {
      section: '2',
      level: 'MUST',
      statement: 'a client without an account logs in by ANONYMOUS, and is whoever the server says that it is',
    }, async ({ server, client, expect }) => {
      server.offer('anonymous')
      const outcome = await client.attempt({ anonymous: true })
      expect.online(outcome, 'although it has no account')
      expect.equal(server.connection?.mechanisms.at(-1) ?? 'none', 'ANONYMOUS', 'mechanism')
      expect.equal(outcome.jid ?? '', server.connection?.jid ?? '', 'own JID')
    })

    test('rfc6120/6.3.10/client-answers-empty-challenge', {
      specification: 'RFC 6120',
      section: '6.3.10',
      level: 'MUST',
      control,
      statement:
        'a client that begins ANONYMOUS without an initial response answers the empty challenge that asks for it',
    }, async ({ server, client, expect }) => {
      server.offer('anonymous')
      let begun = ''
      server.deviate('sasl.auth', ({ element, mechanism }) => {
        begun = element.getText()
        return mechanism === 'ANONYMOUS' && begun === '' ? `<challenge xmlns='${ns.sasl}'/>` : undefined
      })
      const outcome = await client.attempt({ anonymous: true })
      if (begun !== '') throw new Unsupported('it sends an initial response, so there is nothing to ask for')
      expect.online(outcome, 'although the server asks for a response')
    })

    test('rfc4505/2/client-traces-without-address', {
      section: '2',
      level: 'SHOULD',
      control,
      statement: 'the trace that an anonymous client leaves holds nobody’s address unless its user agreed to that',
    }, async (fixtures) => {
      fixtures.server.offer('anonymous')
      await authenticates(fixtures, { anonymous: true })
      const trace = firstMessage(fixtures) ?? ''
      fixtures.expect.ok(!trace.includes('@'), 'a trace without an address', trace)
    })

    test('rfc4505/2/client-keeps-trace-short', {
      section: '2',
      level: 'MUST',
      control,
      statement: 'the trace that an anonymous client leaves is at most 255 characters long',
    }, async (fixtures) => {
      fixtures.server.offer('anonymous')
      await authenticates(fixtures, { anonymous: true })
      const trace = firstMessage(fixtures) ?? ''
      fixtures.expect.ok([...trace].length <= 255, 'at most 255 characters', `${[...trace].length}`)
    })

    test('rfc4505/2/client-does-not-log-in-with-nothing', {
      section: '2',
      level: 'none',
      control,
      statement: 'a client without an account gives up where ANONYMOUS is not offered, and tries no empty password',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', ({ usual }) => [...usual])
      const outcome = await client.attempt({ anonymous: true })
      expect.refusal(outcome, 'ANONYMOUS is not offered')
      expect.none(
        server.seen((element) => element.is('auth', ns.sasl)),
        'attempts to authenticate',
      )
    })
  },
)
