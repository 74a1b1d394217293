import {
  defineSuite,
  expect,
  mechanism,
  ns,
  type RawStream,
  Scram,
  type ServerFixtures,
  scramAttributes,
} from '../../harness/suite/index.ts'

const name = 'SCRAM-SHA-1'
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A stream inside TLS with the credentials of a fresh account. */
async function secured({ stream, account, given }: ServerFixtures) {
  const user = await account('romeo')
  const raw = await stream()
  await given('TLS', () => raw.openSecure())
  return { raw, user, username: user.local, password: user.password }
}

/** The exchange must end in `<failure/>`, at whatever step. */
async function refused(raw: RawStream) {
  const answer = await raw.next((el) => el.getNS() === ns.sasl || el.is('error', ns.streams), 'a failure')
  const fails = answer.is('failure', ns.sasl) || answer.is('error', ns.streams)
  expect.ok(fails, '<failure/>', answer, answer.is('success') ? 'believed' : undefined)
}

/** Sends a first message; where a challenge comes goes on with the right last message; it must be refused either way. */
async function refusedWith(raw: RawStream, scram: Scram, first: string) {
  await raw.auth(name, first)
  const answer = await raw.sasl()
  if (answer.is('failure')) return
  expect.ok(answer.is('challenge'), '<failure/> or <challenge/>', answer, 'believed')
  await raw.respond(await scram.final(Buffer.from(answer.getText(), 'base64').toString()))
  await refused(raw)
}

const control = 'rfc5802/5/exchange'

