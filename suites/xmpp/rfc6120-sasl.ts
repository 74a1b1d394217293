import {
  defineSuite,
  type Element,
  expect,
  mechanism,
  mechanisms,
  ns,
  type RawStream,
  Scram,
  scramHash,
  Unsupported,
} from '../../harness/suite/index.ts'
import { rightBinding } from './_channel-binding.ts'

interface User {
  local: string
  password: string
}

const decode = (element: Element) => Buffer.from(element.getText(), 'base64').toString('utf8')

/** A mechanism that the features offer and the tester speaks; SCRAM before PLAIN. */
function anyMechanism(features: Element): string {
  const offered = mechanisms(features)
  const found = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN'].find((name) => offered.includes(name))
  if (!found) throw new Unsupported(`of its mechanisms ${offered.join(', ') || '(none)'} the tester speaks none`)
  return found
}

/** The first step of a SCRAM exchange, up to the challenge. */
async function challenged(raw: RawStream, user: User, name: string): Promise<Scram> {
  const hash = scramHash(name)
  if (!hash) throw new Unsupported('it offers no SCRAM')
  const scram = new Scram({ hash, username: user.local, password: user.password })
  await raw.auth(name, scram.first())
  await raw.challenge()
  return scram
}

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc6120/6.4.1/mechanisms-are-offered-one-by-one', {
      section: '6.4.1',
      level: 'MUST',
      statement: 'the SASL feature names each mechanism in an element of its own',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await raw.open()
      if (!raw.channel.encrypted) {
        await given('TLS', () => raw.features().then(() => raw.startTls()))
        await raw.open()
      }
      const features = await raw.features()
      const offered = expect.child(features, 'mechanisms', ns.sasl).getChildren('mechanism', ns.sasl)
      expect.ok(offered.length > 0, 'at least one mechanism', features)
      const odd = offered.find((element) => !/^[A-Z0-9_-]{1,20}$/.test(element.getText()))
      expect.ok(!odd, 'names of mechanisms as SASL has them (RFC 4422 §3.1)', odd ?? features)
    })

    test('rfc6120/13.8.1/scram-sha-1', {
      section: '13.8.1',
      level: 'MUST',
      statement: 'SCRAM-SHA-1 is offered over TLS and lets the right password in',
    }, async ({ stream, account, given }) => {
      const raw = await stream()
      const features = await given('TLS', () => raw.openSecure())
      expect.ok(mechanisms(features).includes('SCRAM-SHA-1'), 'the mechanism SCRAM-SHA-1', features)
      const outcome = await raw.authenticate(await account('romeo'), 'SCRAM-SHA-1')
      expect.ok(outcome.succeeded, '<success/>', outcome.element)
    })

    test('rfc6120/13.8.1/scram-sha-1-plus', {
      section: '13.8.1',
      level: 'MUST',
      statement: 'SCRAM-SHA-1-PLUS is offered over TLS 1.3 or 1.2 and lets the right password in',
    }, async (fixtures) => {
      const binding = await rightBinding(fixtures, 'SCRAM-SHA-1-PLUS').catch((error) => {
        if (error instanceof Unsupported) return expect.fail('the mechanism SCRAM-SHA-1-PLUS', error.message)
        throw error
      })
      expect.ok(binding, '<success/> with tls-exporter, tls-unique or tls-server-end-point', '<failure/> with each')
    })

    test('rfc6120/6.3.10/no-initial-response', {
      section: '6.3.10',
      level: 'MUST',
      statement: 'a client that sends no initial response is asked for it by an empty challenge',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      const name = anyMechanism(await given('TLS', () => raw.openSecure()))
      await raw.write(`<auth xmlns='${ns.sasl}' mechanism='${name}'/>`)
      const first = await raw.sasl()
      expect.ok(first.is('challenge', ns.sasl), '<challenge/>', first)
      expect.ok(['', '='].includes(first.getText()), 'an empty challenge', first)
      const hash = scramHash(name)
      if (!hash) {
        await raw.respond(`\0${user.local}\0${user.password}`)
      } else {
        const scram = new Scram({ hash, username: user.local, password: user.password })
        await raw.respond(scram.first())
        await raw.respond(await scram.final(await raw.challenge()))
      }
      const outcome = await raw.outcome()
      expect.ok(outcome.succeeded || outcome.element.is('challenge'), '<success/>', outcome.element)
    })

    test('rfc6120/6.3.10/data-comes-with-success', {
      section: '6.3.10',
      level: 'SHOULD',
      statement: "the server's last SCRAM message comes with <success/>, not in a challenge of its own",
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      const name = anyMechanism(await given('TLS', () => raw.openSecure()))
      const hash = scramHash(name)
      if (!hash) throw new Unsupported('it offers no SCRAM')
      const scram = new Scram({ hash, username: user.local, password: user.password })
      await raw.auth(name, scram.first())
      await raw.respond(await scram.final(await raw.challenge()))
      const last = await raw.sasl()
      expect.ok(last.is('success', ns.sasl), '<success/>', last)
      expect.ok(scram.verifies(decode(last)), "the server's signature inside", last)
    })

    test('rfc6120/6.4.2/second-auth-starts-anew', {
      section: '6.4.2',
      level: 'MUST',
      statement: 'an <auth/> in the middle of a handshake throws that away and begins another',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      const name = anyMechanism(await given('TLS', () => raw.openSecure()))
      await given('a challenge', () => challenged(raw, user, name))
      const outcome = await raw.authenticate(user, name)
      expect.ok(outcome.succeeded, '<success/>', outcome.element)
    })

    test('rfc6120/6.4.4/abort', {
      section: '6.4.4',
      level: 'MUST',
      statement: '<abort/> in the middle of a handshake is answered with the failure aborted',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      const name = anyMechanism(await given('TLS', () => raw.openSecure()))
      await given('a challenge', () => challenged(raw, user, name))
      await raw.write(`<abort xmlns='${ns.sasl}'/>`)
      const answer = await raw.sasl()
      expect.ok(answer.is('failure', ns.sasl), '<failure/>', answer)
      expect.child(answer, 'aborted', ns.sasl)
    })

    test('rfc6120/6.4.5/retries-are-allowed', {
      section: '6.4.5',
      level: 'SHOULD',
      statement: 'after two wrong passwords the right one still lets in on the same stream',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      const name = anyMechanism(await given('TLS', () => raw.openSecure()))
      for (const password of ['wrong', 'wrong again']) {
        const failure = await given('a failure', () => raw.authenticate({ ...user, password }, name))
        expect.ok(!failure.succeeded, '<failure/>', failure.element, 'believed')
      }
      const outcome = await raw.authenticate(user, name)
      expect.ok(outcome.succeeded, '<success/>', outcome.element)
    })

    test('rfc6120/6.4.5/retries-are-limited', {
      section: '6.4.5',
      level: 'MUST',
      statement: 'wrong passwords on one stream end it with a stream error at some time (12 were tried)',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      const features = await given('TLS', () => raw.openSecure())
      const plain = mechanisms(features).includes('PLAIN')
      const name = plain ? 'PLAIN' : anyMechanism(features)
      const isAnswer = (element: Element) => element.getNS() === ns.sasl || element.is('error', ns.streams)
      for (let attempt = 1; attempt <= 12; attempt++) {
        const scram = new Scram({ hash: scramHash(name) ?? 'sha1', username: user.local, password: 'wrong' })
        await raw.auth(name, plain ? `\0${user.local}\0wrong` : scram.first())
        let answer = await raw.next(isAnswer, 'a failure or a stream error')
        if (answer.is('challenge')) {
          await raw.respond(await scram.final(decode(answer)))
          answer = await raw.next(isAnswer, 'a failure or a stream error')
        }
        if (answer.is('error', ns.streams)) return
        expect.ok(answer.is('failure'), '<failure/> or a stream error', answer, 'believed')
      }
      // An error may follow the last failure: what stands behind our closing tag came later.
      await raw.write('</stream:stream>')
      await raw.footer()
      const errors = raw.seen((element) => element.is('error', ns.streams))
      expect.ok(errors.length > 0, 'a stream error', 'twelve failures and no end')
    })

    test('rfc6120/6.4.6/from-of-the-stream-is-correlated', {
      section: '6.4.6',
      level: 'SHOULD',
      statement: "a client whose stream says another user's `from` inside TLS is not let in",
    }, async ({ stream, account, given }) => {
      const [romeo, juliet] = [await account('romeo'), await account('juliet')]
      const raw = await stream()
      const features = await given('TLS', () => raw.openSecure({ from: juliet.jid }))
      const name = anyMechanism(features)
      const scram = new Scram({ hash: scramHash(name) ?? 'sha1', username: romeo.local, password: romeo.password })
      const isAnswer = (element: Element) => element.getNS() === ns.sasl || element.is('error', ns.streams)
      await raw.auth(name, scramHash(name) ? scram.first() : `\0${romeo.local}\0${romeo.password}`)
      let answer = await raw.next(isAnswer, 'an answer')
      if (answer.is('challenge', ns.sasl)) {
        await raw.respond(await scram.final(decode(answer)))
        answer = await raw.next(isAnswer, 'an answer')
      }
      expect.ok(!answer.is('success', ns.sasl), 'a failure or a stream error', answer, 'believed')
    })

    test('rfc6120/6.4.6/new-stream-after-success', {
      section: '6.4.6',
      level: 'MUST',
      statement: 'after <success/> a new stream header is answered with one of another id, and with features',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      const { id, name } = await given('TLS', async () => {
        await raw.open()
        const features = await raw.features()
        if (raw.channel.encrypted) return { id: undefined, name: anyMechanism(features) }
        await raw.startTls()
        const { attrs } = await raw.open()
        return { id: attrs.id, name: anyMechanism(await raw.features()) }
      })
      await given('<success/>', async () => {
        const outcome = await raw.authenticate(user, name)
        if (!outcome.succeeded) throw new Error(`${outcome.element}`)
      })
      const header = await raw.open()
      expect.ok(header.attrs.id && header.attrs.id !== id, `an id other than ${id}`, header)
      await raw.features()
    })

    test('rfc6120/6.4.1/no-mechanisms-after-success', {
      section: '6.4.1',
      level: 'none',
      statement: 'the features after authentication offer no SASL mechanisms any more',
    }, async ({ stream, account, given }) => {
      const raw = await stream()
      const user = await account('romeo')
      await given('<success/>', async () => {
        await raw.openSecure()
        const { succeeded, element } = await raw.authenticate(user)
        if (!succeeded) throw new Error(`${element}`)
      })
      await raw.open()
      const features = await raw.features()
      expect.ok(!features.getChild('mechanisms', ns.sasl), 'features without SASL', features)
    })

    test('rfc6120/6.3.8/invalid-authzid', {
      section: '6.3.8',
      level: 'MUST',
      statement: 'PLAIN with the authorization identity of another user fails with invalid-authzid',
      requires: [mechanism('PLAIN')],
    }, async ({ stream, account, given }) => {
      const [romeo, juliet] = [await account('romeo'), await account('juliet')]
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.auth('PLAIN', `${juliet.jid}\0${romeo.local}\0${romeo.password}`)
      const answer = await raw.sasl()
      expect.ok(answer.is('failure', ns.sasl), '<failure/>', answer)
      expect.child(answer, 'invalid-authzid', ns.sasl)
    })

    test('rfc6120/6.3.8/nobody-becomes-somebody-else', {
      section: '6.3.8',
      level: 'MUST',
      security: true,
      statement: 'asking for the authorization identity of another user does not give a session of that user',
    }, async ({ stream, account, given }) => {
      const [romeo, juliet] = [await account('romeo'), await account('juliet')]
      const plain = await stream()
      const name = anyMechanism(await given('TLS', () => plain.openSecure()))
      const tries: [RawStream, () => Promise<unknown>][] = [
        [plain, () => plain.auth('PLAIN', `${juliet.jid}\0${romeo.local}\0${romeo.password}`)],
      ]
      const hash = scramHash(name)
      if (hash) {
        const raw = await stream()
        await given('TLS', () => raw.openSecure())
        const scram = new Scram({ hash, username: romeo.local, password: romeo.password, authzid: juliet.jid })
        tries.push([
          raw,
          async () => {
            await raw.auth(name, scram.first())
            const first = await raw.sasl()
            if (first.is('challenge')) await raw.respond(await scram.final(decode(first)))
            else if (first.is('failure')) await raw.write(`<abort xmlns='${ns.sasl}'/>`)
          },
        ])
      }
      for (const [raw, attempt] of tries) {
        await attempt()
        if (!(await raw.sasl()).is('success')) continue
        const jid = await given('a resource', async () => {
          await raw.open()
          await raw.features()
          return raw.bind()
        })
        expect.ok(!jid.startsWith(`${juliet.jid}/`), `a session of ${romeo.jid}, or none`, jid, 'believed')
      }
    })

    test('rfc6120/6.6/own-identity-is-accepted', {
      section: '6.6',
      level: 'none',
      statement: "PLAIN with one's own bare JID as authorization identity lets in",
      requires: [mechanism('PLAIN')],
    }, async ({ stream, account, given }) => {
      const romeo = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.auth('PLAIN', `${romeo.jid}\0${romeo.local}\0${romeo.password}`)
      const answer = await raw.sasl()
      expect.ok(answer.is('success', ns.sasl), '<success/>', answer)
    })
  },
)
