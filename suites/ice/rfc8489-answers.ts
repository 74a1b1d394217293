import {
  answerIn,
  attributeOf,
  checkFingerprint,
  checkIntegrity,
  codeOf,
  type Draft,
  type IceFixtures,
  type IcePeer,
  indicationDraft,
  mappedAddressOf,
  type Seen,
  samePlace,
  shortTermKey,
  stun,
  unknownTypesOf,
  withField,
  withoutField,
} from '../../harness/suite/ice.ts'
import { defineSuite, Inconclusive } from '../../harness/suite/index.ts'
import { behindIntegrity, firstAlone, has, quiet, signedAfter, stunSuite, withWrongFingerprint } from './_ice.ts'

const control = 'rfc8445/7.3/right-check-is-answered'
const unknownRequired = 0x7f17
const unknownOptional = 0xff17

/** A right check's answer, after which the case can ask about it. */
async function rightAnswer({ meet, given }: IceFixtures): Promise<{ peer: IcePeer; answer: Seen; from: Draft }> {
  const peer = await meet({ peer: quiet })
  let from: Draft | undefined
  const answer = await peer.ask((draft) => {
    from = draft
    return draft
  })
  return given('a right check is answered', async () => {
    if (!answer || !from || answer.message.class !== 'success') throw new Inconclusive(answerIn(answer))
    return { peer, answer, from }
  })
}

const wrongKey = (draft: Draft): Draft => ({ ...draft, key: shortTermKey('nobody has told this password') })
const unsigned = (draft: Draft): Draft => ({ ...draft, key: undefined })
const unnamed = (draft: Draft): Draft => withoutField(draft, stun.USERNAME)
const namedElse = (draft: Draft): Draft => withField(draft, stun.USERNAME, 'nobody:knows')

