import { errorCodeValue, stun } from '../../harness/suite/ice.ts'
import { defineSuite } from '../../harness/suite/index.ts'
import { between, firstAlone, firstCheck, ice, nominating, quiet, validated } from './_ice.ts'

const control = 'rfc8445/7.3/right-check-is-answered'
const refusal = { type: stun.ERROR_CODE, value: errorCodeValue(500, 'Not now') }

export default defineSuite(ice, ({ test }) => {
  test('rfc8445/7.3.1.3/unsignalled-address-is-learned', {
    section: '7.3.1.3',
    level: 'MUST',
    control,
    statement: 'a right check from an address that nobody signalled makes that a candidate, and the agent checks it',
  }, async ({ meet }) => {
    const peer = await meet({ peer: quiet, sockets: 2, tell: firstAlone })
    const [, hidden] = peer.sockets
    await peer.ask(undefined, { via: hidden })
    await peer.nextRequest(({ socket }) => socket === hidden, {
      awaited: 'a check to where the check came from',
      timeoutMs: 8_000,
    })
  })

  test('rfc8445/7.3.1.4/check-in-progress-is-repeated-at-once', {
    section: '7.3.1.4',
    level: 'MUST',
    control,
    statement:
      'a right check for a pair whose own check waits for its answer triggers a new one, without waiting for a retransmission',
  }, async (fixtures) => {
    const { meet, expect, given } = fixtures
    // The peer leaves the agent's checks unanswered at first, so that the pair stays in progress.
    let silent = true
    const peer = await meet({ peer: { checks: false, onAnswer: (draft) => (silent ? 'silent' : draft) } })
    const first = await firstCheck(fixtures, peer)
    const asked = await given('its answer to a check', () => peer.mark())
    const after = ({ at }: typeof first) => at > asked.at - 50_000 && at !== first.at
    const second =
      peer.requests.find(after) ?? (await peer.nextRequest(after, { awaited: 'a further check', timeoutMs: 8_000 }))
    silent = false
    const gap = between(asked, second)
    expect.ok(gap < 300, 'a check long before the next retransmission is due (500 ms)', `after ${gap.toFixed(0)} ms`)
  })

  test('rfc8445/7.3.1.4/failed-pair-is-checked-again', {
    section: '7.3.1.4',
    level: 'MUST',
    control,
    statement: 'a right check for a pair that has failed sets it to Waiting, and the agent checks it again',
  }, async (fixtures) => {
    const { meet, given } = fixtures
    let fails = true
    const peer = await meet({
      sockets: 2,
      peer: {
        checks: false,
        onAnswer: (draft, _request) => (fails ? { ...draft, class: 'error', fields: [refusal] } : draft),
      },
    })
    const [, failed] = peer.sockets
    await given('the agent checks the pair', () =>
      peer.nextRequest(({ socket }) => socket === failed, { awaited: 'a check', timeoutMs: 8_000 }),
    )
    // Its answer, the error, is there before the answer to what is asked from the other socket.
    await peer.mark()
    fails = false
    const since = (await given('its answer to a check', () => peer.mark({ via: failed }))).at
    await peer.nextRequest(({ socket, at }) => socket === failed && at > since - 100_000, {
      awaited: 'another check of the pair that had failed',
      timeoutMs: 8_000,
    })
  })

  test('rfc8445/12.1/data-goes-on-the-nominated-pair', {
    section: '12.1',
    level: 'MUST',
    control: 'rfc8445/8.1.1/controlled-agent-connects',
    statement: 'data goes on the pair that was nominated, also where another valid pair has a higher priority',
  }, async (fixtures) => {
    const { meet, agent, expect, given } = fixtures
    const peer = await meet({ sockets: 2, peer: quiet })
    await validated(fixtures, peer)
    const [best, lower] = peer.sockets
    const nominated = await given('the nomination is answered', async () => {
      const answer = await peer.ask(nominating, { via: lower })
      if (answer?.message.class !== 'success') throw new Error('no success')
      return answer
    })
    await given('the agent connects', () => agent.connected())
    await peer.mark({ via: lower })
    await agent.makeData()
    const settled = nominated.at + 1_000_000
    const data = await given('the agent sends data', () =>
      peer.nextData(({ at }) => at > settled || agent.kind === 'raw-ice', { awaited: 'data', timeoutMs: 10_000 }),
    )
    expect.ok(
      data.socket === lower,
      'data on the nominated pair',
      data.socket === best ? 'data on the best valid pair' : 'data elsewhere',
    )
  })

  test('rfc8445/8.1.1/number-nominates-nothing', {
    section: '8.1.1',
    level: 'MUST',
    control: 'rfc8445/12.1/data-goes-on-the-nominated-pair',
    statement: 'the attribute 0xC001 nominates nothing where nobody agreed to it: data goes where USE-CANDIDATE said',
  }, async (fixtures) => {
    const { meet, agent, expect, given } = fixtures
    const peer = await meet({ sockets: 2, peer: quiet })
    await validated(fixtures, peer)
    const [best, lower] = peer.sockets
    const byNumber = Buffer.from([0, 0, 0, 9])
    await peer.ask((draft) => ({ ...draft, fields: [...draft.fields, { type: stun.NOMINATION, value: byNumber }] }), {
      via: best,
    })
    const nominated = await given('the nomination is answered', async () => {
      const answer = await peer.ask(nominating, { via: lower })
      if (answer?.message.class !== 'success') throw new Error('no success')
      return answer
    })
    await given('the agent connects', () => agent.connected())
    await peer.mark({ via: lower })
    await agent.makeData()
    const data = await given('the agent sends data', () =>
      peer.nextData(({ at }) => at > nominated.at + 1_000_000 || agent.kind === 'raw-ice', {
        awaited: 'data',
        timeoutMs: 10_000,
      }),
    )
    expect.ok(data.socket === lower, 'data on the pair of USE-CANDIDATE', 'data on the pair of 0xC001', 'believed')
  })

  test('rfc8445/7.3.1.5/nomination-of-unvalidated-pair-waits', {
    section: '7.3.1.5',
    level: 'MUST',
    control,
    statement: 'a pair that is nominated before the agent checked it is used when that check succeeds, and not before',
  }, async (fixtures) => {
    const { meet, agent, expect, given } = fixtures
    let silent = true
    const peer = await meet({ peer: { checks: false, onAnswer: (draft) => (silent ? 'silent' : draft) } })
    await given('the nomination is answered', async () => {
      if ((await peer.ask(nominating))?.message.class !== 'success') throw new Error('no success')
    })
    await firstCheck(fixtures, peer)
    await peer.mark()
    expect.ok(
      peer.data.length === 0,
      'no data before a check succeeded',
      `${peer.data.length} datagrams of data`,
      'weaker',
    )
    silent = false
    await peer.ask(undefined)
    await agent.connected()
  })

  test('rfc7675/5.1/no-data-before-consent', {
    specification: 'RFC 7675',
    section: '5.1',
    level: 'MUST',
    security: true,
    control,
    statement: 'nothing but checks goes to a peer that has answered none: a description alone makes nobody a target',
  }, async (fixtures) => {
    const { meet, agent, expect, given } = fixtures
    const peer = await meet({ peer: { checks: false, onAnswer: () => 'silent' } })
    await given('the agent checks three times', async () => {
      for (let i = 0; i < 3; i++) await peer.nextRequest(() => true, { awaited: 'a check', timeoutMs: 8_000 })
    })
    await agent.survives('a peer that does not answer')
    expect.ok(peer.data.length === 0, 'checks alone', `${peer.data.length} datagrams of data`, 'weaker')
  })

  test('rfc8489/6.2.1/unanswered-check-is-sent-again', {
    specification: 'RFC 8489',
    section: '6.2.1',
    level: 'SHOULD',
    control,
    statement: 'a check that is not answered is sent again, as the same transaction',
  }, async (fixtures) => {
    const peer = await fixtures.meet({ peer: { checks: false, onAnswer: () => 'silent' } })
    const { message } = await firstCheck(fixtures, peer)
    await peer.nextRequest((seen) => seen.message.transactionId === message.transactionId, {
      awaited: 'the same check again',
      timeoutMs: 4_000,
    })
  })

  test('rfc8489/6.2.1/interval-doubles', {
    specification: 'RFC 8489',
    section: '6.2.1',
    level: 'SHOULD',
    control: 'rfc8489/6.2.1/unanswered-check-is-sent-again',
    statement: 'the time between retransmissions doubles each time',
  }, async (fixtures) => {
    const { given, expect, meet } = fixtures
    const peer = await meet({ peer: { checks: false, onAnswer: () => 'silent' } })
    const first = await firstCheck(fixtures, peer)
    const same = (seen: typeof first) => seen.message.transactionId === first.message.transactionId
    const [second, third] = await given('two retransmissions', async () => [
      await peer.nextRequest(same, { awaited: 'the same check again', timeoutMs: 8_000 }),
      await peer.nextRequest(same, { awaited: 'the same check a third time', timeoutMs: 16_000 }),
    ])
    if (!second || !third) return
    const [one, two] = [between(first, second), between(second, third)]
    expect.ok(
      two > one * 1.6,
      `about ${(one * 2).toFixed(0)} ms after the first ${one.toFixed(0)} ms`,
      `${two.toFixed(0)} ms`,
    )
  })
})
