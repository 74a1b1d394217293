import { defineSuite, ns } from '../../harness/suite/index.ts'

const control = 'rfc6120/6.4.6/client-logs-in'
const failed = (condition: string) => `<failure xmlns='${ns.sasl}'><${condition}/></failure>`

const conditions = [
  'not-authorized',
  'account-disabled',
  'credentials-expired',
  'temporary-auth-failure',
  'mechanism-too-weak',
  'encryption-required',
  'incorrect-encoding',
  'invalid-authzid',
  'invalid-mechanism',
  'malformed-request',
] as const
const sections: Record<(typeof conditions)[number], string> = {
  'not-authorized': '6.5.10',
  'account-disabled': '6.5.2',
  'credentials-expired': '6.5.3',
  'temporary-auth-failure': '6.5.11',
  'mechanism-too-weak': '6.5.9',
  'encryption-required': '6.5.4',
  'incorrect-encoding': '6.5.5',
  'invalid-authzid': '6.5.6',
  'invalid-mechanism': '6.5.7',
  'malformed-request': '6.5.8',
}

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
  },
  ({ test }) => {
    test(control, {
      section: '6.4.6',
      level: 'MUST',
      statement: 'after <success/> the client opens a new stream on the same connection',
    }, async ({ server, client, expect }) => {
      expect.online(await client.attempt(), 'the server does everything right')
      const connection = server.first
      const isHeader = (name: string) => ['stream', 'open', 'body'].includes(name)
      const last = connection?.received.findLastIndex((element) => element.getNS() === ns.sasl) ?? -1
      const next = connection?.received[last + 1]
      expect.ok(next && isHeader(next.getName()), 'a new stream header behind <success/>', next ?? 'nothing')
    })

    test('rfc6120/13.8.1/client-implements-scram', {
      section: '13.8.1',
      level: 'MUST',
      control,
      statement: 'a client can log in to a server that has nothing but SCRAM',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', ['SCRAM-SHA-256', 'SCRAM-SHA-1'])
      expect.online(await client.attempt(), 'although SCRAM is all there is')
    })

    test('rfc6120/13.8.3/client-prefers-scram-to-plain', {
      section: '13.8.3',
      level: 'MUST',
      security: true,
      control,
      statement: 'a client prefers a stronger mechanism to PLAIN, whatever the order of the list',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'])
      await client.attempt()
      expect.noSecret(server, 'password')
      expect.ok(server.secrets.length > 0, 'a SCRAM exchange', 'no authentication at all')
    })

    test('rfc6120/13.8.3/client-implements-plain-over-tls', {
      section: '13.8.3',
      level: 'SHOULD',
      control,
      statement: 'inside TLS a client can log in to a server that has nothing but PLAIN',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', ['PLAIN'])
      expect.online(await client.attempt(), 'although PLAIN inside TLS is all there is')
    })

    test('rfc6120/6.3.3/client-gives-up-without-mechanism', {
      section: '6.3.3',
      level: 'none',
      security: true,
      control,
      statement: 'a client that knows none of the mechanisms does not try another, and does not hang',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', ['X-UNHEARD-OF', 'GSSAPI'])
      const outcome = await client.attempt()
      expect.noSecret(server, 'any')
      expect.refusal(outcome, 'there is no mechanism that it knows')
    })

    test('rfc6120/6.4.5/client-does-not-fall-back-to-weaker', {
      section: '6.4.5',
      level: 'none',
      security: true,
      control,
      statement: 'a client whose SCRAM fails does not give its password away by PLAIN right after',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.auth', ({ mechanism }) => (mechanism === 'PLAIN' ? undefined : failed('not-authorized')))
      const outcome = await client.attempt()
      expect.noSecret(server, 'password')
      expect.refusal(outcome, 'SCRAM failed')
    })

    for (const condition of conditions) {
      test(`rfc6120/${sections[condition]}/client-tells-${condition}`, {
        section: sections[condition],
        level: 'none',
        control,
        statement: `a client whose login fails with <${condition}/> tells its user that it failed`,
      }, async ({ server, client, expect }) => {
        server.deviate('sasl.auth', failed(condition))
        expect.toldRefusal(await client.attempt(), `the server answered <${condition}/>`)
      })
    }
  },
)
