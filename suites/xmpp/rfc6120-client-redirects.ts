import { type ClientFixtures, capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { byName, hasOtherHost } from './_names.ts'

const tcp = [capability('tcp')]
const login = 'rfc6120/4.7.2/client-names-domain'
const control = 'rfc6120/4.9.3.19/client-follows-redirect'

/** More redirects than anybody should follow, and few enough that a client which follows all gets to the end. */
const manyRedirects = 12

const seeOther = (where: string): string =>
  `<stream:error><see-other-host xmlns='${ns.streamErrors}'>${where}</see-other-host></stream:error></stream:stream>`

const overTcp = ({ transport }: ClientFixtures) => (transport === 'direct-tls' ? transport : 'starttls')

/** Sends the client elsewhere on its first connection, as soon as TLS is there. */
const redirect = ({ server }: ClientFixtures, where: string) =>
  server.deviate('features.encrypted', ({ number }) => (number === 1 ? seeOther(where) : undefined))

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'Stream',
    role: 'xmpp-client',
    login: true,
  },
  ({ test }) => {
    test(control, {
      section: '4.9.3.19',
      level: 'SHOULD',
      requires: tcp,
      control: login,
      statement: 'after see-other-host that names another port of the same address, the client connects there',
    }, async (fixtures) => {
      const { network, client, expect } = fixtures
      const place = await network.listen(overTcp(fixtures))
      redirect(fixtures, place.text)
      const outcome = await client.attempt({ elsewhere: true })
      expect.ok(place.arrivals > 0, 'a connection to the other port', 'none', 'ignored')
      expect.online(outcome, 'the other port does everything right')
    })

    test('rfc6120/4.9.3.19/client-names-domain-after-redirect', {
      section: '4.9.3.19',
      level: 'MUST',
      requires: tcp,
      control,
      statement: 'at the host that it is sent to, the client opens a stream to the same domain as before',
    }, async (fixtures) => {
      const { network, client, expect, domain } = fixtures
      const place = await network.listen(overTcp(fixtures))
      redirect(fixtures, place.text)
      await client.attempt({ elsewhere: true })
      const headers = place.connections.flatMap(({ received }) =>
        received.filter((element) => element.is('stream', ns.streams)),
      )
      expect.ok(headers.length > 0, 'a stream at the other host', 'none')
      for (const header of headers) expect.attribute(header, 'to', domain)
    })

    test('rfc6120/4.9.3.19/client-stops-following', {
      section: '4.9.3.19',
      level: 'SHOULD',
      requires: tcp,
      control,
      statement: 'a client that is sent on and on gives up: after no more than five redirects in a row',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      const here = seeOther(`${client.address}:${client.port}`)
      server.deviate('features.encrypted', ({ number }) => (number <= manyRedirects ? here : undefined))
      await client.attempt({ elsewhere: true })
      const followed = server.arrivals - 1
      expect.ok(followed <= 5, 'five at most', `${followed} were followed`)
    })

    test('rfc6120/4.9.3.19/client-follows-redirect-to-ipv6', {
      section: '4.9.3.19',
      level: 'none',
      requires: tcp,
      control,
      statement: 'see-other-host may name an IPv6 address, in brackets, with a port behind it',
    }, async (fixtures) => {
      const { network, client, expect } = fixtures
      const place = await network.listen(overTcp(fixtures), { ipv6: true })
      redirect(fixtures, place.text)
      const outcome = await client.attempt({ elsewhere: true })
      expect.ok(place.arrivals > 0, 'a connection to the IPv6 address', 'none', 'ignored')
      expect.online(outcome, 'the other address does everything right')
    })

    test('rfc6120/4.9.3.19/client-resolves-host-of-redirect', {
      section: '4.9.3.19',
      level: 'MUST',
      requires: [...tcp, ...byName],
      control,
      statement: 'the name of the host that it is sent to is looked up as the domain was: by its SRV records',
    }, async (fixtures) => {
      const { network, client, expect, domain } = fixtures
      const place = await network.listen('starttls')
      await hasOtherHost(network)
      network.srv('xmpp-client', { host: 'first', place: await network.listen('starttls') })
      network.srv('xmpp-client', { of: 'other', host: 'second', place })
      redirect(fixtures, `other.${domain}`)
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(place.arrivals > 0, 'a connection to the target of its records', 'none', 'ignored')
      expect.online(outcome, 'the other host does everything right')
    })

    test('rfc6120/4.9.3.19/client-needs-certificate-for-domain', {
      section: '4.9.3.19',
      level: 'MUST',
      security: true,
      requires: tcp,
      control: login,
      statement: 'a host with a certificate of its own, which names its address and not the domain, is not trusted',
    }, async (fixtures) => {
      const { network, server, client, expect } = fixtures
      const place = await network.listen(overTcp(fixtures))
      server.deviate('tls.certificate', ({ number }) => (number === 1 ? undefined : 'host-only'))
      redirect(fixtures, place.text)
      const outcome = await client.attempt({ elsewhere: true })
      const secrets = place.connections.flatMap((connection) => connection.secrets)
      expect.ok(secrets.length === 0, 'no authentication there', `${secrets[0]?.mechanism}`, 'believed')
      expect.refusal(outcome, 'the other host has a certificate for its address alone')
    })

    test('rfc6120/4.9.3.19/client-needs-certificate-after-early-redirect', {
      section: '4.9.3.19',
      level: 'MUST',
      security: true,
      requires: [capability('starttls')],
      control: login,
      statement:
        'who sends the client elsewhere before TLS may be anybody: the other host must show a certificate for the domain',
    }, async ({ network, server, client, expect }) => {
      const place = await network.listen('starttls')
      server.deviate('tls.certificate', 'host-only')
      server.deviate('features.plain', ({ number }) => (number === 1 ? seeOther(place.text) : undefined))
      const outcome = await client.attempt({ elsewhere: true })
      expect.noSecret(server, 'any')
      expect.refusal(outcome, 'the other host has a certificate for its address alone')
    })

    for (const [slug, what, text] of [
      ['nothing', 'nothing', ''],
      ['a-port-too-high', 'a port beyond 65535', '127.0.0.1:99999'],
      ['an-open-bracket', 'a bracket that is never closed', '[::1:5222'],
      ['two-ports', 'two ports', '127.0.0.1:5222:5223'],
      ['a-url', 'a URL', 'xmpp://127.0.0.1:5222/'],
      ['ten-thousand-letters', 'ten thousand letters', 'a'.repeat(10_000)],
    ] as const) {
      test(`rfc6120/4.9.3.19/client-survives-redirect-to-${slug}`, {
        section: '4.9.3.19',
        level: 'none',
        security: true,
        requires: tcp,
        control: login,
        statement: `see-other-host that names ${what} neither kills the client nor makes it hang`,
      }, async (fixtures) => {
        redirect(fixtures, text)
        const { kind, said } = await fixtures.client.attempt({ elsewhere: true })
        const harm = kind === 'dies' || kind === 'hangs' ? kind : undefined
        fixtures.expect.ok(!harm, `that it lives on when it is sent to ${what}`, `it ${kind} (${said})`, harm)
        // Back at the first host nothing is wrong.
        fixtures.behaved(kind === 'online' ? 'ignored' : kind === 'refused' ? 'refused' : 'silent')
      })
    }
  },
)
