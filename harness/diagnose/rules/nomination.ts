import type { Breach, Rule, Scene } from '../finding.ts'
import {
  type CandidatePair,
  type Check,
  checksOf,
  contradictsItself,
  type IceAgent,
  type IceSession,
  peerOf,
} from '../model/ice-session.ts'
import { joinedLate } from '../model/joined-late.ts'
import { duration, mostPackets, wayOf } from './packets.ts'

/** How long a controlling agent may look for something better, microseconds. */
const patience = 5e6

const controllingOf = ({ a, b }: IceSession): IceAgent | undefined => [a, b].find(({ role }) => role === 'controlling')

const firstRequests = (checks: Check[]) => checks.slice(0, mostPackets).flatMap(({ requests }) => requests.slice(0, 1))

const nominates = ({ useCandidate, nomination }: Check): boolean => useCandidate || nomination !== undefined

export const neverNominated: Rule = {
  id: 'never-nominated',
  specification: 'RFC 8445',
  section: '8.1.1',
  level: 'MUST',
  title: 'the controlling agent nominates a pair',
  explanation:
    'When checks have succeeded, the controlling side has to pick one pair and say so with USE-CANDIDATE. Here it has a pair that works and never says so, and the other side waits for ever.',
  *check({ session, captureEndsAt }: Scene): Iterable<Breach> {
    const agent = controllingOf(session)
    if (!agent || joinedLate(session)) return
    for (const component of new Set(session.pairs.map((pair) => pair.component))) {
      const own = checksOf(session, agent).filter(({ pair }) => pair.component === component)
      const success = own.find((one) => one.success)?.success
      if (!success || own.some(nominates) || captureEndsAt - success.at < patience) continue
      yield {
        blame: agent,
        packets: firstRequests(own),
        detail: `${agent.name} has a valid pair of component ${component} and sends no USE-CANDIDATE in the ${duration(captureEndsAt - success.at)} that the capture goes on.`,
      }
    }
  },
}

/**
 * Whether two pairs can be of the same component of one stream. Streams that share their credentials have ports of their
 * own at the same addresses.
 */
const sameStream = (one: CandidatePair, other: CandidatePair): boolean =>
  one.component === other.component &&
  (one === other ||
    one.a.address !== other.a.address ||
    one.b.address !== other.b.address ||
    one.a.port === other.a.port ||
    one.b.port === other.b.port)

/** Whether every nomination came with a first check, as RFC 5245 allowed. */
const isAggressive = (checks: Check[], nominated: Check): boolean => {
  const before = checks.filter(({ pair, at }) => pair === nominated.pair && at < nominated.at)
  return !before.some(({ success }) => success && success.at <= nominated.at)
}

const knowsIce2 = ({ description }: IceAgent): boolean | undefined => description?.options.includes('ice2')

export const nominatedTwice: Rule = {
  id: 'nominated-twice',
  specification: 'RFC 8445',
  section: '8.1.1',
  level: 'MUST',
  title: 'a component has one nominated pair',
  explanation:
    'After one pair of a component was nominated and accepted, no other may be nominated without an ICE restart. Here a second one follows, and the two sides may now send on different pairs.',
  *check({ session }) {
    for (const second of session.nominations) {
      const { from, pair } = second.check
      const first = session.nominations.find((one) => sameStream(one.pair, pair))
      if (!first || first === second || second.check.at <= first.check.at || second.by !== 'USE-CANDIDATE') continue
      const own = checksOf(session, from)
      if (isAggressive(own, first.check) || isAggressive(own, second.check)) continue
      // RFC 5245 let a controlling agent do this, and `ice2` is how one says that it follows the newer text.
      const ice2 = knowsIce2(from)
      yield {
        blame: from,
        packets: [...first.check.requests.slice(0, 1), ...second.check.requests.slice(0, 1)],
        detail: `${from.name} nominates ${wayOf(session, first.pair, from)} and, ${duration(second.check.at - first.check.at)} later, ${wayOf(session, pair, from)}.`,
        level: ice2 ? 'MUST' : ice2 === undefined ? 'SHOULD' : 'MAY',
      }
    }
  },
}

export const aggressiveWithIce2: Rule = {
  id: 'aggressive-nomination-with-ice2',
  specification: 'RFC 8445',
  section: '8.1.1',
  level: 'MUST',
  title: 'who says ice2 nominates only what is valid',
  explanation:
    'An agent that announces ice2 promises to check a pair first and nominate it afterwards. Here USE-CANDIDATE is already in the first check of several pairs, which is the older, aggressive way.',
  *check({ session }) {
    const agent = controllingOf(session)
    if (!agent || !knowsIce2(agent)) return
    const own = checksOf(session, agent)
    const early = own.filter((one) => one.useCandidate && isAggressive(own, one))
    const pairs = new Set(early.map(({ pair }) => pair))
    if (pairs.size < 2) return
    yield {
      blame: agent,
      packets: firstRequests(early),
      detail: `${agent.name} announced ice2 and sends USE-CANDIDATE in the first check of ${pairs.size} pairs.`,
    }
  },
}

export const useCandidateByControlled: Rule = {
  id: 'use-candidate-by-controlled',
  specification: 'RFC 8445',
  section: '7.1.2',
  level: 'MUST',
  title: 'only the controlling agent sends USE-CANDIDATE',
  explanation:
    'One side is controlling and nominates, the other follows. Here the controlled side sends USE-CANDIDATE, so both might choose and not choose the same.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const wrong = checksOf(session, agent).filter(contradictsItself)
      if (wrong.length === 0) continue
      const detail = `${agent.name} says ICE-CONTROLLED and USE-CANDIDATE in the same request, ${wrong.length === 1 ? 'once' : `${wrong.length} times`}.`
      yield { blame: agent, packets: firstRequests(wrong), detail }
    }
  },
}

export const nominationByUnagreedAttribute: Rule = {
  id: 'nomination-by-unagreed-attribute',
  specification: 'RFC 8445',
  section: '8.1.1',
  level: 'MUST',
  title: 'nomination is USE-CANDIDATE',
  explanation:
    'A pair is nominated with the attribute USE-CANDIDATE and nothing else. Here the number 0xC001 of libwebrtc’s renomination takes its place, which the peer never agreed to understand, so it sees no nomination and waits.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const own = checksOf(session, agent)
      const numbered = own.filter(({ nomination }) => nomination !== undefined)
      if (numbered.length === 0 || own.some((one) => one.useCandidate)) continue
      const peer = peerOf(session, agent)
      const agreed = [agent, peer].map(({ description }) => description?.options.includes('renomination'))
      if (agreed.every((one) => one === true)) continue
      // Where nothing is known of what was agreed, a peer that goes on to send data there has understood.
      const understood = numbered.some(({ pair }) =>
        pair.data.some(({ from, packets }) => from === peer && packets > 5),
      )
      const unknown = agreed.every((one) => one === undefined)
      yield {
        blame: agent,
        packets: firstRequests(numbered),
        detail: `${agent.name} sends attribute 0xC001 (${numbered[0]?.nomination}) on ${wayOf(session, (numbered[0] as Check).pair, agent)} and never USE-CANDIDATE.`,
        level: unknown && understood ? 'none' : 'MUST',
      }
    }
  },
}
