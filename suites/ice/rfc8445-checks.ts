import {
  attributeOf,
  checkIntegrity,
  numberOf,
  priorityParts,
  samePlace,
  shortTermKey,
  stun,
  textOf,
  tieBreakerOf,
} from '../../harness/suite/ice.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'
import { between, checksOf, connect, firstCheck, has, ice, isNomination, mute, quiet } from './_ice.ts'

const connects = 'rfc8445/8.1.1/controlled-agent-connects'

export default defineSuite(ice, ({ test }) => {
  test(connects, {
    section: '8.1.1',
    level: 'MUST',
    statement: 'a controlled agent has a selected pair when its peer did everything right and nominated one',
  }, async ({ meet, agent }) => {
    await meet()
    await agent.connected()
  })

  test('rfc8445/8.1.1/controlling-agent-nominates', {
    section: '8.1.1',
    level: 'MUST',
    statement: 'a controlling agent picks a pair at some time, and checks it with USE-CANDIDATE',
  }, async ({ meet, expect }) => {
    const peer = await meet({ role: 'controlling' })
    const nomination = await peer.nextRequest(isNomination, {
      awaited: 'a check with USE-CANDIDATE',
      timeoutMs: 15_000,
    })
    expect.ok(isNomination(nomination), 'USE-CANDIDATE', 'none')
  })

  test('rfc8445/8.1.1/one-pair-is-nominated', {
    section: '8.1.1',
    level: 'MUST',
    control: 'rfc8445/8.1.1/controlling-agent-nominates',
    statement: 'once a nomination succeeded, no other pair of the component is nominated',
  }, async (fixtures) => {
    const { expect, agent } = fixtures
    const peer = await connect(fixtures, { role: 'controlling', sockets: 3 })
    await peer.mark()
    await agent.survives('three pairs')
    for (const socket of peer.sockets) await peer.ask(undefined, { via: socket })
    await peer.paced(6)
    const nominated = peer.sockets.filter((socket) =>
      peer.requests.some((seen) => seen.socket === socket && isNomination(seen)),
    )
    expect.ok(nominated.length === 1, 'one nominated pair', `${nominated.length} of them`)
  })

  test('rfc8445/8.1.1/only-valid-pairs-are-nominated', {
    section: '8.1.1',
    level: 'none',
    control: 'rfc8445/8.1.1/controlling-agent-nominates',
    statement: 'a pair is nominated after a check of it succeeded, not by its first check (aggressive nomination)',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ role: 'controlling', peer: quiet })
    const first = await firstCheck(fixtures, peer)
    fixtures.expect.ok(!isNomination(first), 'a first check without USE-CANDIDATE', 'USE-CANDIDATE')
  })

  test('rfc8445/7.1.2/nominates-by-use-candidate-alone', {
    section: '7.1.2',
    level: 'MUST',
    statement: 'no nomination goes by an attribute that the peer did not agree to (0xC001)',
  }, async ({ meet, agent, expect, given }) => {
    const peer = await meet({ role: 'controlling' })
    const nominates = (seen: Parameters<typeof isNomination>[0]) => isNomination(seen) || has(seen, stun.NOMINATION)
    const nomination = await given('the agent nominates', () =>
      peer.nextRequest(nominates, { awaited: 'a nomination', timeoutMs: 15_000 }),
    )
    await agent.survives('a nomination')
    expect.ok(!has(nomination, stun.NOMINATION), 'USE-CANDIDATE alone', 'attribute 0xC001')
  })

  test('rfc8445/7.1.2/controlled-agent-nominates-nothing', {
    section: '7.1.2',
    level: 'MUST',
    control: connects,
    statement: 'a controlled agent never sends USE-CANDIDATE',
  }, async (fixtures) => {
    const peer = await connect(fixtures)
    fixtures.expect.ok(!peer.requests.some(isNomination), 'checks without USE-CANDIDATE', 'USE-CANDIDATE')
  })

  test('rfc8445/7.1.1/check-carries-priority', {
    section: '7.1.1',
    level: 'MUST',
    statement: 'a check carries PRIORITY',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: quiet })
    fixtures.expect.ok(has(await firstCheck(fixtures, peer), stun.PRIORITY), 'PRIORITY', 'a check without it')
  })

  test('rfc8445/7.1.1/priority-is-that-of-peer-reflexive', {
    section: '7.1.1',
    level: 'MUST',
    control: 'rfc8445/7.1.1/check-carries-priority',
    statement:
      'PRIORITY is what a peer-reflexive candidate would have: not the type preference of the candidate it is sent from',
  }, async (fixtures) => {
    const { agent, expect } = fixtures
    const peer = await fixtures.meet({ peer: quiet })
    const check = await firstCheck(fixtures, peer)
    const attribute = attributeOf(check.message, stun.PRIORITY)
    const told = (attribute && numberOf(attribute)) ?? 0
    const hosts = agent.description.candidates.filter(({ type }) => type === 'host')
    expect.ok(
      !hosts.some(({ priority }) => priority === told),
      'another type preference',
      `${told}, that of a host candidate`,
    )
    expect.equal(priorityParts(told).component, 1, 'component that the priority tells')
  })

  test('rfc8445/5.1.2.2/peer-reflexive-preference', {
    section: '5.1.2.2',
    level: 'SHOULD',
    control: 'rfc8445/7.1.1/check-carries-priority',
    statement: 'peer-reflexive candidates have the type preference 110',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: quiet })
    const attribute = attributeOf((await firstCheck(fixtures, peer)).message, stun.PRIORITY)
    fixtures.expect.equal(priorityParts((attribute && numberOf(attribute)) ?? 0).type, 110, 'type preference')
  })

  test('rfc8445/7.1.3/controlling-agent-says-so', {
    section: '7.1.3',
    level: 'MUST',
    statement: 'each check of a controlling agent carries ICE-CONTROLLING',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ role: 'controlling', peer: quiet })
    const check = await firstCheck(fixtures, peer)
    fixtures.expect.ok(has(check, stun.ICE_CONTROLLING), 'ICE-CONTROLLING', 'a check without it')
  })

  test('rfc8445/7.1.3/controlled-agent-says-so', {
    section: '7.1.3',
    level: 'MUST',
    statement: 'each check of a controlled agent carries ICE-CONTROLLED',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: quiet })
    const check = await firstCheck(fixtures, peer)
    fixtures.expect.ok(has(check, stun.ICE_CONTROLLED), 'ICE-CONTROLLED', 'a check without it')
  })

  test('rfc8445/16.1/tie-breaker-stays', {
    section: '16.1',
    level: 'MUST',
    statement: 'all checks of a session carry the same tie-breaker',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ sockets: 3, peer: quiet })
    const seen = new Set(
      (await checksOf(fixtures, peer, 3)).map(({ message }) => {
        const attribute = attributeOf(message, stun.ICE_CONTROLLED) ?? attributeOf(message, stun.ICE_CONTROLLING)
        return attribute && tieBreakerOf(attribute)
      }),
    )
    fixtures.expect.ok(seen.size === 1, 'one tie-breaker', [...seen].join(', '))
  })

  test('rfc8445/7.2.2/username-of-peer-first', {
    section: '7.2.2',
    level: 'MUST',
    statement: "the username of a check is the peer's fragment, a colon, and the agent's own",
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: quiet })
    const attribute = attributeOf((await firstCheck(fixtures, peer)).message, stun.USERNAME)
    const right = `${peer.engine.own.ufrag}:${fixtures.agent.description.ufrag}`
    fixtures.expect.equal(attribute && textOf(attribute), right, 'username')
  })

  test('rfc8445/7.2.2/signed-by-password-of-peer', {
    section: '7.2.2',
    level: 'MUST',
    security: true,
    statement: "a check is signed by the peer's password",
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: quiet })
    const { message } = await firstCheck(fixtures, peer)
    const verdict = checkIntegrity(message, shortTermKey(peer.engine.own.pwd))
    fixtures.expect.equal(verdict, 'right', 'MESSAGE-INTEGRITY')
  })

  test('rfc8445/7.2.4/check-carries-fingerprint', {
    section: '7.2.4',
    level: 'MUST',
    statement: 'a check carries FINGERPRINT',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: quiet })
    fixtures.expect.ok(has(await firstCheck(fixtures, peer), stun.FINGERPRINT), 'FINGERPRINT', 'a check without it')
  })

  test('rfc8445/7.2.4/check-comes-from-a-candidate', {
    section: '7.2.4',
    level: 'MUST',
    statement: 'a check is sent from the base of a candidate that the agent told',
  }, async (fixtures) => {
    const { agent, expect } = fixtures
    const peer = await fixtures.meet({ peer: quiet })
    const { from } = await firstCheck(fixtures, peer)
    const bases = agent.description.candidates.map((one) => one.related ?? one)
    // A socket that is bound to no address sends from the one that the route has: the port tells.
    expect.ok(
      bases.some((base) => samePlace(base, from) || base.port === from.port),
      'a candidate of its own',
      `${from.address} port ${from.port}`,
    )
  })

  test('rfc8445/6.1.4.2/best-pair-first', {
    section: '6.1.4.2',
    level: 'MUST',
    statement: 'of the pairs that wait, the one with the highest priority is checked first',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ sockets: 3, peer: mute })
    const { socket } = await firstCheck(fixtures, peer)
    fixtures.expect.equal(peer.sockets.indexOf(socket) + 1, 1, "place of the checked candidate among the peer's")
  })

  test('rfc8445/14.2/checks-are-5-ms-apart', {
    section: '14.2',
    level: 'MUST',
    statement: 'new checks do not go out more often than once in 5 ms',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ sockets: 8, peer: mute })
    const seen = await checksOf(fixtures, peer, 8)
    const span = between(seen[0] as (typeof seen)[0], seen[7] as (typeof seen)[0])
    fixtures.expect.ok(span >= 7 * 5 * 0.8, 'eight checks over 35 ms at least', `over ${span.toFixed(1)} ms`)
  })

  test('rfc8445/14.2/checks-are-50-ms-apart', {
    section: '14.2',
    level: 'SHOULD',
    statement: 'where no other pacing was agreed, checks go out every 50 ms',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ sockets: 8, peer: mute })
    const seen = await checksOf(fixtures, peer, 8)
    const span = between(seen[0] as (typeof seen)[0], seen[7] as (typeof seen)[0])
    fixtures.expect.ok(span >= 7 * 50 * 0.8, 'eight checks over 350 ms', `over ${span.toFixed(1)} ms`)
  })

  test('rfc8445/14.3/no-early-retransmission', {
    section: '14.3',
    level: 'MUST',
    statement: 'an unanswered check is not sent again before 500 ms',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: mute })
    const first = await firstCheck(fixtures, peer)
    const second = await fixtures.given('the agent asks again', () =>
      peer.nextRequest(({ message }) => message.transactionId === first.message.transactionId, {
        awaited: 'the same check again',
        timeoutMs: 8_000,
      }),
    )
    const gap = between(first, second)
    fixtures.expect.ok(gap >= 480, 'at least 500 ms', `${gap.toFixed(0)} ms`)
  })

  test('rfc8445/6.1.1/full-agent-controls-lite-peer', {
    section: '6.1.1',
    level: 'MUST',
    requires: [capability('sdp')],
    statement: 'with a lite peer a full agent takes the controlling role, even where it answers',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: { lite: true, role: 'controlled' } })
    const check = await firstCheck(fixtures, peer)
    fixtures.expect.ok(has(check, stun.ICE_CONTROLLING), 'ICE-CONTROLLING', 'ICE-CONTROLLED')
  })
})
