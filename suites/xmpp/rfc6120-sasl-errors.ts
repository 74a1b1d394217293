import { defineSuite, expect, mechanism, mechanisms, ns, type RawStream } from '../../harness/suite/index.ts'

/** Waits for `<failure/>` and returns it. */
async function failure(raw: RawStream) {
  const answer = await raw.sasl()
  expect.ok(answer.is('failure', ns.sasl), '<failure/>', answer, answer.is('success') ? 'believed' : undefined)
  return answer
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
const auth = (name: string, content: string) => `<auth xmlns='${ns.sasl}' mechanism='${name}'>${content}</auth>`

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc6120/6.5.10/wrong-password', {
      section: '6.5.10',
      level: 'MUST',
      security: true,
      control: 'rfc6120/13.8.1/scram-sha-1',
      statement: 'a wrong password fails with not-authorized',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      const outcome = await raw.authenticate({ ...user, password: `${user.password}x` }, 'SCRAM-SHA-1')
      expect.ok(!outcome.succeeded, '<failure/>', outcome.element, 'believed')
      expect.child(outcome.element, 'not-authorized', ns.sasl)
    })

    test('rfc6120/6.5.10/unknown-user-looks-like-wrong-password', {
      section: '6.5.10',
      level: 'MUST',
      security: true,
      statement: 'a user that does not exist gets the same <failure/> as a wrong password',
    }, async ({ stream, account, unique, given }) => {
      const { local } = await account('romeo')
      const failures: string[] = []
      for (const name of [local, unique()]) {
        const raw = await stream()
        const features = await given('TLS', () => raw.openSecure())
        const chosen = mechanisms(features).includes('PLAIN') ? 'PLAIN' : 'SCRAM-SHA-1'
        const outcome = await raw.authenticate({ local: name, password: 'wrong' }, chosen)
        expect.ok(!outcome.succeeded, '<failure/>', outcome.element, 'believed')
        failures.push(outcome.element.toString().replaceAll(name, 'NAME'))
      }
      expect.equal(failures[1], failures[0] ?? '', 'the failure for a user that does not exist')
    })

    test('rfc6120/6.5.7/unknown-mechanism', {
      section: '6.5.7',
      level: 'MUST',
      statement: 'a mechanism that the server does not have fails with invalid-mechanism',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(auth('X-ASSAY', ''))
      expect.child(await failure(raw), 'invalid-mechanism', ns.sasl)
    })

    test('rfc6120/6.5.7/no-mechanism', {
      section: '6.5.7',
      level: 'SHOULD',
      statement: '<auth/> without a mechanism fails with invalid-mechanism',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(`<auth xmlns='${ns.sasl}'/>`)
      expect.child(await failure(raw), 'invalid-mechanism', ns.sasl)
    })

    test('rfc6120/13.9.1/characters-outside-base64-are-rejected', {
      section: '13.9.1',
      level: 'MUST',
      control: 'rfc6120/13.8.1/scram-sha-1',
      statement: 'a SASL message with a character outside the base64 alphabet is rejected, though right without it',
    }, async ({ stream, account, given }) => {
      const { local } = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      const first = base64(`n,,n=${local},r=rOprNGfwEbeRWgbNEkqO`)
      await raw.write(auth('SCRAM-SHA-1', `${first.slice(0, 8)}!${first.slice(8)}`))
      await failure(raw)
    })

    test('rfc6120/13.9.1/padding-in-the-middle-is-rejected', {
      section: '13.9.1',
      level: 'MUST',
      control: 'rfc6120/13.8.1/scram-sha-1',
      statement: 'a SASL message with padding in the middle of its base64 is rejected',
    }, async ({ stream, account, given }) => {
      const { local } = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(auth('SCRAM-SHA-1', `${base64('n,,n')}${base64(`=${local},r=rOprNGfwEbeRWgbNEkqO`)}`))
      await failure(raw)
    })

    test('rfc6120/6.5.5/incorrect-encoding', {
      section: '6.5.5',
      level: 'SHOULD',
      statement: 'a SASL message that is not base64 fails with incorrect-encoding',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(auth('SCRAM-SHA-1', '%%%not-base64%%%'))
      expect.child(await failure(raw), 'incorrect-encoding', ns.sasl)
    })

    test('rfc6120/6.5.5/response-incorrect-encoding', {
      section: '6.5.5',
      level: 'SHOULD',
      statement: 'a <response/> that is not base64 fails with incorrect-encoding',
    }, async ({ stream, account, given }) => {
      const { local } = await account('romeo')
      const raw = await stream()
      await given('a challenge', async () => {
        await raw.openSecure()
        await raw.auth('SCRAM-SHA-1', `n,,n=${local},r=rOprNGfwEbeRWgbNEkqO`)
        await raw.challenge()
      })
      await raw.write(`<response xmlns='${ns.sasl}'>%%%not-base64%%%</response>`)
      expect.child(await failure(raw), 'incorrect-encoding', ns.sasl)
    })

    test('rfc6120/6.5.8/malformed-request', {
      section: '6.5.8',
      level: 'SHOULD',
      statement: 'a first SCRAM message that breaks the syntax of SCRAM fails with malformed-request',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.auth('SCRAM-SHA-1', 'this is no SCRAM message')
      expect.child(await failure(raw), 'malformed-request', ns.sasl)
    })

    test('rfc6120/6.4.2/equals-sign-is-an-empty-response', {
      section: '6.4.2',
      level: 'MUST',
      statement: '"=" is an initial response of no bytes: refused by PLAIN, but not for its encoding',
      requires: [mechanism('PLAIN')],
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(auth('PLAIN', '='))
      const answer = await failure(raw)
      expect.ok(!answer.getChild('incorrect-encoding'), 'malformed-request or not-authorized', answer)
    })

    test('rfc6120/6.5.8/response-without-a-handshake', {
      section: '6.5.8',
      level: 'none',
      security: true,
      statement: 'a <response/> before any <auth/> is refused',
    }, async ({ stream, account, given }) => {
      const { local, password } = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.respond(`\0${local}\0${password}`)
      const answer = await raw.next(() => true, 'a failure or a stream error')
      const refused = answer.is('failure', ns.sasl) || answer.is('error', ns.streams)
      expect.ok(refused, 'a failure or a stream error', answer, answer.is('success') ? 'believed' : undefined)
    })

    test('rfc6120/6.4.5/failure-has-a-defined-condition', {
      section: '6.4.5',
      level: 'MUST',
      statement: '<failure/> holds one condition of its namespace that the specification defines',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.authenticate({ ...user, password: 'wrong' }, 'SCRAM-SHA-1').then(({ element }) => {
        const conditions = element.getChildElements().filter((child) => child.getName() !== 'text')
        const defined = (
          'aborted account-disabled credentials-expired encryption-required incorrect-encoding invalid-authzid ' +
          'invalid-mechanism malformed-request mechanism-too-weak not-authorized temporary-auth-failure'
        ).split(' ')
        const right = conditions.filter((child) => defined.includes(child.getName()) && child.getNS() === ns.sasl)
        expect.ok(conditions.length === 1 && right.length === 1, 'one defined condition', element)
      })
    })
  },
)
