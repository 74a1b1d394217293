import type { Breach, Rule, Scene } from '../finding.ts'
import { type Check, checksOf, type IceAgent } from '../model/ice-session.ts'
import { duration, mostPackets } from './packets.ts'

/** What crosses on the way may still carry the old role, microseconds. */
const crossing = 300_000

/** The role and tie-breaker of an agent at a time: what its last check said, or its first, where none was before. */
const standOf = ({ roles }: IceAgent, at: number) => roles.findLast((one) => one.at <= at) ?? roles[0]

/** Whether an agent changes its role about a time: then what it knew is not known to us. */
const isChanging = ({ roles }: IceAgent, at: number): boolean =>
  roles.some((one, index) => index > 0 && one.role !== roles[index - 1]?.role && Math.abs(one.at - at) < crossing)

/** Checks that arrived with the role that their receiver had, and what it had to do (RFC 8445 §7.3.1.1). */
function* conflicts({ session }: Scene): Iterable<{ check: Check; mustRefuse: boolean }> {
  for (const check of session.checks) {
    const stand = standOf(check.to, check.at)
    if (!check.role || stand?.role !== check.role || isChanging(check.to, check.at)) continue
    if (check.tieBreaker === undefined || stand.tieBreaker === undefined) continue
    const isLarger = stand.tieBreaker >= check.tieBreaker
    yield { check, mustRefuse: check.role === 'controlling' ? isLarger : !isLarger }
  }
}

const about = (check: Check): string =>
  `${check.from.name} says ${check.role} with tie-breaker ${check.tieBreaker?.toString(16)}, as ${check.to.name} does with ${standOf(check.to, check.at)?.tieBreaker?.toString(16)}`

const packetsOf = (check: Check) => [...check.requests.slice(0, 1), ...check.answers.slice(0, 1)]

export const conflictWithout487: Rule = {
  id: 'role-conflict-without-487',
  specification: 'RFC 8445',
  section: '7.3.1.1',
  level: 'MUST',
  title: 'a role conflict is answered with 487 by who wins it',
  explanation:
    'Both sides claim the same role, and the tie-breakers decide who keeps it. The winner has to refuse the check with error 487 so that the other changes; here it answered as if nothing were wrong.',
  *check(scene): Iterable<Breach> {
    for (const { check, mustRefuse } of conflicts(scene)) {
      if (!mustRefuse || !check.success) continue
      yield { blame: check.to, packets: packetsOf(check), detail: `${about(check)}, and gets success instead of 487.` }
      return
    }
  },
}

export const roleNotYielded: Rule = {
  id: 'role-not-yielded',
  specification: 'RFC 8445',
  section: '7.3.1.1',
  level: 'MUST',
  title: 'who loses a role conflict changes its role',
  explanation:
    'Both sides claim the same role, and the smaller tie-breaker has to give way. Here the loser goes on with its role, so that both nominate or nobody does.',
  *check(scene) {
    for (const { check, mustRefuse } of conflicts(scene)) {
      if (mustRefuse || !check.success) continue
      const later = checksOf(scene.session, check.to).find(
        (one) => one.at > check.at + 1e6 && one.role === check.role && one.requests.length > 0,
      )
      if (!later) continue
      const detail = `${about(check)}; ${check.to.name} had to change and still says ${later.role} ${duration(later.at - check.at)} later.`
      yield { blame: check.to, packets: [...packetsOf(check), ...later.requests.slice(0, 1)], detail }
      return
    }
  },
}

export const needless487: Rule = {
  id: 'needless-487',
  specification: 'RFC 8445',
  section: '7.3.1.1',
  level: 'MUST',
  title: 'error 487 answers a conflict that was won, and nothing else',
  explanation:
    'Error 487 tells the peer to change its role and is for a conflict that the answering side wins by its tie-breaker. Here there was no conflict, or it was lost, so both may end in the same role again.',
  *check({ session, ...scene }) {
    const all = [...conflicts({ session, ...scene })]
    for (const check of session.checks) {
      if (check.error?.code !== 487 || isChanging(check.to, check.at) || !standOf(check.to, check.at)) continue
      const conflict = all.find((one) => one.check === check)
      if (conflict ? conflict.mustRefuse : standOf(check.to, check.at)?.role === check.role) continue
      const detail = conflict
        ? `${about(check)}, and refuses though its own is the loser.`
        : `${check.to.name} refuses a check that says ${check.role}, which is not its own role.`
      yield { blame: check.to, packets: packetsOf(check), detail }
      return
    }
  },
}

