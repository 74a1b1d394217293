import { errorCodeValue, type IceDescription, type IceFixtures, type IcePeer, stun } from '../../harness/suite/ice.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'
import { checksOf, firstCheck, quiet } from './_ice.ts'

const control = 'rfc8838/11/trickled-candidate-is-checked'
const refusal = { type: stun.ERROR_CODE, value: errorCodeValue(500, 'Not now') }

const nothing = (description: IceDescription): IceDescription => ({
  ...description,
  candidates: [],
  endOfCandidates: false,
})

/** Tells the agent of one of the peer's candidates. */
async function trickle({ agent, given }: IceFixtures, peer: IcePeer, index: number): Promise<void> {
  const candidate = peer.engine.candidates[index]
  if (candidate) await given('the agent takes a candidate', () => agent.candidate(candidate))
}

const checkTo = (peer: IcePeer, index: number, timeoutMs = 8_000) =>
  peer.nextRequest(({ socket }) => socket === peer.sockets[index], {
    awaited: `a check of candidate ${index + 1}`,
    timeoutMs,
  })

export default defineSuite(
  {
    specification: 'RFC 8838',
    title: 'Trickle ICE',
    category: 'A/V',
    role: 'ice-agent',
    requires: [capability('trickle')],
  },
  ({ test }) => {
    test(control, {
      section: '11',
      level: 'MUST',
      statement: 'a candidate that comes after the description is paired and checked',
    }, async (fixtures) => {
      const peer = await fixtures.meet({ trickle: true, peer: quiet, tell: nothing })
      await trickle(fixtures, peer, 0)
      await checkTo(peer, 0)
    })

    test('rfc8838/11/later-candidate-leaves-earlier-ones', {
      section: '11',
      level: 'MUST',
      control,
      statement: 'a further candidate adds to the check list: checks of earlier ones go on',
    }, async (fixtures) => {
      const peer = await fixtures.meet({
        trickle: true,
        sockets: 2,
        tell: nothing,
        peer: { checks: false, onAnswer: () => 'silent' },
      })
      await trickle(fixtures, peer, 0)
      await fixtures.given('the agent checks the first candidate', () => checkTo(peer, 0))
      await trickle(fixtures, peer, 1)
      await fixtures.given('the agent checks the second candidate', () => checkTo(peer, 1))
      const since = peer.requests.at(-1)?.at ?? 0
      await peer.nextRequest(({ socket, at }) => socket === peer.sockets[0] && at >= since, {
        awaited: 'a further check of the first candidate',
        timeoutMs: 8_000,
      })
    })

    test('rfc8838/11/credentials-stay', {
      section: '11',
      level: 'MUST',
      control,
      statement: 'checks of candidates that come later carry the username and the tie-breaker of those before',
    }, async (fixtures) => {
      const { expect } = fixtures
      const peer = await fixtures.meet({ trickle: true, sockets: 2, peer: quiet, tell: nothing })
      await trickle(fixtures, peer, 0)
      const first = await fixtures.given('the agent checks the first candidate', () => checkTo(peer, 0))
      await trickle(fixtures, peer, 1)
      const second = await fixtures.given('the agent checks the second candidate', () => checkTo(peer, 1))
      for (const type of [stun.USERNAME, stun.ICE_CONTROLLED]) {
        const [one, two] = [first, second].map(({ message }) =>
          Buffer.from(message.attributes.find((attribute) => attribute.type === type)?.value ?? []).toString('hex'),
        )
        expect.equal(two, one ?? '', type === stun.USERNAME ? 'username' : 'tie-breaker')
      }
    })

    test('rfc8838/8/does-not-fail-before-the-end', {
      section: '8',
      level: 'MUST',
      control,
      statement: 'while candidates may still come, ICE has not failed, even if every pair so far has',
    }, async (fixtures) => {
      const { agent, expect } = fixtures
      let fails = true
      const peer = await fixtures.meet({
        trickle: true,
        sockets: 2,
        tell: nothing,
        peer: { checks: false, onAnswer: (draft) => (fails ? { ...draft, class: 'error', fields: [refusal] } : draft) },
      })
      await trickle(fixtures, peer, 0)
      await fixtures.given('the agent checks the first candidate', () => checkTo(peer, 0))
      await peer.mark()
      await peer.mark()
      await agent.survives('a failed pair')
      expect.ok(agent.told('ice', ({ state }) => state === 'failed').length === 0, 'no failure as yet', '"failed"')
      fails = false
      await trickle(fixtures, peer, 1)
      await checkTo(peer, 1)
    })

    test('rfc8838/14/fails-after-the-end', {
      section: '14',
      level: 'none',
      control,
      timeoutMs: 60_000,
      statement: 'when every pair has failed and the peer has no more candidates, the agent says that ICE failed',
    }, async (fixtures) => {
      const { agent } = fixtures
      const peer = await fixtures.meet({
        trickle: true,
        tell: nothing,
        peer: { checks: false, onAnswer: (draft) => ({ ...draft, class: 'error', fields: [refusal] }) },
      })
      await trickle(fixtures, peer, 0)
      await fixtures.given('the agent checks the candidate', () => checkTo(peer, 0))
      await agent.endOfCandidates()
      await agent.failed(45_000)
    })

    test('rfc8838/14/candidates-after-the-end-are-ignored', {
      section: '14',
      level: 'MUST',
      control,
      statement: 'a candidate that comes after the end of candidates is ignored',
    }, async (fixtures) => {
      const { agent, expect } = fixtures
      const peer = await fixtures.meet({
        trickle: true,
        sockets: 2,
        tell: nothing,
        peer: { checks: false, onAnswer: () => 'silent' },
      })
      await trickle(fixtures, peer, 0)
      await agent.endOfCandidates()
      const late = peer.engine.candidates[1]
      // A library may say so when it refuses.
      if (late) await agent.candidate(late).catch(() => {})
      await checksOf(fixtures, peer, 1)
      await fixtures.given('the agent goes on checking', async () => {
        for (let i = 0; i < 2; i++) await checkTo(peer, 0)
      })
      const checked = peer.requests.filter(({ socket }) => socket === peer.sockets[1])
      expect.ok(checked.length === 0, 'no check of the late candidate', `${checked.length} of them`)
    })

    test('rfc8838/9/candidate-of-other-session-is-ignored', {
      section: '9',
      level: 'none',
      control,
      statement: 'a candidate that names the username fragment of another session is ignored',
    }, async (fixtures) => {
      const { agent, expect } = fixtures
      const peer = await fixtures.meet({
        trickle: true,
        sockets: 2,
        tell: nothing,
        peer: { checks: false, onAnswer: () => 'silent' },
      })
      const [right, other] = peer.engine.candidates
      if (other) await agent.candidate({ ...other, extensions: [['ufrag', 'oldOne']] }).catch(() => {})
      if (right) await agent.candidate({ ...right, extensions: [['ufrag', peer.engine.own.ufrag]] })
      await firstCheck(fixtures, peer)
      await fixtures.given('the agent goes on checking', () => checkTo(peer, 0))
      const checked = peer.requests.filter(({ socket }) => socket === peer.sockets[1])
      expect.ok(checked.length === 0, 'no check of the candidate of another session', `${checked.length} of them`)
    })

    test('rfc8838/13/tells-the-end-of-its-candidates', {
      section: '13',
      level: 'SHOULD',
      statement: 'a controlled agent says when it has gathered its last candidate',
    }, async (fixtures) => {
      await fixtures.meet({ trickle: true, peer: quiet })
      await fixtures.agent.gathered()
    })

    test('rfc8838/13/no-candidates-after-its-end', {
      section: '13',
      level: 'MUST',
      control: 'rfc8838/13/tells-the-end-of-its-candidates',
      statement: 'after the end of its candidates the agent tells no further one',
    }, async (fixtures) => {
      const { agent, expect } = fixtures
      const peer = await fixtures.meet({ trickle: true, peer: quiet })
      await fixtures.given('the agent has gathered', () => agent.gathered())
      await peer.mark()
      await agent.survives('the end of gathering')
      const end = agent.events.findIndex(({ event }) => event === 'gathered')
      const late = agent.events.slice(end).filter(({ event }) => event === 'candidate')
      expect.equal(late.length, 0, 'candidates after the end')
    })

    test('rfc8838/9/tells-each-candidate-once', {
      section: '9',
      level: 'MUST',
      control: 'rfc8838/13/tells-the-end-of-its-candidates',
      statement: 'no two candidates that the agent tells have the same address, port and base',
    }, async (fixtures) => {
      const { agent, expect } = fixtures
      await fixtures.meet({ trickle: true, peer: quiet })
      await fixtures.given('the agent has gathered', () => agent.gathered())
      const places = agent.description.candidates.map(({ transport, address, port, component, related }) =>
        [transport, address, port, component, related?.address, related?.port].join(' '),
      )
      const twice = places.find((place, index) => places.indexOf(place) !== index)
      expect.ok(twice === undefined, 'each candidate once', `${twice} twice`)
    })
  },
)
