import { defineSuite } from '../../harness/suite/index.ts'
import {
  answerOf,
  attributeOf,
  checkIntegrity,
  errorOf,
  leaving,
  putting,
  relayedOf,
  type StunMessage,
  stun,
  textOf,
  transportField,
  turnMethods,
  unknownTypesOf,
} from '../../harness/suite/turn.ts'
import { control, demand, longTerm, show, succeeds } from './_turn.ts'

/** An attribute that nobody registered and that must be understood (RFC 8489 §14). */
const unknown = 0x7f17
/** What a nonce begins with (RFC 8489 §9.2). */
const nonceCookie = /^obMatJos2[A-Za-z0-9+/]{4}/

const nonceOf = (answer: StunMessage): string | undefined => {
  const nonce = attributeOf(answer, stun.NONCE)
  return nonce && textOf(nonce)
}

export default defineSuite(longTerm, ({ test }) => {
  test('rfc8489/9.2.4/challenge-has-realm-and-nonce', {
    section: '9.2.4',
    level: 'MUST',
    control,
    statement: 'the refusal of a request without credentials has REALM and NONCE',
  }, async ({ client, expect }) => {
    const answer = await (await client()).beChallenged()
    demand({ expect }, answer, 'error 401')
    expect.ok(attributeOf(answer, stun.REALM), 'REALM', 'none')
    expect.ok(nonceOf(answer), 'NONCE', 'none')
  })

  test('rfc8489/9.2/nonce-has-cookie', {
    section: '9.2',
    level: 'MUST',
    control,
    statement: 'a nonce begins with the cookie that tells the security features',
  }, async ({ client, given, expect }) => {
    const asking = await client()
    const answer = await given('a challenge', () => asking.beChallenged())
    const nonce = nonceOf(answer)
    expect.ok(nonceCookie.test(nonce ?? ''), 'a nonce that begins with obMatJos2', nonce ?? 'none')
  })

  test('rfc8489/9.2.4/nonce-is-of-one-port', {
    section: '9.2.4',
    level: 'MUST',
    security: true,
    control,
    statement: 'clients of different ports get different nonces',
  }, async ({ client, given, expect }) => {
    const nonces = new Set<string | undefined>()
    for (let count = 0; count < 3; count++) {
      const asking = await client()
      nonces.add(nonceOf(await given('a challenge', () => asking.beChallenged())))
    }
    expect.ok(nonces.size === 3, 'three nonces', `${nonces.size}`)
  })

  test('rfc8489/9.2.4/wrong-password-is-refused', {
    section: '9.2.4',
    level: 'MUST',
    security: true,
    control,
    statement: 'a request that is signed by a wrong password is refused with 401',
  }, async ({ client, expect }) => {
    const asking = await client()
    const wrong = { username: 'romeo', password: 'wrong' }
    const answer = await asking.allocate([], (draft) => ({ ...draft, key: asking.key(wrong) }))
    demand({ expect }, answer, 'error 401')
  })

  test('rfc8489/9.2.4/refusal-challenges-again', {
    section: '9.2.4',
    level: 'MUST',
    control: 'rfc8489/9.2.4/wrong-password-is-refused',
    statement: 'the refusal of a wrong password has REALM and NONCE',
  }, async ({ client, expect }) => {
    const asking = await client()
    const wrong = { username: 'romeo', password: 'wrong' }
    const answer = await asking.allocate([], (draft) => ({ ...draft, key: asking.key(wrong) }))
    expect.ok(attributeOf(answer, stun.REALM), 'REALM', 'none')
    expect.ok(nonceOf(answer), 'NONCE', 'none')
  })

  test('rfc8489/9.2.4/unknown-user-is-refused', {
    section: '9.2.4',
    level: 'MUST',
    security: true,
    control,
    statement: 'a request of a user whom nobody knows is refused with 401',
  }, async ({ client, expect }) => {
    const asking = await client()
    const nobody = { username: 'nobody', password: 'assay-turn-secret' }
    const answer = await asking.allocate([], (draft) => ({
      ...putting(stun.USERNAME, nobody.username)(draft),
      key: asking.key(nobody),
    }))
    demand({ expect }, answer, 'error 401')
  })

  test('rfc8489/9.2.4/signed-request-without-nonce-is-bad', {
    section: '9.2.4',
    level: 'MUST',
    control,
    statement: 'a signed request without NONCE is refused with 400',
  }, async ({ client, expect }) => {
    demand({ expect }, await (await client()).allocate([], leaving(stun.NONCE)), 'error 400')
  })

  test('rfc8489/9.2.4/signed-request-without-username-is-bad', {
    section: '9.2.4',
    level: 'MUST',
    control,
    statement: 'a signed request without USERNAME is refused with 400',
  }, async ({ client, expect }) => {
    demand({ expect }, await (await client()).allocate([], leaving(stun.USERNAME)), 'error 400')
  })

  test('rfc8489/9.2.4/invalid-nonce-is-stale', {
    section: '9.2.4',
    level: 'MUST',
    security: true,
    control,
    statement: 'a rightly signed request with a nonce that was never given is refused with 438 and a valid nonce',
  }, async ({ client, expect }) => {
    const asking = await client()
    const answer = await asking.allocate([], putting(stun.NONCE, 'obMatJos2AAAAnobody-gave-this'))
    demand({ expect }, answer, 'error 438')
    const nonce = nonceOf(answer)
    expect.ok(nonce, 'NONCE', 'none')
    expect.ok(attributeOf(answer, stun.REALM), 'REALM', 'none')
    demand({ expect }, await asking.allocate([], putting(stun.NONCE, nonce ?? '')), 'success')
  })

  test('rfc8489/9.2.4/answer-is-signed', {
    section: '9.2.4',
    level: 'MUST',
    security: true,
    control,
    statement: "the answer to an authenticated request is signed by the user's key",
  }, async ({ client, given, expect }) => {
    const asking = await client()
    const answer = await succeeds({ given }, 'an allocation', () => asking.allocate())
    expect.equal(checkIntegrity(answer, asking.key()), 'right', 'MESSAGE-INTEGRITY')
  })

  test('rfc8489/9.2.4/refusal-of-the-authenticated-is-signed', {
    section: '9.2.4',
    level: 'MUST',
    security: true,
    control: 'rfc8656/7.2/second-allocate-is-refused',
    statement: "the refusal of an authenticated second Allocate is signed by the user's key",
  }, async ({ allocated, expect }) => {
    const asking = await allocated()
    const answer = await asking.ask(turnMethods.Allocate, [transportField()])
    demand({ expect }, answer, 'error 437')
    expect.equal(checkIntegrity(answer, asking.key()), 'right', 'MESSAGE-INTEGRITY')
  })

  test('rfc8489/9.2.4/challenge-is-not-signed', {
    section: '9.2.4',
    level: 'SHOULD',
    control,
    statement: 'the refusal of a request without credentials has neither USERNAME nor MESSAGE-INTEGRITY',
  }, async ({ client, given, expect }) => {
    const asking = await client()
    const answer = await given('a challenge', () => asking.beChallenged())
    expect.ok(!attributeOf(answer, stun.USERNAME), 'no USERNAME', 'one')
    expect.ok(!attributeOf(answer, stun.MESSAGE_INTEGRITY), 'no MESSAGE-INTEGRITY', 'one')
  })

  test('rfc8489/6.3.1/allocate-with-unknown-attribute-is-refused', {
    section: '6.3.1',
    level: 'MUST',
    control,
    statement: 'an Allocate with an unknown attribute that must be understood is refused with 420, which lists it',
  }, async ({ client, expect }) => {
    const answer = await (await client()).allocate([{ type: unknown, value: 'what' }])
    demand({ expect }, answer, 'error 420')
    const list = attributeOf(answer, stun.UNKNOWN_ATTRIBUTES)
    const types = list ? unknownTypesOf(list) : []
    expect.ok(types.includes(unknown), `UNKNOWN-ATTRIBUTES with ${unknown}`, types.join(' ') || 'none')
  })

  test('rfc8489/6.3.1/repeated-allocate-is-answered-alike', {
    section: '6.3.1',
    level: 'MUST',
    control,
    statement: 'an Allocate that comes again over UDP is answered as before, with the same relayed address',
  }, async ({ client, given, expect }) => {
    const asking = await client()
    await given('a challenge', () => asking.beChallenged())
    const draft = asking.signed(turnMethods.Allocate, [transportField()])
    const first = await succeeds({ given }, 'an allocation', () => asking.exchange(draft))
    asking.relayed = relayedOf(first)
    const again = await asking.exchange(draft)
    expect.ok(errorOf(again) === undefined, 'a success', answerOf(again))
    expect.equal(show(relayedOf(again)), show(relayedOf(first)), 'XOR-RELAYED-ADDRESS')
  })
})
