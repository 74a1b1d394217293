import { capability, defineSuite, expect, mechanisms, ns, type ServerFixtures } from '../../harness/suite/index.ts'

/** A direct TLS connection; failing to connect is an answer to the question, not a precondition. */
const direct = ({ stream }: ServerFixtures, alpn: string[] | undefined = ['xmpp-client']) =>
  stream({ transport: 'direct-tls', tls: { alpn } })

export default defineSuite(
  {
    specification: 'XEP-0368',
    version: '1.1.0',
    title: 'SRV records for XMPP over TLS',
    category: 'Core',
    role: 'xmpp-server',
    requires: [capability('direct-tls')],
  },
  ({ test }) => {
    test('xep-0368/3/tls-from-the-first-byte', {
      section: '3',
      level: 'MUST',
      statement: 'the port for direct TLS begins with a TLS handshake, and a stream opens inside it',
    }, async (fixtures) => {
      const raw = await direct(fixtures)
      const header = await raw.open()
      expect.attribute(header, 'from', fixtures.domain)
      expect.ok(mechanisms(await raw.features()).length > 0, 'features with SASL mechanisms', header)
    })

    test('xep-0368/3/certificate', {
      section: '3',
      level: 'MUST',
      statement: 'the certificate on the port for direct TLS names the domain that the client asks for by SNI',
    }, async ({ stream, domain }) => {
      const raw = await stream({ transport: 'direct-tls', tls: { verify: false } })
      const certificate = raw.channel.connection?.tls?.getPeerX509Certificate()
      expect.ok(certificate?.checkHost(domain), `a certificate for ${domain}`, certificate?.subjectAltName ?? 'none')
    })

    test('xep-0368/3/no-starttls', {
      section: '3',
      level: 'MUST',
      statement: 'STARTTLS is not offered inside direct TLS',
    }, async (fixtures) => {
      const raw = await direct(fixtures)
      await raw.open()
      const features = await raw.features()
      expect.ok(!features.getChild('starttls', ns.tls), 'features without STARTTLS', features)
    })

    test('xep-0368/3/starttls-is-refused', {
      section: '3',
      level: 'MUST',
      statement: '<starttls/> inside direct TLS does not proceed',
    }, async (fixtures) => {
      const raw = await direct(fixtures)
      await fixtures.given('features', async () => {
        await raw.open()
        await raw.features()
      })
      await raw.write(`<starttls xmlns='${ns.tls}'/>`)
      const answer = await raw.next(() => true, '<failure/> or a stream error')
      expect.ok(!answer.is('proceed', ns.tls), '<failure/> or a stream error', answer)
    })

    test('xep-0368/3/alpn', {
      section: '3',
      level: 'MUST',
      statement: 'a server that answers ALPN chooses "xmpp-client" of the protocols that a client offers',
    }, async (fixtures) => {
      const raw = await direct(fixtures, ['assay-unknown', 'xmpp-client'])
      const chosen = raw.channel.connection?.tls?.alpnProtocol
      expect.ok(!chosen || chosen === 'xmpp-client', '"xmpp-client", or no protocol', `"${chosen}"`)
      await raw.open()
      await raw.features()
    })

    test('xep-0368/3/without-alpn', {
      section: '3',
      level: 'SHOULD',
      statement: 'a client that does without ALPN is served all the same',
    }, async (fixtures) => {
      const raw = await direct(fixtures, [])
      await raw.open()
      await raw.features()
    })

    test('xep-0368/3/session', {
      section: '3',
      level: 'MUST',
      statement: 'a client logs in over direct TLS and exchanges messages with one that came by STARTTLS',
    }, async (fixtures) => {
      const { rawSession, connect, unique } = fixtures
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo', { transport: 'direct-tls' })
      const body = unique()
      await raw.write(`<message to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
      const message = await juliet.message((element) => element.getChildText('body') === body)
      await juliet.send(`<message to='${message.attrs.from}' type='chat'><body>${body} back</body></message>`)
      await raw.next((element) => element.getChildText('body') === `${body} back`, 'the reply')
    })

    test('xep-0368/6/same-mechanisms', {
      section: '6',
      level: 'SHOULD',
      statement: 'the SASL mechanisms inside direct TLS are those inside STARTTLS',
      requires: [capability('starttls')],
    }, async (fixtures) => {
      const other = await fixtures.stream()
      const expected = mechanisms(await fixtures.given('STARTTLS', () => other.openSecure())).sort()
      const raw = await direct(fixtures)
      await raw.open()
      const offered = mechanisms(await raw.features()).sort()
      expect.equal(offered.join(' '), expected.join(' '), 'mechanisms')
    })

    test('xep-0368/6/channel-binding', {
      section: '6',
      level: 'SHOULD',
      statement: 'channel binding, where it is offered inside direct TLS, works there',
    }, async (fixtures) => {
      const raw = await direct(fixtures)
      const user = await fixtures.account('romeo')
      await raw.open()
      const plus = mechanisms(await raw.features()).find((name) => name === 'SCRAM-SHA-1-PLUS')
      if (!plus) return
      const outcome = await raw.authenticate(user, plus)
      expect.ok(outcome.succeeded, '<success/>', outcome.element)
    })
  },
)
