import {
  answerIn,
  attributeOf,
  type Draft,
  errorCodeValue,
  roleField,
  type StunMessage,
  stun,
  tieBreakerOf,
} from '../../harness/suite/ice.ts'
import { defineSuite } from '../../harness/suite/index.ts'
import { firstAlone, firstCheck, has, ice } from './_ice.ts'

const control = 'rfc8445/7.3/right-check-is-answered'
const [least, most] = [1n, 2n ** 64n - 2n]
const roleConflict = errorCodeValue(487, 'Role Conflict')

export default defineSuite(ice, ({ test }) => {
  test('rfc8445/7.3.1.1/controlling-agent-with-larger-number-keeps-its-role', {
    section: '7.3.1.1',
    level: 'MUST',
    control,
    statement: 'a controlling agent answers a controlling peer with a smaller tie-breaker with 487',
  }, async ({ meet, expect }) => {
    const peer = await meet({ role: 'controlling', peer: deaf('controlling', least) })
    expect.equal(answerIn(await peer.ask()), 'error 487', 'answer')
  })

  test('rfc8445/7.3.1.1/controlled-agent-with-smaller-number-keeps-its-role', {
    section: '7.3.1.1',
    level: 'MUST',
    control,
    statement: 'a controlled agent answers a controlled peer with a larger tie-breaker with 487',
  }, async ({ meet, expect }) => {
    const peer = await meet({ role: 'controlled', peer: deaf('controlled', most) })
    expect.equal(answerIn(await peer.ask()), 'error 487', 'answer')
  })

  const switches = [
    {
      slug: 'controlling-agent-with-smaller-number-yields',
      role: 'controlling',
      tieBreaker: most,
      type: stun.ICE_CONTROLLED,
      statement: 'a controlling agent becomes controlled when a controlling peer has the larger tie-breaker',
    },
    {
      slug: 'controlled-agent-with-larger-number-takes-control',
      role: 'controlled',
      tieBreaker: least,
      type: stun.ICE_CONTROLLING,
      statement: 'a controlled agent becomes controlling when a controlled peer has the smaller tie-breaker',
    },
  ] as const
  for (const { slug, role, tieBreaker, type, statement } of switches) {
    test(`rfc8445/7.3.1.1/${slug}`, { section: '7.3.1.1', level: 'MUST', control, statement }, async ({
      meet,
      expect,
    }) => {
      const peer = await meet({ role, sockets: 2, tell: firstAlone, peer: deaf(role, tieBreaker) })
      // From where it was never asked: what it checks there is a check of its own, not an older one that it sends again.
      const [, hidden] = peer.sockets
      const ask = () => peer.ask(undefined, { via: hidden })
      // Some agents drop the request that made them switch: its next transmission is answered.
      expect.equal(answerIn((await ask()) ?? (await ask())), 'success', 'answer')
      await peer.nextRequest((seen) => seen.socket === hidden && has(seen, type), {
        awaited: 'a check in the other role',
        timeoutMs: 8_000,
      })
    })
  }

  test('rfc8445/7.2.5.1/switches-role-on-487', {
    section: '7.2.5.1',
    level: 'MUST',
    control: 'rfc8445/7.1.3/controlling-agent-says-so',
    statement: 'an agent whose check is answered with 487 takes the other role and checks again',
  }, async ({ meet }) => {
    const peer = await meet({ role: 'controlling', peer: refusing() })
    await peer.nextRequest((seen) => has(seen, stun.ICE_CONTROLLED), {
      awaited: 'a check with ICE-CONTROLLED',
      timeoutMs: 8_000,
    })
  })

  test('rfc8445/7.2.5.1/new-tie-breaker-after-487', {
    section: '7.2.5.1',
    level: 'MUST',
    control: 'rfc8445/7.2.5.1/switches-role-on-487',
    statement: 'an agent that switched its role after 487 changes its tie-breaker',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ role: 'controlling', peer: refusing() })
    const first = attributeOf((await firstCheck(fixtures, peer)).message, stun.ICE_CONTROLLING)
    const next = await fixtures.given('the agent switches', () =>
      peer.nextRequest((seen) => has(seen, stun.ICE_CONTROLLED), {
        awaited: 'a check in the other role',
        timeoutMs: 8_000,
      }),
    )
    const second = attributeOf(next.message, stun.ICE_CONTROLLED)
    const [before, after] = [first && tieBreakerOf(first), second && tieBreakerOf(second)]
    fixtures.expect.ok(before !== after, 'another tie-breaker', 'the same one')
  })

  test('rfc8445/7.2.5.1/unsigned-487-counts-for-nothing', {
    section: '7.2.5.1',
    level: 'none',
    security: true,
    control: 'rfc8445/7.2.5.1/switches-role-on-487',
    statement: 'a 487 that nobody signed does not make an agent give up its role',
  }, async (fixtures) => {
    const { meet, expect, agent } = fixtures
    const peer = await meet({
      role: 'controlling',
      peer: {
        checks: false,
        onAnswer: (draft) => ({
          ...draft,
          class: 'error',
          key: undefined,
          fields: [{ type: stun.ERROR_CODE, value: roleConflict }],
        }),
      },
    })
    await firstCheck(fixtures, peer)
    await fixtures.given('the agent goes on checking', async () => {
      for (let round = 0; round < 2; round++)
        await peer.nextRequest(() => true, { awaited: 'a check', timeoutMs: 8_000 })
    })
    await agent.survives('an unsigned 487')
    const yielded = peer.requests.some((seen) => has(seen, stun.ICE_CONTROLLED))
    expect.ok(!yielded, 'ICE-CONTROLLING throughout', 'ICE-CONTROLLED', 'believed')
  })

  test('rfc8445/7.3.1.1/survives-equal-tie-breakers', {
    section: '7.3.1.1',
    level: 'MUST',
    control,
    statement: 'a controlling agent answers a controlling peer with the same tie-breaker with 487',
  }, async (fixtures) => {
    const { meet, expect } = fixtures
    const peer = await meet({
      role: 'controlling',
      peer: deaf('controlling', least),
    })
    const attribute = attributeOf((await firstCheck(fixtures, peer)).message, stun.ICE_CONTROLLING)
    const same = (attribute && tieBreakerOf(attribute)) ?? 0n
    const answer = await peer.ask((draft) => ({
      ...draft,
      fields: [...draft.fields.filter(({ type }) => type !== stun.ICE_CONTROLLING), roleField('controlling', same)],
    }))
    expect.equal(answerIn(answer), 'error 487', 'answer')
  })
})

/** A peer in a role that answers no check, so that nothing but what it asks can tell the agent of a conflict. */
const deaf = (role: 'controlling' | 'controlled', tieBreaker: bigint) => ({
  checks: false,
  role,
  tieBreaker,
  stubborn: true,
  onAnswer: () => 'silent' as const,
})

/** A peer that sees a role conflict in every check of a controlling agent. */
function refusing() {
  return {
    checks: false,
    stubborn: true,
    role: 'controlling' as const,
    onAnswer: (draft: Draft, request: StunMessage) =>
      request.attributes.some(({ type }) => type === stun.ICE_CONTROLLING)
        ? { ...draft, class: 'error' as const, fields: [{ type: stun.ERROR_CODE, value: roleConflict }] }
        : draft,
  }
}
