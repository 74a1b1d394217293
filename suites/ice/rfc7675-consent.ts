import { type Draft, errorCodeValue, type IceFixtures, type IcePeer, type Seen, stun } from '../../harness/suite/ice.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'
import { between, connect } from './_ice.ts'

const control = 'rfc7675/5.1/asks-for-consent'
const [slow, slower] = [60_000, 90_000]

/** Requests for consent: those that come when the pair is long selected. */
async function consentChecks({ given }: IceFixtures, peer: IcePeer, count: number): Promise<Seen[]> {
  const since = peer.requests.at(-1)?.at ?? 0
  const seen: Seen[] = []
  await given(`${count} requests for consent`, async () => {
    while (seen.length < count) {
      const next = await peer.nextRequest(({ at }) => at > since + 1_000_000, {
        awaited: 'a request for consent',
        timeoutMs: 20_000,
      })
      seen.push(next)
    }
  })
  return seen
}

/** A connected peer that answers from now on as told, and when it began to. */
async function turned(
  fixtures: IceFixtures,
  answer: (draft: Draft) => Draft | 'silent',
): Promise<{ peer: IcePeer; at: number }> {
  let turnedAway = false
  const peer = await connect(fixtures, { peer: { onAnswer: (draft) => (turnedAway ? answer(draft) : draft) } })
  await fixtures.given('a first request for consent', () =>
    peer.nextRequest(({ at }) => at > (peer.requests[0]?.at ?? 0) + 2_000_000, {
      awaited: 'a request for consent',
      timeoutMs: 20_000,
    }),
  )
  turnedAway = true
  return { peer, at: Date.now() }
}

/** Data that came in a while after something, as the agent was made to send some. */
async function dataAfter({ agent }: IceFixtures, peer: IcePeer, from: number, forMs: number): Promise<number> {
  await peer.reach(from, 0)
  const known = peer.data.length
  for (let step = 1; step <= 4; step++) {
    // What it may not send it may refuse.
    await agent.makeData().catch(() => {})
    await peer.reach(from, (forMs * step) / 4)
  }
  return peer.data.length - known
}

/** That data flows while it may: what is not sent anyhow shows nothing. */
async function dataBefore({ agent, given }: IceFixtures, peer: IcePeer, from: number): Promise<void> {
  const known = peer.data.length
  await peer.reach(from, 10_000)
  await agent.makeData()
  await peer.reach(from, 20_000)
  await given('data flows while the peer consents', async () => {
    if (peer.data.length === known) throw new Error('no data in 20 seconds')
  })
}