export default defineSuite(
  {
    specification: 'RFC 5802',
    title: 'Salted Challenge Response Authentication Mechanism (SCRAM)',
    category: 'Core',
    role: 'xmpp-server',
    requires: [mechanism(name)],
  },
  ({ test }) => {
    test('rfc5802/5/exchange', {
      section: '5',
      level: 'MUST',
      statement: 'the exchange ends in success when nonce, proof and binding are right',
    }, async (fixtures) => {
      const { raw, user } = await secured(fixtures)
      const outcome = await raw.authenticate(user, name)
      expect.ok(outcome.succeeded, '<success/>', outcome.element)
    })

    test('rfc5802/5/server-signature', {
      section: '5',
      level: 'MUST',
      security: true,
      statement: "the server proves that it knows the account's keys by the right signature",
    }, async (fixtures) => {
      const { raw, user } = await secured(fixtures)
      const outcome = await raw.authenticate(user, name)
      expect.ok(outcome.serverVerified, 'the right server signature', outcome.element)
    })

    test('rfc5802/5/nonce-is-extended', {
      section: '5',
      level: 'MUST',
      statement: "the server's nonce begins with the client's and goes on with its own",
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const nonce = 'fyko+d2lbbFgONRv9qkxdawL'
      await raw.auth(name, new Scram({ hash: 'sha1', username, password, nonce }).first())
      const challenge = await raw.challenge()
      const whole = scramAttributes(challenge).get('r') ?? ''
      expect.ok(whole.startsWith(nonce) && whole.length > nonce.length, `a nonce that extends ${nonce}`, challenge)
    })

    test('rfc5802/5.1/nonce-differs-each-time', {
      section: '5.1',
      level: 'none',
      security: true,
      statement: 'the same first message twice gets two nonces',
    }, async ({ stream, account, given }) => {
      const { local: username, password } = await account('romeo')
      const nonces: (string | undefined)[] = []
      for (let turn = 0; turn < 2; turn++) {
        const raw = await stream()
        await given('TLS', () => raw.openSecure())
        await raw.auth(name, new Scram({ hash: 'sha1', username, password, nonce: 'always-the-same' }).first())
        nonces.push(scramAttributes(await raw.challenge()).get('r'))
      }
      expect.ok(nonces[0] !== nonces[1], 'two different nonces', nonces.join(' and '))
    })

    test('rfc5802/5.1/salt-and-iterations', {
      section: '5.1',
      level: 'MUST',
      statement: "the server's first message carries a salt in base64 and a positive iteration count",
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      await raw.auth(name, new Scram({ hash: 'sha1', username, password }).first())
      const challenge = await raw.challenge()
      const parts = scramAttributes(challenge)
      expect.ok(/^([A-Za-z0-9+/]{4})+$|=$/.test(parts.get('s') ?? ''), 'a salt in base64', challenge)
      expect.ok(/^[1-9]\d*$/.test(parts.get('i') ?? ''), 'a positive iteration count', challenge)
    })

    test('rfc5802/5.1/enough-iterations', {
      section: '5.1',
      level: 'SHOULD',
      statement: 'the iteration count is at least 4096',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      await raw.auth(name, new Scram({ hash: 'sha1', username, password }).first())
      const challenge = await raw.challenge()
      expect.ok(Number(scramAttributes(challenge).get('i')) >= 4096, 'at least 4096 iterations', challenge)
    })

    test('rfc5802/5.1/changed-nonce', {
      section: '5.1',
      level: 'MUST',
      security: true,
      control,
      statement: 'a last message with another nonce than the server sent fails',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const scram = new Scram({ hash: 'sha1', username, password })
      await raw.auth(name, scram.first())
      const challenge = await raw.challenge()
      // The proof is computed over what is sent: only the comparison of nonces can notice.
      await raw.respond(await scram.final(challenge, { nonce: `${scramAttributes(challenge).get('r')}x` }))
      await refused(raw)
    })

    test('rfc5802/5/wrong-proof', {
      section: '5',
      level: 'MUST',
      security: true,
      control,
      statement: 'a proof made from another password fails',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const scram = new Scram({ hash: 'sha1', username, password })
      await raw.auth(name, scram.first())
      await raw.respond(await scram.final(await raw.challenge(), { password: `${password}x` }))
      await refused(raw)
    })

    test('rfc5802/5/old-exchange-again', {
      section: '5',
      level: 'MUST',
      security: true,
      control,
      statement: 'the last message of an exchange that succeeded does not work a second time',
    }, async ({ stream, account, given }) => {
      const { local: username, password } = await account('romeo')
      const scram = new Scram({ hash: 'sha1', username, password })
      let final = ''
      for (let turn = 0; turn < 2; turn++) {
        const raw = await stream()
        await given('TLS', () => raw.openSecure())
        await raw.auth(name, scram.first())
        const challenge = await raw.challenge()
        final ||= await scram.final(challenge)
        await raw.respond(final)
        if (turn === 1) return refused(raw)
        await given('success the first time', async () => {
          const { succeeded, element } = await raw.outcome()
          if (!succeeded && !element.is('challenge')) throw new Error(`${element}`)
        })
      }
    })

    test('rfc5802/6/binding-of-the-last-message', {
      section: '6',
      level: 'MUST',
      security: true,
      control,
      statement: 'a last message whose c= is not the header of the first message fails',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const scram = new Scram({ hash: 'sha1', username, password })
      await raw.auth(name, scram.first())
      await raw.respond(await scram.final(await raw.challenge(), { binding: base64('y,,') }))
      await refused(raw)
    })

    test('rfc5802/5.1/mandatory-extension', {
      section: '5.1',
      level: 'MUST',
      control,
      statement: 'a first message with the reserved attribute m= fails',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const scram = new Scram({ hash: 'sha1', username, password })
      await refusedWith(raw, scram, `n,,m=assay,${scram.clientFirstBare}`)
    })

    test('rfc5802/5.1/optional-extension-is-ignored', {
      section: '5.1',
      level: 'MUST',
      statement: 'an optional extension behind the nonce that the server does not know is ignored',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const scram = new Scram({ hash: 'sha1', username, password, nonce: 'fyko+d2lbbFgONRv9qkxdawL,z=assay' })
      await raw.auth(name, scram.first())
      const challenge = await raw.challenge()
      await raw.respond(await scram.final(challenge))
      const outcome = await raw.outcome()
      expect.ok(outcome.succeeded || outcome.element.is('challenge'), '<success/>', outcome.element)
    })

    test('rfc5802/5.1/wrong-escape-in-the-name', {
      section: '5.1',
      level: 'MUST',
      control,
      statement: 'a username with "=" that begins neither =2C nor =3D fails',
    }, async (fixtures) => {
      const { raw, username } = await secured(fixtures)
      await raw.auth(name, `n,,n=${username}=20,r=fyko+d2lbbFgONRv9qkxdawL`)
      await refused(raw)
    })

    test('rfc5802/5/first-character', {
      section: '5',
      level: 'MUST',
      control,
      statement: 'a first message that begins with none of n, y and p fails',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const scram = new Scram({ hash: 'sha1', username, password })
      await refusedWith(raw, scram, `x,,${scram.clientFirstBare}`)
    })

    test('rfc5802/5.1/identity-of-somebody-else', {
      section: '5.1',
      level: 'MUST',
      control,
      statement: 'an authorization identity a= of another user fails',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const { jid } = await fixtures.account('juliet')
      const scram = new Scram({ hash: 'sha1', username, password, authzid: jid })
      await refusedWith(raw, scram, scram.first())
    })

    test('rfc5802/5.1/letters-are-case-sensitive', {
      section: '5.1',
      level: 'none',
      control,
      statement: 'a first message whose attributes are in capitals fails',
    }, async (fixtures) => {
      const { raw, username } = await secured(fixtures)
      await raw.auth(name, `n,,N=${username},R=fyko+d2lbbFgONRv9qkxdawL`)
      await refused(raw)
    })

    test('rfc5802/6/unknown-binding-type', {
      section: '6',
      level: 'MUST',
      control,
      statement: 'a first message that asks for a channel binding type which the server does not know fails',
    }, async (fixtures) => {
      const { raw, username, password } = await secured(fixtures)
      const binding = { flag: 'p' as const, type: 'assay-unknown', data: Buffer.from('assay') }
      const scram = new Scram({ hash: 'sha1', username, password, binding })
      await refusedWith(raw, scram, scram.first())
    })
  },
)
