import type { Breach, Rule, Scene } from '../finding.ts'
import { type Check, checksOf, type IceAgent, type IceSession } from '../model/ice-session.ts'
import { count, duration, wayOf } from './packets.ts'

/** How long a full queue of triggered checks may hold one up, microseconds. */
const patience = 1e6

interface Missed {
  agent: IceAgent
  /** The check that called for one. */
  inbound: Check
  /** The agent's own checks of the pair before it, all unanswered. */
  before: Check[]
}

/** Until when a check may still be waited for: later the component was decided, or the capture ends. */
function opensUntil(session: IceSession, component: number, captureEndsAt: number): number {
  const decided = session.nominations.filter(({ pair }) => pair.component === component)
  return Math.min(captureEndsAt, ...decided.map(({ at, confirmedAt }) => confirmedAt ?? at + 10 * patience))
}

/** Pairs on which an agent took a valid check, answered it, and had no valid pair, and still sent none of its own. */
function* missedChecks({ session, captureEndsAt, earlier, later }: Scene): Iterable<Missed> {
  for (const agent of [session.a, session.b]) {
    // Whom its peer knows by other credentials as well may not have been told these.
    const isTold = ![...earlier, ...later].some(({ a, b }) => a.ufrag === agent.ufrag || b.ufrag === agent.ufrag)
    if (agent.lite || !isTold) continue
    for (const pair of session.pairs) {
      const own = pair.checks.filter(({ from }) => from === agent)
      if (own.some(({ success }) => success)) continue
      const until = opensUntil(session, pair.component, captureEndsAt)
      const inbound = pair.checks.find(({ to, success }) => to === agent && success && until - success.at > patience)
      if (!inbound?.success) continue
      const lastOf = ({ requests }: Check) => requests.at(-1)?.at ?? 0
      const since = inbound.at
      if (own.some((one) => one.at >= since || lastOf(one) >= since)) continue
      yield { agent, inbound, before: own.filter((one) => one.at < since) }
    }
  }
}

/** RFC 8489 §6.2.1: what has not been sent again for so long, or seven times, has failed; microseconds. */
const failsAfter = 1.5e6

const hasFailed = ({ before, inbound }: Missed): boolean => {
  const sent = before.flatMap(({ requests }) => requests)
  return sent.length >= 3 && inbound.at - Math.max(...sent.map(({ at }) => at)) > failsAfter
}

const breach = ({ session }: Scene, { agent, inbound, before }: Missed, detail: string): Breach => {
  // Who controls may stop checking when there is a pair to its liking (RFC 8445 §8.1.1).
  const hasOther = checksOf(session, agent).some((one) => one.success && one.pair.component === inbound.pair.component)
  const answered = inbound.pair.checks.filter(({ to, success }) => to === agent && success)
  return {
    blame: agent,
    packets: [...before.slice(-3), ...answered.slice(0, 3)].flatMap(({ requests, answers }) => [
      ...requests.slice(-1),
      ...answers.slice(0, 1),
    ]),
    ...(hasOther ? { level: agent.role === 'controlling' ? 'none' : 'SHOULD' } : {}),
    detail: `${agent.name} answers ${count(answered.length, 'check')} on ${wayOf(session, inbound.pair, agent)} ${detail}`,
  }
}

export const noTriggeredCheck: Rule = {
  id: 'no-triggered-check',
  specification: 'RFC 8445',
  section: '7.3.1.4',
  level: 'MUST',
  title: 'a check that comes in triggers one back',
  explanation:
    'Whoever answers a check has to check the same pair the other way, because a pair works only when both directions were tried. Here the check was answered and none was sent back, so this side never gets a valid pair.',
  *check(scene) {
    for (const missed of missedChecks(scene)) {
      if (!hasFailed(missed)) yield breach(scene, missed, 'and sends none of its own there.')
    }
  },
}

export const noTriggeredCheckAfterFailure: Rule = {
  id: 'no-triggered-check-after-failure',
  specification: 'RFC 8445',
  section: '7.3.1.4',
  level: 'MUST',
  title: 'a check that comes in wakes a pair that had failed',
  explanation:
    'A pair that failed goes back to Waiting when a check comes in on it, and a triggered check is sent. Here this side had given the pair up before its peer was ready, answers the late checks, and never tries again.',
  *check(scene) {
    for (const missed of missedChecks(scene)) {
      const { before, inbound } = missed
      if (!hasFailed(missed)) continue
      const sent = before.reduce((sum, { requests }) => sum + requests.length, 0)
      const last = Math.max(...before.flatMap(({ requests }) => requests.map(({ at }) => at)))
      const text = `and sends none there again, after ${count(sent, 'request')} without an answer that ended ${duration(inbound.at - last)} before.`
      yield breach(scene, missed, text)
    }
  },
}

export const checksBeforePeer: Rule = {
  id: 'checks-before-peer',
  specification: 'RFC 8445',
  section: '6.1',
  level: 'none',
  title: 'checks begin when the peer can answer them',
  explanation:
    'Checks are sent when both sides have each other’s candidates. Here one side checked for seconds before anything came from the other, which spends its transmissions, and a pair that fails this early may not be tried again.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const own = checksOf(session, agent)
      const first = own[0]
      const peerSpeaks = Math.min(
        ...checksOf(session, first?.to ?? agent).map(({ at }) => at),
        ...own.flatMap(({ answers }) => answers.map(({ at }) => at)),
      )
      if (!first || !Number.isFinite(peerSpeaks) || peerSpeaks - first.at < 5e6) continue
      const early = own.filter(({ at }) => at < peerSpeaks)
      yield {
        blame: agent,
        packets: [...(early[0]?.requests.slice(0, 1) ?? []), ...(early.at(-1)?.requests.slice(-1) ?? [])],
        detail: `${agent.name} sends its first check ${duration(peerSpeaks - first.at)} before anything comes from its peer.`,
      }
    }
  },
}

export const checksAbandoned: Rule = {
  id: 'checks-abandoned-early',
  specification: 'RFC 8489',
  section: '6.2.1',
  level: 'SHOULD',
  title: 'a request without an answer is sent seven times',
  explanation:
    'Over UDP a request is repeated, seven times in all and ever more slowly, before it counts as failed. Here the pair was given up after fewer, so a peer that answers a little later is not met any more.',
  *check({ session, captureEndsAt }) {
    for (const pair of session.pairs) {
      for (const agent of [session.a, session.b]) {
        const own = pair.checks.filter(({ from }) => from === agent)
        if (own.length === 0 || own.some(({ answers }) => answers.length > 0)) continue
        const sent = own.flatMap(({ requests }) => requests)
        const last = Math.max(...sent.map(({ at }) => at))
        const decided = session.nominations.some((one) => one.pair.component === pair.component && one.at < last + 16e6)
        if (sent.length >= 7 || decided || captureEndsAt - last < 16e6) continue
        yield {
          blame: agent,
          packets: sent,
          detail: `${agent.name} gives ${wayOf(session, pair, agent)} up after ${count(sent.length, 'request')}.`,
        }
      }
    }
  },
}
