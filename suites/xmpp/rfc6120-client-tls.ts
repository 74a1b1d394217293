import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { refusesCertificate, wrongCertificates } from './_client-certificates.ts'
import { scramOnly } from './_client-sasl.ts'

const control = 'rfc6120/5.4.3.3/client-starts-tls'

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'TLS',
    role: 'xmpp-client',
    login: true,
    requires: [capability('starttls')],
  },
  ({ test }) => {
    test(control, {
      section: '5.4.3.3',
      level: 'MUST',
      statement:
        'after the TLS handshake the client opens a new stream inside TLS, and does not close the old one first',
    }, async ({ server, client, expect }) => {
      expect.online(await client.attempt(), 'the server offers STARTTLS and does all the rest right')
      const connection = server.first
      const starttls = connection?.received.findIndex((element) => element.is('starttls', ns.tls)) ?? -1
      expect.ok(starttls >= 0, '<starttls/>', 'none')
      const next = connection?.received[starttls + 1]
      expect.ok(next?.is('stream', ns.streams), 'a new stream header behind the handshake', next ?? 'nothing')
      expect.ok(connection?.encrypted, 'an encrypted connection', 'one in clear')
    })

    test('rfc6120/5.4.2.2/client-gives-up-on-failure', {
      section: '5.4.2.2',
      level: 'none',
      security: true,
      control,
      statement: 'a client whose <starttls/> is answered with <failure/> does not go on without TLS',
    }, async ({ server, client, expect }) => {
      server.deviate('starttls.reply', `<failure xmlns='${ns.tls}'/>`)
      const outcome = await client.attempt()
      expect.noSecret(server, 'any')
      expect.refusal(outcome, 'STARTTLS failed')
    })

    test('rfc6120/5.4.3.3/client-discards-what-came-before-tls', {
      section: '5.4.3.3',
      level: 'MUST',
      security: true,
      control,
      statement: 'what somebody puts behind <proceed/>, in clear, is not taken for what the server says inside TLS',
    }, async ({ server, client, expect }) => {
      const forged = `<stream:features><mechanisms xmlns='${ns.sasl}'><mechanism>PLAIN</mechanism></mechanisms></stream:features>`
      server.deviate('starttls.reply', ({ usual }) => usual + forged)
      server.deviate('sasl.mechanisms', scramOnly)
      const outcome = await client.attempt()
      expect.ok(
        !server.secrets.some(({ kind }) => kind === 'password'),
        'that it authenticates with what the server offers inside TLS, or gives up',
        'it took the mechanism that was injected in clear, and sent its password by PLAIN',
        'believed',
      )
      expect.ok(outcome.kind !== 'hangs' && outcome.kind !== 'dies', 'a client that lives', outcome.said, 'dies')
    })

    test('rfc6120/5.4.3.3/client-discards-stanzas-before-tls', {
      section: '5.4.3.3',
      level: 'MUST',
      security: true,
      control,
      statement: 'a message that somebody puts into the stream before TLS does not reach the user',
    }, async ({ server, client, expect, contact, account, unique }) => {
      const body = unique('forged')
      const forged = `<message from='${contact}/x' to='${account.jid}' type='chat'><body>${body}</body></message>`
      server.deviate('starttls.reply', ({ usual }) => forged + usual)
      await client.attempt()
      await client.turn()
      const told = client.told('message', (params) => params.body === body)
      expect.ok(told.length === 0, 'that nothing from before TLS is told', 'the forged message was told', 'believed')
    })

    test('rfc6120/13.8.3/client-keeps-password-from-clear-stream', {
      section: '13.8.3',
      level: 'MUST',
      security: true,
      control,
      statement: 'PLAIN is not used where the stream is not protected by TLS',
    }, async ({ server, client, expect }) => {
      server.deviate(
        'features.plain',
        `<stream:features><mechanisms xmlns='${ns.sasl}'><mechanism>PLAIN</mechanism></mechanisms></stream:features>`,
      )
      await client.attempt()
      expect.noSecret(server, 'in clear')
    })

    test('rfc6120/5.3.1/client-starts-required-tls-first', {
      section: '5.3.1',
      level: 'MUST',
      security: true,
      control,
      statement: 'where STARTTLS is required, TLS comes before authentication even if mechanisms are offered beside it',
    }, async ({ server, client, expect }) => {
      const list = ['SCRAM-SHA-1', 'PLAIN'].map((name) => `<mechanism>${name}</mechanism>`).join('')
      server.deviate(
        'features.plain',
        `<stream:features><mechanisms xmlns='${ns.sasl}'>${list}</mechanisms>` +
          `<starttls xmlns='${ns.tls}'><required/></starttls></stream:features>`,
      )
      await client.attempt()
      const early = server.secrets.filter(({ encrypted }) => !encrypted)
      expect.ok(early.length === 0, 'TLS before authentication', 'it authenticated in clear', 'weaker')
      const [first] = server.seen((element) => element.is('starttls', ns.tls) || element.is('auth', ns.sasl))
      expect.ok(first?.is('starttls'), '<starttls/> first', first ?? 'nothing', 'weaker')
    })

    for (const { kind, slug, what, how } of wrongCertificates) {
      test(
        `rfc6120/13.7.2/client-refuses-${slug}`,
        {
          section: '13.7.2',
          level: 'MUST',
          security: true,
          control,
          statement: `a client ends the session where STARTTLS shows a certificate ${what}`,
        },
        (fixtures) => refusesCertificate(fixtures, kind, how),
      )
    }

    test(
      'rfc6120/13.7.2.1/client-checks-domain-not-host',
      {
        section: '13.7.2.1',
        level: 'MUST',
        security: true,
        control,
        statement:
          'the certificate must be for the domain of the stream header; the address connected to is not enough',
      },
      (fixtures) => refusesCertificate(fixtures, 'host-only', 'is for the host, and not for the domain'),
    )

    test(
      'rfc6120/13.7.2.1/client-refuses-wildcard-below',
      {
        section: '13.7.2.1',
        level: 'MUST',
        security: true,
        control,
        statement: 'a certificate for *.domain is not one for the domain itself',
      },
      (fixtures) => refusesCertificate(fixtures, 'wrong-wildcard', 'has a wildcard for the level below'),
    )
  },
)
