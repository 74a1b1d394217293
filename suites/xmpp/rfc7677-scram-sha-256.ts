import { defineSuite, expect, Inconclusive, mechanism, Scram, scramAttributes } from '../../harness/suite/index.ts'
import { rightBinding, wrongBinding } from './_channel-binding.ts'

const plus = 'SCRAM-SHA-256-PLUS'

export default defineSuite(
  {
    specification: 'RFC 7677',
    title: 'SCRAM-SHA-256 and SCRAM-SHA-256-PLUS',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc7677/3/exchange', {
      section: '3',
      level: 'MUST',
      statement: 'SCRAM-SHA-256 lets the right password in, and the server proves itself by the right signature',
      requires: [mechanism('SCRAM-SHA-256')],
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      const outcome = await raw.authenticate(user, 'SCRAM-SHA-256')
      expect.ok(outcome.succeeded, '<success/>', outcome.element)
      expect.ok(outcome.serverVerified, 'the right server signature', outcome.element)
    })

    test('rfc7677/3/wrong-password', {
      section: '3',
      level: 'MUST',
      security: true,
      control: 'rfc7677/3/exchange',
      statement: 'SCRAM-SHA-256 refuses a wrong password',
      requires: [mechanism('SCRAM-SHA-256')],
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      const outcome = await raw.authenticate({ ...user, password: `${user.password}x` }, 'SCRAM-SHA-256')
      expect.ok(!outcome.succeeded, '<failure/>', outcome.element, 'believed')
    })

    test('rfc7677/3/enough-iterations', {
      section: '3',
      level: 'SHOULD',
      statement: 'the iteration count of SCRAM-SHA-256 is at least 4096',
      requires: [mechanism('SCRAM-SHA-256')],
    }, async ({ stream, account, given }) => {
      const { local: username, password } = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.auth('SCRAM-SHA-256', new Scram({ hash: 'sha256', username, password }).first())
      const challenge = await raw.challenge()
      expect.ok(Number(scramAttributes(challenge).get('i')) >= 4096, 'at least 4096 iterations', challenge)
    })

    test('rfc7677/3/right-binding', {
      section: '3',
      level: 'MUST',
      statement: 'SCRAM-SHA-256-PLUS lets in who binds to the TLS connection by the right data',
    }, async (fixtures) => {
      const binding = await rightBinding(fixtures, plus)
      expect.ok(binding, '<success/> with tls-exporter, tls-unique or tls-server-end-point', '<failure/> with each')
      expect.ok(binding.verified, 'the right server signature', `none, with ${binding.type}`)
    })

    test('rfc7677/3/wrong-binding', {
      section: '3',
      level: 'MUST',
      security: true,
      statement: 'SCRAM-SHA-256-PLUS refuses who binds to another TLS connection',
    }, async (fixtures) => {
      const binding = await rightBinding(fixtures, plus)
      if (!binding) throw new Inconclusive('it takes no channel binding, not even the right one')
      const flip = (data: Uint8Array) => data.map((byte) => byte ^ 0xff)
      const { succeeded, element } = await wrongBinding(fixtures, plus, binding, flip)
      expect.ok(!succeeded, '<failure/>', element, 'believed')
    })
  },
)
