import { answerOf, type Endpoint, type StunMessage, type TurnFixtures } from '../../harness/suite/turn.ts'

/** Head of the suites about RFC 8656. */
export const turn = {
  specification: 'RFC 8656',
  title: 'Traversal Using Relays around NAT (TURN)',
  category: 'A/V',
  role: 'turn-server',
} as const

/** Head of the suites about RFC 8489 as a TURN server keeps it. */
export const longTerm = {
  specification: 'RFC 8489',
  title: 'Session Traversal Utilities for NAT (STUN)',
  category: 'A/V',
  role: 'turn-server',
} as const

/** The case that shows a whole, right Allocate. */
export const control = 'rfc8656/7.2/allocate-succeeds'

/** How long one waits for what must not come, milliseconds. */
export const quietMs = 400

/** A peer's address on a network that nobody has (RFC 5737). */
export const nowhere: Endpoint = { address: '192.0.2.1', port: 9 }

/** Demands an answer: `success`, `error 437`. */
export function demand({ expect }: Pick<TurnFixtures, 'expect'>, answer: StunMessage, wanted: string): void {
  expect.equal(answerOf(answer), wanted, 'answer')
}

/** Demands a success where the case is not about it. */
export const succeeds = async (
  { given }: Pick<TurnFixtures, 'given'>,
  what: string,
  step: () => Promise<StunMessage>,
): Promise<StunMessage> =>
  given(what, async () => {
    const answer = await step()
    if (answer.class !== 'success') throw new Error(answerOf(answer))
    return answer
  })

export const show = (endpoint: Endpoint | undefined): string =>
  endpoint ? `${endpoint.address}:${endpoint.port}` : 'none'
