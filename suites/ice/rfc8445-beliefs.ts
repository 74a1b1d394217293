import {
  type Draft,
  encodeStun,
  type IceFixtures,
  type IcePeer,
  shortTermKey,
  stun,
  withField,
} from '../../harness/suite/ice.ts'
import { defineSuite } from '../../harness/suite/index.ts'
import { firstAlone, firstCheck, ice, isNomination, nominating } from './_ice.ts'

const control = 'rfc8445/8.1.1/controlled-agent-connects'

type Answering = (draft: Draft, peer: IcePeer['engine']) => Draft

/**
 * A peer that nominates and whose answers are all wrong in one way: the agent must not have a pair. What would have shown one
 * (its data, or that it says so) is looked for after several of its checks were answered.
 */
async function neverValid(fixtures: IceFixtures, wrong: Answering): Promise<void> {
  const { meet, agent, expect } = fixtures
  const peer = await meet({
    sockets: 2,
    tell: firstAlone,
    peer: {
      checks: false,
      onAnswer: (draft, _request, own) => (draft.class === 'success' ? wrong(draft, own) : draft),
    },
  })
  await firstCheck(fixtures, peer)
  for (let round = 0; round < 4; round++) {
    await peer.ask(nominating, { timeoutMs: 400 })
    await peer.ask(undefined, { timeoutMs: 400 })
  }
  await agent.survives('wrong answers')
  const connected = agent.states.find((state) => state === 'connected' || state === 'completed')
  expect.ok(!connected, 'no connection by answers that count for nothing', `"${connected}"`, 'believed')
  expect.ok(peer.data.length === 0, 'no data', `${peer.data.length} datagrams of data`, 'believed')
}

export default defineSuite(ice, ({ test }) => {
  test(
    'rfc8445/7.2.5.2.1/answer-from-elsewhere-makes-no-pair',
    {
      section: '7.2.5.2.1',
      level: 'MUST',
      security: true,
      control,
      statement: 'an answer that comes from another address than the check went to makes no valid pair',
    },
    (fixtures) => neverValid(fixtures, (draft, peer) => ({ ...draft, via: peer.sockets[1] ?? draft.via })),
  )

  test(
    'rfc8489/9.1.4/unsigned-answer-is-discarded',
    {
      specification: 'RFC 8489',
      section: '9.1.4',
      level: 'MUST',
      security: true,
      control,
      statement: 'an answer without integrity is as if it had never come',
    },
    (fixtures) => neverValid(fixtures, (draft) => ({ ...draft, key: undefined })),
  )

  test(
    'rfc8489/9.1.4/wrongly-signed-answer-is-discarded',
    {
      specification: 'RFC 8489',
      section: '9.1.4',
      level: 'MUST',
      security: true,
      control,
      statement: 'an answer that is signed by another password is as if it had never come',
    },
    (fixtures) => neverValid(fixtures, (draft) => ({ ...draft, key: shortTermKey('a guess of somebody else') })),
  )

  test(
    'rfc8489/6.3/answer-of-other-transaction-is-discarded',
    {
      specification: 'RFC 8489',
      section: '6.3',
      level: 'MUST',
      security: true,
      control,
      statement: 'an answer with a transaction that is none of the agent’s counts for nothing',
    },
    (fixtures) => neverValid(fixtures, (draft) => ({ ...draft, transactionId: Buffer.alloc(12, 0x2a) })),
  )

  test(
    'rfc8489/6.3.3/unknown-required-attribute-in-answer',
    {
      specification: 'RFC 8489',
      section: '6.3.3',
      level: 'MUST',
      control,
      statement: 'a success answer with an unknown attribute that must be understood fails the check',
    },
    (fixtures) => neverValid(fixtures, (draft) => withField(draft, 0x7f17, 'what')),
  )

  test(
    'rfc8489/6.3.3/answer-without-mapped-address',
    {
      specification: 'RFC 8489',
      section: '6.3.3',
      level: 'none',
      control,
      statement: 'a success answer without XOR-MAPPED-ADDRESS makes no valid pair',
    },
    (fixtures) => neverValid(fixtures, (draft) => ({ ...draft, fields: [] })),
  )

  test(
    'rfc8489/6.3/answer-with-wrong-fingerprint-is-discarded',
    {
      specification: 'RFC 8489',
      section: '6.3',
      level: 'MUST',
      control,
      statement: 'an answer with a wrong FINGERPRINT is discarded',
    },
    (fixtures) =>
      neverValid(fixtures, (draft) => {
        const bytes = Buffer.from(encodeStun(draft))
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff
        return { ...draft, bytes }
      }),
  )

  test('rfc8445/7.2.5.3.1/other-mapped-address-is-learned', {
    section: '7.2.5.3.1',
    level: 'MUST',
    control,
    statement: 'a mapped address that the agent did not know is a new candidate of its own, and the pair is valid',
  }, async ({ meet, agent }) => {
    const behindNat = (draft: Draft): Draft => {
      if (draft.class !== 'success') return draft
      const mapped = draft.fields.find(({ type }) => type === stun.XOR_MAPPED_ADDRESS)
      const value = Buffer.from(mapped?.value as Uint8Array)
      value[3] = (value[3] ?? 0) ^ 0x10
      return withField(draft, stun.XOR_MAPPED_ADDRESS, value)
    }
    await meet({ peer: { onAnswer: behindNat } })
    await agent.connected()
  })

  test('rfc8445/7.2.5.3.4/refused-nomination-is-not-used', {
    section: '7.2.5.3.4',
    level: 'MUST',
    control: 'rfc8445/8.1.1/controlling-agent-nominates',
    statement: 'a controlling agent whose nomination is refused with an error does not use the pair',
  }, async ({ meet, agent, expect, given }) => {
    const peer = await meet({
      role: 'controlling',
      peer: {
        checks: false,
        onAnswer: (draft, request) =>
          request.attributes.some(({ type }) => type === stun.USE_CANDIDATE)
            ? { ...draft, class: 'error', fields: [{ type: stun.ERROR_CODE, value: Buffer.from([0, 0, 4, 0]) }] }
            : draft,
      },
    })
    await given('the agent nominates', () =>
      peer.nextRequest(isNomination, { awaited: 'a nomination', timeoutMs: 15_000 }),
    )
    await peer.mark()
    await agent.survives('a refused nomination')
    expect.ok(!agent.states.includes('completed'), 'no state "completed"', 'completed', 'believed')
    const told = agent.told('selected')
    expect.ok(told.length === 0 || agent.kind !== 'raw-ice', 'no selected pair', 'one', 'believed')
  })
})
