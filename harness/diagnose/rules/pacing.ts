import type { Breach, Rule } from '../finding.ts'
import { checksOf } from '../model/ice-session.ts'
import { duration, mostPackets } from './packets.ts'

/** Transactions that are looked at together: timers that wake late let a few go at once. */
const run = 8

/** RFC 8445 §14.2, microseconds. */
const pace = 5000

/** RFC 8445 §14.3, microseconds, less what timers are off. */
const shortestWait = 400_000

export const pacingTooFast: Rule = {
  id: 'pacing-too-fast',
  specification: 'RFC 8445',
  section: '14.2',
  level: 'MUST',
  title: 'new checks are at least 5 ms apart',
  explanation:
    'Checks are sent one after another, by default every 50 ms and never more often than every 5 ms, so that networks and NATs can follow. Here they come in a burst, and a NAT that is slow to make mappings loses some.',
  *check({ session }): Iterable<Breach> {
    for (const agent of [session.a, session.b]) {
      const own = checksOf(session, agent)
      for (let last = run - 1; last < own.length; last++) {
        const [from, to] = [own[last - run + 1], own[last]]
        if (!from || !to || to.at - from.at >= (run - 1) * pace * 0.6) continue
        yield {
          blame: agent,
          packets: own.slice(last - run + 1, last + 1).flatMap(({ requests }) => requests.slice(0, 1)),
          detail: `${agent.name} begins ${run} checks within ${duration(to.at - from.at)}.`,
        }
        break
      }
    }
  },
}

export const retransmittedTooSoon: Rule = {
  id: 'retransmitted-too-soon',
  specification: 'RFC 8445',
  section: '14.3',
  level: 'MUST',
  title: 'a check is not repeated within 500 ms',
  explanation:
    'A request is sent again when no answer came within the retransmission time, which is never less than 500 ms. Here it was repeated sooner, which loads a path before it could have answered.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const soon = checksOf(session, agent).filter(({ requests, pair }) =>
        requests.some(({ at }, index) => {
          const before = requests[index - 1]?.at
          if (before === undefined || at - before >= shortestWait) return false
          // Some take a triggered check for a repetition of the one under way.
          return !pair.checks.some((one) => one.to === agent && one.at > before && one.at <= at)
        }),
      )
      const first = soon[0]
      if (!first) continue
      const waits = first.requests.slice(1).map(({ at }, index) => at - (first.requests[index]?.at ?? 0))
      yield {
        blame: agent,
        packets: soon.flatMap(({ requests }) => requests).slice(0, mostPackets),
        detail: `${agent.name} repeats the same request after ${duration(Math.min(...waits))}.`,
      }
    }
  },
}
