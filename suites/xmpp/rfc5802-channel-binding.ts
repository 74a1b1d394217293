import {
  defineSuite,
  type Element,
  expect,
  mechanism,
  mechanisms,
  ns,
  type RawStream,
  Scram,
  type ServerFixtures,
  Unsupported,
} from '../../harness/suite/index.ts'

const plus = 'SCRAM-SHA-1-PLUS'

interface Bound {
  raw: RawStream
  features: Element
  user: { local: string; password: string }
}

/** A stream inside TLS that offers the mechanism with channel binding. */
async function secured({ stream, account, given }: ServerFixtures): Promise<Bound> {
  const user = await account('romeo')
  const raw = await stream()
  const features = await given('TLS', () => raw.openSecure())
  return { raw, features, user }
}

async function answerTo(raw: RawStream, scram: Scram, name: string) {
  await raw.auth(name, scram.first())
  const first = await raw.sasl()
  if (!first.is('challenge')) return first
  await raw.respond(await scram.final(Buffer.from(first.getText(), 'base64').toString()))
  return raw.next((el) => el.getNS() === ns.sasl || el.is('error', ns.streams), 'success or failure')
}

const believed = (answer: Element) => (answer.is('success') ? ('believed' as const) : undefined)

export default defineSuite(
  {
    specification: 'RFC 5802',
    title: 'Salted Challenge Response Authentication Mechanism (SCRAM)',
    category: 'Core',
    role: 'xmpp-server',
    requires: [mechanism(plus)],
  },
  ({ test }) => {
    test('rfc5802/6/right-binding', {
      section: '6',
      level: 'MUST',
      statement: 'a client that binds to the TLS connection by the right data is let in',
    }, async (fixtures) => {
      const { raw, user } = await secured(fixtures)
      const outcome = await raw.authenticate(user, plus)
      expect.ok(outcome.succeeded, '<success/>', outcome.element)
      expect.ok(outcome.serverVerified, 'the right server signature', outcome.element)
    })

    test('rfc5802/6/wrong-binding', {
      section: '6',
      level: 'MUST',
      security: true,
      control: 'rfc5802/6/right-binding',
      statement: 'a client that binds to another TLS connection is refused',
    }, async (fixtures) => {
      const { raw, user } = await secured(fixtures)
      const { type, data } = raw.channelBinding()
      const other = Buffer.from(data.map((byte) => byte ^ 0xff))
      const scram = new Scram({
        hash: 'sha1',
        username: user.local,
        password: user.password,
        binding: { flag: 'p', type, data: other },
      })
      const answer = await answerTo(raw, scram, plus)
      expect.ok(!answer.is('success'), '<failure/>', answer, believed(answer))
    })

    test('rfc5802/6/binding-left-out', {
      section: '6',
      level: 'MUST',
      security: true,
      control: 'rfc5802/6/right-binding',
      statement: 'a client that names a binding type and sends no binding data is refused',
    }, async (fixtures) => {
      const { raw, user } = await secured(fixtures)
      const { type } = raw.channelBinding()
      const binding = { flag: 'p' as const, type, data: Buffer.alloc(0) }
      const scram = new Scram({ hash: 'sha1', username: user.local, password: user.password, binding })
      const answer = await answerTo(raw, scram, plus)
      expect.ok(!answer.is('success'), '<failure/>', answer, believed(answer))
    })

    test('rfc5802/6/downgrade-is-noticed', {
      section: '6',
      level: 'MUST',
      security: true,
      control: 'rfc6120/13.8.1/scram-sha-1',
      statement: 'a client that says "y", having seen no channel binding on offer, is refused where it is on offer',
      requires: [mechanism('SCRAM-SHA-1')],
    }, async (fixtures) => {
      const { raw, user } = await secured(fixtures)
      const scram = new Scram({
        hash: 'sha1',
        username: user.local,
        password: user.password,
        binding: { flag: 'y' },
      })
      const answer = await answerTo(raw, scram, 'SCRAM-SHA-1')
      expect.ok(!answer.is('success'), '<failure/>', answer, believed(answer))
    })

    test('rfc5802/6/both-variants-are-offered', {
      section: '6',
      level: 'SHOULD',
      statement: 'a server with channel binding offers the mechanism without -PLUS as well',
    }, async (fixtures) => {
      const { features } = await secured(fixtures)
      expect.ok(mechanisms(features).includes('SCRAM-SHA-1'), 'the mechanism SCRAM-SHA-1', features)
    })

    test('rfc5802/6.1/tls-unique', {
      section: '6.1',
      level: 'MUST',
      statement: 'on TLS 1.2 a server with channel binding takes the type tls-unique',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream({ tls: { maxVersion: 'TLSv1.2' } })
      const features = await given('TLS 1.2', () => raw.openSecure())
      if (!mechanisms(features).includes(plus)) throw new Unsupported(`it does not offer ${plus} on TLS 1.2`)
      const scram = new Scram({
        hash: 'sha1',
        username: user.local,
        password: user.password,
        binding: raw.channelBinding('tls-unique'),
      })
      const answer = await answerTo(raw, scram, plus)
      expect.ok(answer.is('success') || answer.is('challenge'), '<success/>', answer)
    })
  },
)
