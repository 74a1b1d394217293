import { randomBytes } from 'node:crypto'
import { answerIn, shortTermKey, stun } from '../../harness/suite/ice.ts'
import { defineSuite } from '../../harness/suite/index.ts'
import { connect, firstAlone, has, ice, nominating, quiet } from './_ice.ts'

const control = 'rfc8445/7.3/right-check-is-answered'

export default defineSuite(ice, ({ test }) => {
  test(control, {
    section: '7.3',
    level: 'MUST',
    statement: 'a right check to a candidate that the agent told is answered with success',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    expect.equal(answerIn(await peer.ask()), 'success', 'answer')
  })

  test('rfc8445/7.3/check-before-answer-is-answered', {
    section: '7.3',
    level: 'MUST',
    control,
    statement: 'a check that comes before the agent knows anything of its peer is answered at once',
  }, async ({ meet, expect }) => {
    const peer = await meet({ role: 'controlling', peer: quiet, apart: true })
    expect.equal(answerIn(await peer.ask()), 'success', 'answer')
  })

  test('rfc8445/7.3/early-check-is-remembered', {
    section: '7.3',
    level: 'MUST',
    control: 'rfc8445/7.3/check-before-answer-is-answered',
    statement:
      'a check that came early triggers one of the agent when it has the description of its peer, also to an address that this does not hold',
  }, async ({ meet, introduce, expect, agent, given }) => {
    const peer = await meet({ role: 'controlling', peer: quiet, apart: true, sockets: 2, tell: firstAlone })
    const [, hidden] = peer.sockets
    await given('the early check is answered', async () => {
      if ((await peer.ask(undefined, { via: hidden }))?.message.class !== 'success') throw new Error('no success')
    })
    await introduce()
    await peer.nextRequest(({ socket }) => socket === hidden, {
      awaited: 'a check to where the early one came from',
      timeoutMs: 8_000,
    })
    await agent.survives('an early check')
    expect.ok(true, '', '')
  })

  test('rfc8445/7.3/answer-carries-fingerprint', {
    section: '7.3',
    level: 'MUST',
    control,
    statement: 'an answer carries FINGERPRINT',
  }, async ({ meet, expect, given }) => {
    const peer = await meet({ peer: quiet })
    const answer = await given('a right check is answered', () => peer.mark())
    expect.ok(has(answer, stun.FINGERPRINT), 'FINGERPRINT', 'an answer without it')
  })

  test('rfc8445/7.3/username-of-peer-does-not-matter', {
    section: '7.3',
    level: 'MUST',
    control: 'rfc8445/7.3/check-before-answer-is-answered',
    statement: 'a username is valid when its first half is the fragment of the agent, whatever the second half',
  }, async ({ meet, agent, expect }) => {
    const peer = await meet({ role: 'controlling', peer: quiet, apart: true })
    const { ufrag } = agent.description
    const answer = await peer.ask((draft) => ({
      ...draft,
      fields: draft.fields.map((field) =>
        field.type === stun.USERNAME ? { ...field, value: `${ufrag}:else` } : field,
      ),
    }))
    expect.equal(answerIn(answer), 'success', 'answer')
  })

  test('rfc8445/8.1.2/answers-after-nomination', {
    section: '8.1.2',
    level: 'MUST',
    control: 'rfc8445/8.1.1/controlled-agent-connects',
    statement: 'checks of the nominated pair are answered also after the nomination',
  }, async (fixtures) => {
    const peer = await connect(fixtures)
    fixtures.expect.equal(answerIn(await peer.ask()), 'success', 'answer')
  })

  test('rfc8445/11/keepalive-disturbs-nothing', {
    section: '11',
    level: 'MUST',
    control,
    statement: 'a keepalive, a Binding indication with nothing but a fingerprint, disturbs nothing',
  }, async ({ meet, agent, expect }) => {
    const peer = await meet({ peer: quiet })
    peer.post(peer.draft((draft) => ({ ...draft, class: 'indication', fields: [], key: undefined })))
    await agent.survives('a keepalive')
    expect.equal(answerIn(await peer.ask()), 'success', 'answer to a check behind it')
  })

  test('rfc8445/19.2/nomination-of-a-stranger-counts-for-nothing', {
    section: '19.2',
    level: 'MUST',
    security: true,
    control,
    statement: 'a check that nominates and is signed by a wrong password makes no pair and triggers no check',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet, sockets: 2, tell: firstAlone })
    const [, stranger] = peer.sockets
    const wrong = await peer.ask((draft) => ({ ...nominating(draft), key: shortTermKey('a guess') }), {
      via: stranger,
      timeoutMs: 1_000,
    })
    await peer.mark()
    // Whatever the first one triggered is on its way before the check that the second triggers is answered.
    await peer.nextRequest(() => true, { awaited: 'a check', timeoutMs: 8_000 })
    await peer.mark()
    const checked = peer.requests.filter(({ socket }) => socket === stranger)
    expect.ok(
      checked.length === 0 && wrong?.message.class !== 'success',
      'no check to the stranger',
      `${checked.length} of them`,
      'believed',
    )
  })

  const hostile: { slug: string; what: string; make: (size: number) => Uint8Array[] }[] = [
    {
      slug: 'survives-noise',
      what: 'datagrams of noise, RTP and DTLS among them',
      make: () =>
        [0, 1, 3, 19, 22, 64, 127, 128, 200, 255].flatMap((first) => [
          Buffer.concat([Buffer.from([first]), randomBytes(30)]),
          Buffer.from([first]),
          Buffer.concat([Buffer.from([first]), randomBytes(1_400)]),
        ]),
    },
    {
      slug: 'survives-empty-datagrams',
      what: 'empty datagrams',
      make: () => Array.from({ length: 5 }, () => Buffer.alloc(0)),
    },
  ]
  for (const { slug, what, make } of hostile) {
    test(`rfc8445/19.2/${slug}`, {
      section: '19.2',
      level: 'none',
      security: true,
      control,
      statement: `it lives with ${what}`,
    }, async ({ meet, agent, expect }) => {
      const peer = await meet({ peer: quiet })
      for (const bytes of make(0)) peer.postBytes(bytes)
      await agent.survives(what)
      expect.equal(answerIn(await peer.ask()), 'success', 'answer to a right check behind it')
    })
  }

  test('rfc8445/19.5.1/survives-flood', {
    section: '19.5.1',
    level: 'none',
    security: true,
    control,
    statement: 'it lives with two thousand checks of strangers, and answers a right one behind them',
  }, async ({ meet, agent, expect }) => {
    const peer = await meet({ peer: quiet })
    for (let burst = 0; burst < 20; burst++) {
      for (let i = 0; i < 100; i++) peer.post(peer.draft((draft) => ({ ...draft, key: shortTermKey('a guess') })))
      await agent.survives('a flood')
      // The flood goes on when this one was answered, or lost.
      await peer.ask(undefined, { timeoutMs: 300 })
    }
    let answer = await peer.ask()
    for (let again = 0; !answer && again < 5; again++) answer = await peer.ask()
    expect.equal(answerIn(answer), 'success', 'answer')
  })
})