export const roleKeptAfter487: Rule = {
  id: 'role-kept-after-487',
  specification: 'RFC 8445',
  section: '7.2.5.1',
  level: 'MUST',
  title: 'who gets 487 changes its role',
  explanation:
    'Error 487 says that the other side holds this role and keeps it. Whoever gets it has to take the other role and check again; here it goes on as before.',
  *check({ session }) {
    for (const check of session.checks) {
      if (check.error?.code !== 487) continue
      const answeredAt = check.error.sighting.at
      const next = checksOf(session, check.from).find(({ at }) => at > answeredAt + crossing)
      if (!next || next.role !== check.role) continue
      const detail = `${check.from.name} gets 487 and says ${next.role} again ${duration(next.at - answeredAt)} later.`
      yield { blame: check.from, packets: [...packetsOf(check), ...next.requests.slice(0, 1)], detail }
      return
    }
  },
}

export const tieBreakerKept: Rule = {
  id: 'tie-breaker-kept-after-487',
  specification: 'RFC 8445',
  section: '7.2.5.1',
  level: 'MUST',
  title: 'who gets 487 takes a new tie-breaker',
  explanation:
    'With a new role comes a new random tie-breaker. Here the role changes and the number stays, so a second conflict would end as the first one did.',
  *check({ session }) {
    for (const check of session.checks) {
      if (check.error?.code !== 487 || check.tieBreaker === undefined) continue
      const answeredAt = check.error.sighting.at
      const next = checksOf(session, check.from).find(({ at, role }) => at > answeredAt && role && role !== check.role)
      if (!next || next.tieBreaker !== check.tieBreaker) continue
      // A check of the peer that won the conflict changed the role as well, and asks for no new number.
      const yielded = session.checks.some(
        (one) => one.to === check.from && one.role === check.role && one.success && one.at <= next.at,
      )
      if (yielded) continue
      const detail = `${check.from.name} changes to ${next.role} and keeps tie-breaker ${check.tieBreaker.toString(16)}.`
      yield { blame: check.from, packets: [...packetsOf(check), ...next.requests.slice(0, 1)], detail }
      return
    }
  },
}

export const tieBreakerChanged: Rule = {
  id: 'tie-breaker-changed',
  specification: 'RFC 8445',
  section: '16.1',
  level: 'MUST',
  title: 'the tie-breaker stays the same through a session',
  explanation:
    'An agent draws one random number for a session and changes it after error 487 only. A new number without that shows that it has begun anew within the session, or that conflicts cannot be settled.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      for (const [index, stand] of agent.roles.entries()) {
        const before = agent.roles[index - 1]
        if (before?.tieBreaker === undefined || stand.tieBreaker === before.tieBreaker) continue
        const had487 = checksOf(session, agent).some(
          ({ error }) => error?.code === 487 && error.sighting.at <= stand.at,
        )
        if (had487) continue
        const detail = `${agent.name} goes from tie-breaker ${before.tieBreaker.toString(16)} to ${stand.tieBreaker?.toString(16)} without a 487.`
        yield { blame: agent, packets: [before.check, stand.check].flatMap(packetsOf), detail }
        break
      }
    }
  },
}

export const roleMissing: Rule = {
  id: 'role-missing',
  specification: 'RFC 8445',
  section: '7.1.3',
  level: 'MUST',
  title: 'a check says which role its sender has',
  explanation:
    'Every check carries ICE-CONTROLLING or ICE-CONTROLLED. Without it a conflict of roles goes unnoticed, and both sides may wait for the other to nominate.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const wrong = checksOf(session, agent).filter(({ role }) => !role)
      if (wrong.length === 0) continue
      const packets = wrong.slice(0, mostPackets).flatMap(({ requests }) => requests.slice(0, 1))
      yield { blame: agent, packets, detail: `${wrong.length} of ${agent.name}’s checks have neither attribute.` }
    }
  },
}