export default defineSuite(
  {
    specification: 'RFC 7675',
    title: 'STUN Usage for Consent Freshness',
    category: 'A/V',
    role: 'ice-agent',
    requires: [capability('consent')],
  },
  ({ test }) => {
    test(control, {
      section: '5.1',
      level: 'MUST',
      timeoutMs: slow,
      statement: 'when ICE is done the agent goes on asking its peer for consent',
    }, async (fixtures) => {
      const peer = await connect(fixtures)
      const since = peer.requests.at(-1)?.at ?? 0
      await peer.nextRequest(({ at }) => at > since + 2_000_000, {
        awaited: 'a request for consent',
        timeoutMs: 20_000,
      })
    })

    test('rfc7675/5.1/asks-every-4-seconds-at-most', {
      section: '5.1',
      level: 'MUST',
      control,
      timeoutMs: slow,
      statement: 'requests for consent are at least 4 seconds apart',
    }, async (fixtures) => {
      const peer = await connect(fixtures)
      const [first, second, third] = await consentChecks(fixtures, peer, 3)
      if (!first || !second || !third) return
      const gaps = [between(first, second), between(second, third)]
      fixtures.expect.ok(
        Math.min(...gaps) >= 3_900,
        'at least 4000 ms',
        gaps.map((gap) => `${gap.toFixed(0)} ms`).join(', '),
      )
    })

    test('rfc7675/5.1/asks-at-random-intervals', {
      section: '5.1',
      level: 'MUST',
      control,
      timeoutMs: slow,
      statement: 'the time between requests for consent is random, 0.8 to 1.2 times the usual',
    }, async (fixtures) => {
      const peer = await connect(fixtures)
      const seen = await consentChecks(fixtures, peer, 5)
      const gaps = seen.slice(1).map((one, index) => between(seen[index] as Seen, one))
      const spread = Math.max(...gaps) - Math.min(...gaps)
      fixtures.expect.ok(spread > 60, 'intervals that differ', gaps.map((gap) => `${gap.toFixed(0)} ms`).join(', '))
    })

    test('rfc7675/5.1/each-request-is-a-new-transaction', {
      section: '5.1',
      level: 'MUST',
      control,
      timeoutMs: slow,
      statement: 'each request for consent has a transaction of its own',
    }, async (fixtures) => {
      const peer = await connect(fixtures)
      const [first, second] = await consentChecks(fixtures, peer, 2)
      fixtures.expect.ok(
        first?.message.transactionId !== second?.message.transactionId,
        'another transaction',
        'the same one',
      )
    })

    test('rfc7675/5.1/request-is-sent-once', {
      section: '5.1',
      level: 'MUST',
      control,
      timeoutMs: slow,
      statement: 'a request for consent that is not answered is not sent again',
    }, async (fixtures) => {
      const { peer, at } = await turned(fixtures, () => 'silent')
      const asked = peer.requests.length
      await peer.reach(at, 12_000)
      const ids = peer.requests.slice(asked).map(({ message }) => message.transactionId)
      fixtures.expect.ok(
        new Set(ids).size === ids.length,
        'each request once',
        `${ids.length} requests of ${new Set(ids).size} transactions`,
      )
    })

    test('rfc7675/5.1/no-data-without-consent', {
      section: '5.1',
      level: 'MUST',
      security: true,
      control,
      timeoutMs: slower,
      statement: 'after 30 seconds without an answer nothing is sent any more',
    }, async (fixtures) => {
      const { peer, at } = await turned(fixtures, () => 'silent')
      await dataBefore(fixtures, peer, at)
      const came = await dataAfter(fixtures, peer, at + 33_000, 4_000)
      await fixtures.agent.survives('a peer that is gone')
      fixtures.expect.ok(came === 0, 'no data', `${came} datagrams of data`)
    })

    test('rfc7675/5.1/lost-consent-is-not-asked-for-again', {
      section: '5.1',
      level: 'MUST',
      control,
      timeoutMs: slower,
      statement: 'after 30 seconds without an answer no check with the same credentials goes to that address any more',
    }, async (fixtures) => {
      const { peer, at } = await turned(fixtures, () => 'silent')
      await peer.reach(at, 33_000)
      const known = peer.requests.length
      await peer.reach(at, 43_000)
      await fixtures.agent.survives('a peer that is gone')
      fixtures.expect.equal(peer.requests.length - known, 0, 'checks after consent was lost')
    })

    test('rfc7675/5.1/lost-consent-is-told', {
      section: '5.1',
      level: 'none',
      control,
      timeoutMs: slower,
      statement: 'the agent tells its user when its peer has not answered for 30 seconds',
    }, async (fixtures) => {
      await turned(fixtures, () => 'silent')
      await fixtures.agent.failed(40_000)
    })

    test('rfc7675/5.1/unsigned-answer-is-no-consent', {
      section: '5.1',
      level: 'MUST',
      security: true,
      control,
      timeoutMs: slower,
      statement: 'an answer that nobody signed renews no consent: after 30 seconds nothing is sent any more',
    }, async (fixtures) => {
      const { peer, at } = await turned(fixtures, (draft) => ({ ...draft, key: undefined }))
      await dataBefore(fixtures, peer, at)
      const came = await dataAfter(fixtures, peer, at + 33_000, 4_000)
      fixtures.expect.ok(came === 0, 'no data', `${came} datagrams of data`, 'believed')
    })

    test('rfc7675/5.2/forbidden-takes-consent-back', {
      section: '5.2',
      level: 'MUST',
      security: true,
      control,
      timeoutMs: slow,
      statement: 'a signed answer 403 takes consent back at once: no data is sent any more',
    }, async (fixtures) => {
      const forbidden = [{ type: stun.ERROR_CODE, value: errorCodeValue(403, 'Forbidden') }]
      const { peer, at } = await turned(fixtures, (draft) => ({ ...draft, class: 'error', fields: forbidden }))
      const came = await dataAfter(fixtures, peer, at + 13_000, 3_000)
      fixtures.expect.ok(came === 0, 'no data', `${came} datagrams of data`)
    })
  },
)
