import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { authenticates, scramOnly } from './_client-sasl.ts'

const control = 'rfc5802/6/client-binds-where-it-can'
const flags = (server: { gs2: { flag: string }[] }) => server.gs2.map(({ flag }) => flag)

export default defineSuite(
  {
    specification: 'RFC 5802',
    title: 'Salted Challenge Response Authentication Mechanism (SCRAM)',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
  },
  ({ test }) => {
    test(control, {
      section: '6',
      leads: true,
      level: 'MUST',
      requires: [capability('channel-binding')],
      statement: 'a client with channel binding uses it where the server offers the -PLUS variant of a mechanism',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      expect.online(await client.attempt(), 'the server offers channel binding, and checks it')
      const [first] = server.gs2
      expect.ok(first?.flag.startsWith('p='), 'a channel binding', `the flag "${first?.flag}" with ${first?.mechanism}`)
    })

    test('rfc5802/6/client-says-y-where-plus-is-missing', {
      section: '6',
      level: 'MUST',
      security: true,
      control,
      requires: [capability('channel-binding')],
      statement:
        'a client with channel binding that sees no -PLUS says "y", by which the server finds out who took it away',
    }, async (fixtures) => {
      fixtures.server.deviate('sasl.mechanisms', scramOnly)
      await authenticates(fixtures)
      fixtures.expect.equal(flags(fixtures.server).join(' '), 'y', 'flag for channel binding')
    })

    test('rfc5802/6/client-never-says-y-to-plus', {
      section: '6',
      level: 'MUST',
      control: 'rfc6120/13.8.1/client-implements-scram',
      statement:
        'to a server that offers -PLUS a client says "p", or "n" where it has no channel binding, and never "y"',
    }, async (fixtures) => {
      const { server, expect } = fixtures
      server.offer('channel-binding')
      server.deviate('sasl.mechanisms', ({ usual }) => usual.filter((name) => name.startsWith('SCRAM-')))
      await authenticates(fixtures)
      expect.ok(!flags(server).includes('y'), '"p" or "n"', flags(server).join(' '))
    })

    test('rfc5802/6/client-does-not-fall-back-to-unbound', {
      section: '6',
      level: 'MUST',
      security: true,
      control,
      requires: [capability('channel-binding')],
      statement:
        'a client whose bound exchange fails does not try again unbound: that is what a man in the middle wants',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('sasl.auth', ({ mechanism }) =>
        mechanism.endsWith('-PLUS') ? `<failure xmlns='${ns.sasl}'><not-authorized/></failure>` : undefined,
      )
      const outcome = await client.attempt()
      const unbound = server.secrets.filter(({ mechanism }) => !mechanism.endsWith('-PLUS'))
      expect.ok(unbound.length === 0, 'nothing but bound exchanges', `a secret by ${unbound[0]?.mechanism}`, 'weaker')
      expect.refusal(outcome, 'the bound exchange failed')
    })

    test('rfc5802/5/client-refuses-wrong-signature-when-bound', {
      section: '5',
      level: 'MUST',
      security: true,
      control,
      requires: [capability('channel-binding')],
      statement: 'a server whose signature is wrong is not believed in a bound exchange either',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('sasl.mechanisms', ({ usual }) => usual.filter((name) => name.endsWith('-PLUS')))
      server.deviate(
        'scram.final',
        ({ signature }) => `v=${Buffer.alloc(Buffer.from(signature, 'base64').length, 7).toString('base64')}`,
      )
      expect.refusal(await client.attempt(), 'the server signature is wrong')
    })

    test('rfc6120/13.8.3/client-implements-scram-plus', {
      specification: 'RFC 6120',
      section: '13.8.3',
      level: 'MUST',
      control: 'rfc6120/13.8.1/client-implements-scram',
      requires: [capability('tcp')],
      statement: 'a client can log in to a server that has nothing but SCRAM with channel binding',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('sasl.mechanisms', ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS'])
      expect.online(await client.attempt(), 'although only -PLUS is offered')
    })

    test('rfc9266/2/client-binds-exported-key', {
      specification: 'RFC 9266',
      section: '2',
      level: 'MUST',
      control,
      requires: [capability('tls-exporter')],
      statement: 'the data of tls-exporter is the key that TLS exports for it, 32 bytes long',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('channel-binding.types', ['tls-exporter'])
      expect.online(await client.attempt(), 'the server checks the exported key')
      expect.equal(flags(server)[0] ?? 'none', 'p=tls-exporter', 'channel binding')
    })

    test('rfc9266/3/client-implements-tls-exporter', {
      specification: 'RFC 9266',
      section: '3',
      level: 'MUST',
      control,
      requires: [capability('channel-binding')],
      statement: 'a client with channel binding over TLS 1.3 has tls-exporter, whatever else it has',
    }, async (fixtures) => {
      const { server, expect } = fixtures
      server.offer('channel-binding')
      server.deviate('tls.version', 'TLSv1.3')
      server.deviate('channel-binding.types', ['tls-exporter'])
      await authenticates(fixtures)
      expect.equal(flags(server)[0] ?? 'none', 'p=tls-exporter', 'channel binding')
    })

    test('rfc5929/3.1/client-binds-first-finished', {
      specification: 'RFC 5929',
      section: '3.1',
      level: 'MUST',
      control: 'rfc6120/13.8.1/client-implements-scram',
      requires: [capability('tls-unique')],
      statement: 'the data of tls-unique, before TLS 1.3, is the first Finished message of the handshake',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('tls.version', 'TLSv1.2')
      server.deviate('channel-binding.types', ['tls-unique'])
      server.deviate('sasl.mechanisms', ({ usual }) => usual.filter((name) => name.endsWith('-PLUS')))
      expect.online(await client.attempt(), 'the server checks the Finished message')
      expect.equal(flags(server)[0] ?? 'none', 'p=tls-unique', 'channel binding')
    })

    test('rfc5929/4.1/client-binds-certificate', {
      specification: 'RFC 5929',
      section: '4.1',
      level: 'MUST',
      control,
      requires: [capability('tls-server-end-point')],
      statement: 'the data of tls-server-end-point is the hash of the certificate that the server shows',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('channel-binding.types', ['tls-server-end-point'])
      expect.online(await client.attempt(), 'the server checks the hash of its certificate')
      expect.equal(flags(server)[0] ?? 'none', 'p=tls-server-end-point', 'channel binding')
    })

    test('rfc5929/4.1/client-hashes-as-certificate-is-signed', {
      specification: 'RFC 5929',
      section: '4.1',
      level: 'MUST',
      control: 'rfc5929/4.1/client-binds-certificate',
      requires: [capability('tls-server-end-point')],
      statement: 'the certificate is hashed as it is signed: by SHA-384 where that is the hash of its signature',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('channel-binding.types', ['tls-server-end-point'])
      server.deviate('tls.certificate', 'sha-384')
      expect.online(await client.attempt(), 'the certificate is signed with SHA-384')
    })
  },
)
