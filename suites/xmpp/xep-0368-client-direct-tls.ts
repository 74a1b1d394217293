import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { refusesCertificate, wrongCertificates } from './_client-certificates.ts'

const control = 'xep-0368/3/client-connects'

export default defineSuite(
  {
    specification: 'XEP-0368',
    version: '1.1.0',
    title: 'SRV records for XMPP over TLS',
    category: 'Core',
    topic: 'TLS',
    role: 'xmpp-client',
    login: true,
    requires: [capability('direct-tls')],
  },
  ({ test }) => {
    test(control, {
      section: '3',
      level: 'MUST',
      statement: 'a client told to use direct TLS begins with the handshake, and gets online',
    }, async ({ server, client, expect }) => {
      expect.online(await client.attempt(), 'the server does everything right')
      expect.ok(server.first?.encrypted, 'TLS from the first byte', 'a connection in clear')
    })

    test('xep-0368/3/client-names-domain-in-sni', {
      section: '3',
      level: 'MUST',
      control,
      statement: 'the handshake names the domain of the JID in the SNI extension',
    }, async ({ server, client, expect, domain }) => {
      await client.login()
      expect.equal(server.handshakes[0]?.servername, domain, 'SNI')
    })

    test('xep-0368/3/client-offers-alpn', {
      section: '3',
      level: 'SHOULD',
      control,
      statement: 'the handshake offers the ALPN protocol xmpp-client',
    }, async ({ server, client, expect }) => {
      await client.login()
      expect.equal(server.handshakes[0]?.alpn, 'xmpp-client', 'ALPN protocol')
    })

    test('xep-0368/3/client-starts-no-tls-inside-tls', {
      section: '3',
      level: 'MUST',
      control,
      statement: 'STARTTLS is not used inside direct TLS, even where it is offered',
    }, async ({ server, client, expect }) => {
      server.deviate('features.encrypted', ({ usual }) =>
        usual.replace('<stream:features>', `<stream:features><starttls xmlns='${ns.tls}'/>`),
      )
      expect.online(await client.attempt(), 'although STARTTLS is offered inside TLS')
      expect.none(
        server.seen((element) => element.is('starttls', ns.tls)),
        'STARTTLS inside TLS',
      )
    })

    for (const { kind, slug, what, how } of wrongCertificates) {
      test(
        `xep-0368/3/client-refuses-${slug}`,
        {
          leads: slug === 'other-name',
          section: '3',
          level: 'MUST',
          security: true,
          control,
          statement: `a client ends the session where direct TLS shows a certificate ${what}`,
        },
        (fixtures) => refusesCertificate(fixtures, kind, how),
      )
    }

    test(
      'xep-0368/3/client-checks-domain-not-host',
      {
        section: '3',
        level: 'MUST',
        security: true,
        control,
        statement: 'direct TLS too wants a certificate for the domain; the address connected to is not enough',
      },
      (fixtures) => refusesCertificate(fixtures, 'host-only', 'is for the host, and not for the domain'),
    )
  },
)