export default defineSuite(stunSuite, ({ test }) => {
  test('rfc8489/6.3.1.2/answer-comes-whence-it-was-asked', {
    section: '6.3.1.2',
    level: 'MUST',
    control,
    statement: 'an answer comes from the address and port that the request went to',
  }, async (fixtures) => {
    const { answer, from } = await rightAnswer(fixtures)
    fixtures.expect.ok(
      samePlace(answer.from, from.to),
      `an answer from port ${from.to.port}`,
      `from port ${answer.from.port}`,
    )
  })

  test('rfc8489/6.3.1.2/answer-goes-to-who-asked', {
    section: '6.3.1.2',
    level: 'MUST',
    control,
    statement: 'an answer goes to the address and port that the request came from, also where nobody signalled it',
  }, async ({ meet, expect }) => {
    const peer = await meet({ sockets: 2, peer: quiet, tell: firstAlone })
    const answer = await peer.ask(undefined, { via: peer.sockets[1] })
    expect.ok(answer && answer.socket === peer.sockets[1], 'an answer to where the request came from', answerIn(answer))
  })

  test('rfc8489/6.3.1.1/mapped-address-is-right', {
    section: '6.3.1.1',
    level: 'MUST',
    control,
    statement: 'XOR-MAPPED-ADDRESS names the source of the request',
  }, async (fixtures) => {
    const { answer, from } = await rightAnswer(fixtures)
    const mapped = mappedAddressOf(answer.message)
    fixtures.expect.ok(
      mapped && samePlace(mapped, from.via.local),
      `port ${from.via.local.port}`,
      `${mapped?.address} port ${mapped?.port}`,
    )
  })

  test('rfc8489/6.3.1.1/mapped-address-is-combined', {
    section: '6.3.1.1',
    level: 'MUST',
    control,
    statement: 'a success answer carries XOR-MAPPED-ADDRESS, not the older MAPPED-ADDRESS alone',
  }, async (fixtures) => {
    const { answer } = await rightAnswer(fixtures)
    fixtures.expect.ok(has(answer, stun.XOR_MAPPED_ADDRESS), 'XOR-MAPPED-ADDRESS', 'an answer without it')
  })

  test('rfc8489/9.1.3/answer-is-signed', {
    section: '9.1.3',
    level: 'MUST',
    security: true,
    control,
    statement: 'the answer to a signed request carries MESSAGE-INTEGRITY',
  }, async (fixtures) => {
    const { answer } = await rightAnswer(fixtures)
    fixtures.expect.ok(has(answer, stun.MESSAGE_INTEGRITY), 'MESSAGE-INTEGRITY', 'an answer without it')
  })

  test('rfc8489/9.1.3/answer-is-signed-by-same-password', {
    section: '9.1.3',
    level: 'MUST',
    security: true,
    control,
    statement: 'the answer is signed by the password that the request was signed by',
  }, async (fixtures) => {
    const { answer } = await rightAnswer(fixtures)
    const verdict = checkIntegrity(answer.message, shortTermKey(fixtures.agent.description.pwd))
    fixtures.expect.equal(verdict, 'right', 'MESSAGE-INTEGRITY')
  })

  test('rfc8489/9.1.3/answer-names-nobody', {
    section: '9.1.3',
    level: 'MUST',
    control,
    statement: 'an answer carries no USERNAME',
  }, async (fixtures) => {
    const { answer } = await rightAnswer(fixtures)
    fixtures.expect.ok(!has(answer, stun.USERNAME), 'no USERNAME', 'USERNAME')
  })

  test('rfc8489/14.7/fingerprint-of-answer-is-right', {
    section: '14.7',
    level: 'MUST',
    control,
    statement: 'FINGERPRINT of an answer is its last attribute and holds the right sum',
  }, async (fixtures) => {
    const { answer } = await rightAnswer(fixtures)
    fixtures.expect.equal(checkFingerprint(answer.message), 'right', 'FINGERPRINT')
  })

  test('rfc8489/6.3.1/retransmission-is-answered-alike', {
    section: '6.3.1',
    level: 'MUST',
    control,
    statement: 'a request that comes again with its transaction is answered again, to the same effect',
  }, async (fixtures) => {
    const { peer, from, answer } = await rightAnswer(fixtures)
    const again = await peer.ask(() => ({ ...from }))
    fixtures.expect.equal(answerIn(again), answerIn(answer), 'answer to the second one')
  })

  test('rfc8489/9.1.3/wrong-password-is-refused', {
    section: '9.1.3',
    level: 'MUST',
    security: true,
    control,
    statement: 'a request that is signed by another password does not succeed',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask(wrongKey, { timeoutMs: 1_000 })
    expect.ok(answer?.message.class !== 'success', 'no success', answerIn(answer), 'believed')
  })

  test('rfc8489/9.1.3/wrong-password-is-unauthenticated', {
    section: '9.1.3',
    level: 'MUST',
    control,
    statement: 'a request that is signed by another password is answered with 401',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask(wrongKey, { timeoutMs: 1_000 })
    expect.equal(answerIn(answer), 'error 401', 'answer')
  })

  test('rfc8489/9.1.3/unsigned-request-is-refused', {
    section: '9.1.3',
    level: 'MUST',
    security: true,
    control,
    statement: 'a request without integrity does not succeed',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask(unsigned, { timeoutMs: 1_000 })
    expect.ok(answer?.message.class !== 'success', 'no success', answerIn(answer), 'believed')
  })

  test('rfc8489/9.1.3/unsigned-request-is-bad', {
    section: '9.1.3',
    level: 'MUST',
    control,
    statement: 'a request without integrity is answered with 400',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    expect.equal(answerIn(await peer.ask(unsigned, { timeoutMs: 1_000 })), 'error 400', 'answer')
  })

  test('rfc8489/9.1.3/request-without-username-is-bad', {
    section: '9.1.3',
    level: 'MUST',
    control,
    statement: 'a signed request without USERNAME is answered with 400',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    expect.equal(answerIn(await peer.ask(unnamed, { timeoutMs: 1_000 })), 'error 400', 'answer')
  })

  test('rfc8489/9.1.3/unknown-username-is-unauthenticated', {
    section: '9.1.3',
    level: 'MUST',
    security: true,
    control,
    statement: 'a request whose username is none of the agent’s sessions is answered with 401',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask(namedElse, { timeoutMs: 1_000 })
    expect.equal(answerIn(answer), 'error 401', 'answer')
  })

  test('rfc8489/9.1.3/refusal-is-not-signed', {
    section: '9.1.3',
    level: 'MUST',
    control,
    statement: 'the error for a request that cannot be authenticated carries neither integrity nor USERNAME',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answers = [await peer.ask(wrongKey, { timeoutMs: 1_000 }), await peer.ask(unsigned, { timeoutMs: 1_000 })]
    const told = answers.filter((answer) => answer !== undefined)
    if (told.length === 0) throw new Inconclusive('it answers no such request')
    const signed = told.find((answer) => has(answer, stun.MESSAGE_INTEGRITY) || has(answer, stun.USERNAME))
    expect.ok(!signed, 'an error that proves nothing', `${answerIn(signed)} with integrity or a username`)
  })

  test('rfc8489/6.3/wrong-fingerprint-is-discarded', {
    section: '6.3',
    level: 'MUST',
    control,
    statement: 'a request with a wrong FINGERPRINT is discarded in silence',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.unanswered((draft) => withWrongFingerprint(draft))
    expect.ok(!answer, 'no answer', answerIn(answer))
  })

  test('rfc8489/7/missing-fingerprint-is-discarded', {
    section: '7',
    level: 'none',
    control,
    statement: 'a request without FINGERPRINT is discarded: ICE uses the mechanism',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.unanswered((draft) => ({ ...draft, fingerprint: false }))
    expect.ok(!answer, 'no answer', answerIn(answer))
  })

  test('rfc8489/6.3.1/unknown-required-attribute-is-refused', {
    section: '6.3.1',
    level: 'MUST',
    control,
    statement: 'a request with an unknown attribute that must be understood is answered with 420',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask((draft) => withField(draft, unknownRequired, 'what'))
    expect.equal(answerIn(answer), 'error 420', 'answer')
  })

  test('rfc8489/6.3.1/unknown-attributes-are-listed', {
    section: '6.3.1',
    level: 'MUST',
    control: 'rfc8489/6.3.1/unknown-required-attribute-is-refused',
    statement: 'the answer 420 lists the attributes that were not understood',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask((draft) => withField(draft, unknownRequired, 'what'))
    const list = answer && attributeOf(answer.message, stun.UNKNOWN_ATTRIBUTES)
    const types = list ? unknownTypesOf(list) : []
    expect.ok(
      types.includes(unknownRequired),
      '0x7F17 in UNKNOWN-ATTRIBUTES',
      types.map((type) => `0x${type.toString(16)}`).join(' ') || 'nothing',
    )
  })

  test('rfc8489/6.3/unknown-optional-attribute-is-ignored', {
    section: '6.3',
    level: 'MUST',
    control,
    statement: 'an unknown attribute that need not be understood changes nothing',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask((draft) => withField(draft, unknownOptional, 'what'))
    expect.equal(answerIn(answer), 'success', 'answer')
  })

  test('rfc8489/6.3.2/indication-is-not-answered', {
    section: '6.3.2',
    level: 'MUST',
    control,
    statement: 'a Binding indication gets no answer',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.unanswered(({ via, to }) => indicationDraft(via, to))
    expect.ok(!answer, 'no answer', answerIn(answer))
  })

  test('rfc8489/6.3/other-cookie-is-discarded', {
    section: '6.3',
    level: 'MUST',
    control,
    statement: 'a message without the magic cookie gets no answer',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const before = peer.responses.length
    await peer.unanswered((draft) => signedAfter(draft, (bytes) => bytes.writeUInt32BE(0x01020304, 4)))
    expect.equal(peer.responses.length - before, 1, 'answers, to two requests of which one had the cookie,')
  })

  test('rfc8489/6.3/other-method-is-discarded', {
    section: '6.3',
    level: 'MUST',
    control,
    statement: 'a request of a method that the agent does not have gets no answer',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.unanswered((draft) => ({ ...draft, method: 0x0fe }))
    expect.ok(answer?.message.class !== 'success', 'no success', answerIn(answer))
  })

  test('rfc8489/6.3/stray-response-is-discarded', {
    section: '6.3',
    level: 'MUST',
    control,
    statement: 'a response to no request of the agent is not answered',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.unanswered((draft) => ({ ...draft, class: 'success' }))
    expect.ok(!answer, 'no answer', answerIn(answer))
  })

  test('rfc8489/14.5/what-is-behind-integrity-is-ignored', {
    section: '14.5',
    level: 'MUST',
    security: true,
    control,
    statement: 'attributes behind MESSAGE-INTEGRITY, other than FINGERPRINT, count for nothing',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask((draft) => behindIntegrity(draft, unknownRequired))
    expect.ok(answer, 'an answer', 'none')
    expect.ok(!answer || codeOf(answer) !== 420, 'an answer as without the attribute', answerIn(answer))
  })

  test('rfc8489/14/first-of-duplicates-counts', {
    section: '14',
    level: 'none',
    control,
    statement: 'of an attribute that comes twice the first one counts',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask((draft) => ({
      ...draft,
      fields: [...draft.fields, { type: stun.USERNAME, value: 'some:body' }],
    }))
    expect.equal(answerIn(answer), 'success', 'answer')
  })
})
