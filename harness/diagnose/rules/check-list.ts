import type { Breach, Rule, Scene } from '../finding.ts'
import { endpointText } from '../model/endpoints.ts'
import { type Check, checksOf, type IceAgent, type IceSession, peerOf } from '../model/ice-session.ts'
import { count, duration } from './packets.ts'

/** One candidate after another is signalled within seconds; a restart that somebody wanted comes later, microseconds. */
const trickling = 10e6

const remotesOf = (checks: Check[]): Set<string> => new Set(checks.map(({ destination }) => endpointText(destination)))

/** The earlier sessions of the same peer in which one agent had other username fragments, and in none came to an end. */
function generationsOf(
  session: IceSession,
  agent: IceAgent,
  earlier: IceSession[],
): { own: Check[]; session: IceSession }[] {
  const peer = peerOf(session, agent)
  return earlier.flatMap((one) => {
    const samePeer = [one.a, one.b].find(({ ufrag }) => ufrag === peer.ufrag)
    if (!samePeer || one.nominations.length > 0) return []
    return [{ own: checksOf(one, peerOf(one, samePeer)), session: one }]
  })
}

export const checkListThrownAway: Rule = {
  id: 'check-list-thrown-away',
  specification: 'RFC 8838',
  section: '12',
  level: 'MUST',
  title: 'a trickled candidate is added to the check list',
  explanation:
    'Candidates that arrive one by one are added to the checks that are under way. Here one side begins anew for each, with new credentials or a new list, so that what it had learned before is lost.',
  *check({ session, earlier, later }: Scene): Iterable<Breach> {
    for (const agent of [session.a, session.b]) {
      const before = generationsOf(session, agent, earlier)
      const last = before.at(-1)
      const own = checksOf(session, agent)
      const isLast = !later.some(({ startedAt }) => startedAt - session.startedAt < trickling)
      if (last && isLast && session.startedAt - last.session.startedAt < trickling) {
        yield {
          blame: agent,
          packets: [...before.flatMap((one) => one.own.slice(0, 1)), ...own.slice(0, 1)].flatMap(({ requests }) =>
            requests.slice(0, 1),
          ),
          detail: `${agent.name} changes its username fragment ${count(before.length, 'time')} within ${duration(session.startedAt - (before[0]?.session.startedAt ?? 0))} while its peer keeps its own, and never checks ${lostRemotes(before, own)} again.`,
        }
        continue
      }
      const swap = listSwappedIn(own, agent, session)
      if (swap) yield swap
    }
  },
}

function lostRemotes(before: { own: Check[] }[], own: Check[]): string {
  const now = remotesOf(own)
  const lost = [...new Set(before.flatMap((one) => [...remotesOf(one.own)]))].filter((one) => !now.has(one))
  return lost.length > 0 ? lost.join(', ') : 'with the credentials that it had signalled'
}

/** The same credentials, another tie-breaker, and checks that go to other addresses only. */
function listSwappedIn(own: Check[], agent: IceAgent, session: IceSession): Breach | undefined {
  for (const [index, stand] of agent.roles.entries()) {
    const before = agent.roles[index - 1]
    if (!before || before.tieBreaker === stand.tieBreaker || before.role !== stand.role) continue
    if (own.some(({ error }) => error?.code === 487)) continue
    const earlier = remotesOf(own.filter(({ at }) => at < stand.at))
    const later = remotesOf(own.filter(({ at }) => at >= stand.at))
    const lost = [...earlier].filter((one) => !later.has(one))
    const decided = session.nominations.some(({ at }) => at < stand.at)
    if (lost.length === 0 || decided) continue
    return {
      blame: agent,
      packets: [before.check, stand.check].flatMap(({ requests }) => requests.slice(0, 1)),
      detail: `${agent.name} begins anew with another tie-breaker and never checks ${lost.join(', ')} again.`,
    }
  }
  return undefined
}

export const secondComponentAlone: Rule = {
  id: 'second-component-alone',
  specification: 'RFC 8838',
  section: '12',
  level: 'MUST',
  title: 'a candidate of component 2 does not replace those of component 1',
  explanation:
    'Media and its control channel may have a pair each, components 1 and 2, and both are checked. Here one side checks component 2 only although its peer offers and checks component 1, so no pair for media is ever found.',
  *check({ session, earlier, later, captureEndsAt }) {
    for (const agent of [session.a, session.b]) {
      if (agent.lite || session.nominations.some(({ pair }) => pair.component === 1)) continue
      const own = checksOf(session, agent)
      const componentOf = ({ priority }: Check) => (priority === undefined ? 0 : 256 - (priority & 0xff))
      // Its peer may know it by credentials that it had before.
      const { ufrag } = peerOf(session, agent)
      const peers = [session, ...earlier, ...later]
        .flatMap(({ checks }) => checks)
        .filter((one) => one.from.ufrag === ufrag && componentOf(one) === 1)
      const onlySecond = own.length > 0 && own.every((one) => componentOf(one) === 2)
      if (!onlySecond || !peers[0] || captureEndsAt - peers[0].at < 2e6) continue
      yield {
        blame: agent,
        packets: [...own.slice(0, 3), ...peers.slice(0, 3)].flatMap(({ requests }) => requests.slice(0, 1)),
        detail: `${agent.name} sends ${count(own.length, 'check')}, all of component 2; its peer sends ${peers.length} of component 1.`,
      }
    }
  },
}
