import {
  defineSuite,
  expect,
  Inconclusive,
  mechanism,
  mechanisms,
  Scram,
  Unsupported,
} from '../../harness/suite/index.ts'
import { rightBinding, wrongBinding } from './_channel-binding.ts'

const plus = 'SCRAM-SHA-1-PLUS'

export default defineSuite(
  {
    specification: 'RFC 5802',
    title: 'Salted Challenge Response Authentication Mechanism (SCRAM)',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc5802/6/right-binding', {
      section: '6',
      level: 'MUST',
      statement:
        'a client that binds to its TLS connection by the right data, of a type that the server has, is let in',
    }, async (fixtures) => {
      const binding = await rightBinding(fixtures, plus)
      expect.ok(binding, '<success/> with tls-exporter, tls-unique or tls-server-end-point', '<failure/> with each')
      expect.ok(binding.verified, 'the right server signature', `none, with ${binding.type}`)
    })

    test('rfc5802/6/wrong-binding', {
      section: '6',
      level: 'MUST',
      security: true,
      statement: 'a client that binds to another TLS connection is refused',
    }, async (fixtures) => {
      const binding = await rightBinding(fixtures, plus)
      if (!binding) throw new Inconclusive('it takes no channel binding, not even the right one')
      const flip = (data: Uint8Array) => data.map((byte) => byte ^ 0xff)
      const { succeeded, element } = await wrongBinding(fixtures, plus, binding, flip)
      expect.ok(!succeeded, '<failure/>', element, 'believed')
    })

    test('rfc5802/6/binding-left-out', {
      section: '6',
      level: 'MUST',
      security: true,
      statement: 'a client that names a binding type and sends no binding data is refused',
    }, async (fixtures) => {
      const binding = await rightBinding(fixtures, plus)
      if (!binding) throw new Inconclusive('it takes no channel binding, not even the right one')
      const { succeeded, element } = await wrongBinding(fixtures, plus, binding, () => new Uint8Array())
      expect.ok(!succeeded, '<failure/>', element, 'believed')
    })

    test('rfc5802/6/downgrade-is-noticed', {
      section: '6',
      level: 'MUST',
      security: true,
      control: 'rfc6120/13.8.1/scram-sha-1',
      statement: 'a client that says "y", having seen no channel binding on offer, is refused where it is on offer',
      requires: [mechanism(plus), mechanism('SCRAM-SHA-1')],
    }, async ({ stream, account, given }) => {
      const { local: username, password } = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      const scram = new Scram({ hash: 'sha1', username, password, binding: { flag: 'y' } })
      await raw.auth('SCRAM-SHA-1', scram.first())
      const first = await raw.sasl()
      if (first.is('failure')) return
      await raw.respond(await scram.final(Buffer.from(first.getText(), 'base64').toString()))
      const { succeeded, element } = await raw.outcome()
      expect.ok(!succeeded, '<failure/>', element, 'believed')
    })

    test('rfc5802/6/both-variants-are-offered', {
      section: '6',
      level: 'SHOULD',
      statement: 'a server with channel binding offers the mechanism without -PLUS as well',
      requires: [mechanism(plus)],
    }, async ({ stream, given }) => {
      const raw = await stream()
      const features = await given('TLS', () => raw.openSecure())
      expect.ok(mechanisms(features).includes('SCRAM-SHA-1'), 'the mechanism SCRAM-SHA-1', features)
    })

    test('rfc5802/6.1/tls-unique', {
      section: '6.1',
      level: 'MUST',
      statement: 'on TLS 1.2 a server with channel binding takes the type tls-unique',
    }, async ({ stream, account, given }) => {
      const { local: username, password } = await account('romeo')
      const raw = await stream({ tls: { maxVersion: 'TLSv1.2' } })
      const features = await given('TLS 1.2', () => raw.openSecure())
      if (!mechanisms(features).includes(plus)) throw new Unsupported(`it does not offer ${plus} on TLS 1.2`)
      const scram = new Scram({ hash: 'sha1', username, password, binding: raw.channelBinding('tls-unique') })
      await raw.auth(plus, scram.first())
      await raw.respond(await scram.final(await raw.challenge()))
      const { succeeded, element } = await raw.outcome()
      expect.ok(succeeded, '<success/>', element)
    })
  },
)
