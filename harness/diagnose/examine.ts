import type { Trace, WireMessage } from '../wire/trace/trace.ts'
import type { Breach, Finding, Rule, Scene } from './finding.ts'
import { buildSessions } from './model/build-sessions.ts'
import type { IceAgent, IceSession } from './model/ice-session.ts'
import { type Placed, placeMessages } from './model/place-messages.ts'
import { readAllocations, type TurnAllocation } from './model/turn-allocations.ts'
import { sessionRules, turnRules } from './rules/index.ts'
import type { IceDescription } from './signalled/ice-description.ts'

/** A trace as the rules see it, and what they found. */
export interface Examination {
  trace: Trace
  placed: Placed
  sessions: IceSession[]
  allocations: TurnAllocation[]
  findings: Finding[]
}

/** Packets that a finding names at most. */
const mostPackets = 24

/**
 * Looks for the ICE sessions of a trace and lets every rule judge them.
 *
 * @param descriptions what was signalled, where that is known: more can be checked with it
 */
export function examine(trace: Trace, descriptions: IceDescription[] = []): Examination {
  const allocations = readAllocations(trace)
  const placed = placeMessages(trace, allocations)
  const sessions = buildSessions(placed, descriptions)
  const findings: Finding[] = []
  const neighbours = neighboursOf(sessions)
  for (const [index, session] of sessions.entries()) {
    const scene = sceneOf(session, neighbours(session), trace)
    for (const rule of sessionRules) {
      for (const breach of rule.check(scene)) findings.push(findingOf(rule, breach, { session, index }))
    }
  }
  for (const allocation of allocations) {
    for (const rule of turnRules) {
      for (const breach of rule.check(allocation))
        findings.push(findingOf(rule, breach, { capture: allocation.capture }))
    }
  }
  return { trace, placed, sessions, allocations, findings: withoutRepetition(findings, sessions) }
}

function sceneOf(session: IceSession, sessions: IceSession[], trace: Trace): Scene {
  const before = (one: IceSession, other: IceSession) => one.startedAt < other.startedAt && precedes(one, other)
  return {
    session,
    earlier: sessions.filter((one) => before(one, session)),
    later: sessions.filter((one) => before(session, one)),
    captureEndsAt: trace.captures[session.capture]?.lastAt ?? session.endedAt,
  }
}

const keyOf = ({ a, b }: IceSession): string => [a.ufrag, b.ufrag].sort().join(':')

const addressesOf = ({ endpoints }: IceAgent): Set<string> =>
  new Set([...endpoints.values()].map(({ address }) => address))

/** The sessions that share a username fragment or a transport address with a given one, by time. */
function neighboursOf(sessions: IceSession[]): (session: IceSession) => IceSession[] {
  const byMark = new Map<string, IceSession[]>()
  const marksOf = ({ a, b }: IceSession) =>
    new Set([`name ${a.ufrag}`, `name ${b.ufrag}`, ...a.endpoints.keys(), ...b.endpoints.keys()])
  for (const session of sessions) {
    for (const mark of marksOf(session)) {
      const known = byMark.get(mark)
      if (known) known.push(session)
      else byMark.set(mark, [session])
    }
  }
  return (session) => {
    const near = new Set([...marksOf(session)].flatMap((mark) => byMark.get(mark) ?? []))
    return [...near].sort((one, other) => one.startedAt - other.startedAt)
  }
}

/** Whether one session may be an earlier generation of another that it shares a mark with: it has the same two hosts. */
function precedes(one: IceSession, other: IceSession): boolean {
  if (one.capture !== other.capture) return false
  const meets = (x: IceAgent, y: IceAgent) => [...addressesOf(x)].some((address) => addressesOf(y).has(address))
  return (meets(one.a, other.a) && meets(one.b, other.b)) || (meets(one.a, other.b) && meets(one.b, other.a))
}

function findingOf(
  rule: Omit<Rule, 'check'>,
  { blame, packets, detail, level }: Breach,
  where: { session: IceSession; index: number } | { capture: number },
): Finding {
  const capture = 'session' in where ? where.session.capture : where.capture
  const own = packets.filter((one: Pick<WireMessage, 'packet' | 'capture'>) => one.capture === capture)
  return {
    rule: rule.id,
    specification: rule.specification,
    section: rule.section,
    level: level ?? rule.level,
    title: rule.title,
    blame: typeof blame === 'string' ? blame : blame.role ? `${blame.role} agent` : `agent ${blame.name}`,
    ...(typeof blame === 'string' ? {} : { agent: blame.name }),
    ...('session' in where ? { session: where.index } : {}),
    capture,
    packets: [...new Set(own.map(({ packet }) => packet))].sort((x, y) => x - y).slice(0, mostPackets),
    explanation: rule.explanation,
    detail,
  }
}

const levels = ['MUST', 'SHOULD', 'MAY', 'none']

/** The heaviest first; what two captures of one session both show is told once, of the first. */
function withoutRepetition(findings: Finding[], sessions: IceSession[]): Finding[] {
  const told = new Set<string>()
  return findings
    .filter((one) => {
      const session = one.session === undefined ? undefined : sessions[one.session]
      if (!session) return true
      const agent = [session.a, session.b].find(({ name }) => name === one.agent)
      const key = `${one.rule}/${keyOf(session)}/${agent?.ufrag ?? one.blame}`
      const inOther = told.has(key) && sessions.some((other) => other !== session && keyOf(other) === keyOf(session))
      told.add(key)
      return !inOther
    })
    .sort((x, y) => levels.indexOf(x.level) - levels.indexOf(y.level) || (x.session ?? -1) - (y.session ?? -1))
}
