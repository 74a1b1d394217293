import type { Endpoint } from '../../wire/ip/address.ts'
import type { DataFlow } from '../../wire/trace/trace.ts'
import { endpointText } from './endpoints.ts'
import type { CandidatePair, Check, IceAgent, IceSession, Nomination } from './ice-session.ts'
import { pairIn } from './pair-in.ts'
import type { Placed } from './place-messages.ts'

type Message = { capture: number; source: Endpoint; destination: Endpoint }
interface Place {
  session: IceSession
  from: IceAgent
  pair: CandidatePair
}

/** Adds to sessions what follows from their checks, and what else passed between their addresses. */
export function fillSessions(sessions: IceSession[], placed: Placed): void {
  for (const session of sessions) {
    setComponents(session)
    for (const agent of [session.a, session.b]) setRoles(session, agent)
    setLite(session)
    session.nominations = findNominations(session)
  }
  const place = placeIn(sessions)
  for (const message of placed.dtls) {
    const where = place(message, message.at)
    if (where) where.session.dtls.push({ ...where, message })
  }
  for (const message of placed.malformed) {
    const where = place(message, message.at)
    if (where) where.session.malformed.push({ ...where, message })
  }
  for (const message of placed.stun) {
    if (message.body.class !== 'indication' || message.body.method !== 1) continue
    const where = place(message, message.at)
    if (where) where.session.indications.push({ ...where, message })
  }
  for (const flow of placed.flows) addFlow(flow, place)
  for (const session of sessions) setEnd(session)
}

/** Finds where a message belongs: in the session of its two addresses that began last before it. */
function placeIn(sessions: IceSession[]): (message: Message, at: number) => Place | undefined {
  const byAddress = new Map<string, IceSession[]>()
  for (const session of sessions) {
    for (const { endpoints } of [session.a, session.b]) {
      for (const key of endpoints.keys()) {
        const own = `${session.capture}/${key}`
        const known = byAddress.get(own)
        if (!known) byAddress.set(own, [session])
        else if (known.at(-1) !== session) known.push(session)
      }
    }
  }
  const pairs = new Map(sessions.map((session) => [session, new Map(session.pairs.map((pair) => [pair.key, pair]))]))
  return ({ capture, source, destination }, at) => {
    const [from, to] = [endpointText(source), endpointText(destination)]
    let chosen: IceSession | undefined
    for (const session of byAddress.get(`${capture}/${from}`) ?? []) {
      const { a, b, startedAt } = session
      const fits = (a.endpoints.has(from) && b.endpoints.has(to)) || (b.endpoints.has(from) && a.endpoints.has(to))
      // One that has begun counts before one that has not, and of those the last.
      if (fits && (!chosen || (startedAt <= at && (chosen.startedAt > at || startedAt > chosen.startedAt))))
        chosen = session
    }
    if (!chosen) return undefined
    const isFromA = chosen.a.endpoints.has(from) && chosen.b.endpoints.has(to)
    const ends: [Endpoint, Endpoint] = isFromA ? [source, destination] : [destination, source]
    const pair = pairIn(chosen, pairs.get(chosen) as Map<string, CandidatePair>, ends)
    return { session: chosen, from: isFromA ? chosen.a : chosen.b, pair }
  }
}

/** When the last of it passed; the flows of a pair are put in order on the way. */
function setEnd(session: IceSession) {
  const reach = (at: number) => {
    session.endedAt = Math.max(session.endedAt, at)
  }
  for (const { requests, answers } of session.checks) {
    reach(requests.at(-1)?.at ?? 0)
    reach(answers.at(-1)?.at ?? 0)
  }
  for (const { data } of session.pairs) {
    for (const { bursts } of data) {
      bursts.sort((one, other) => one.from - other.from)
      for (const { to } of bursts) reach(to)
    }
  }
  for (const { message } of session.dtls) reach(message.at)
}

function addFlow(flow: DataFlow, place: (flow: Message, at: number) => Place | undefined) {
  for (const burst of flow.bursts) {
    const where = place(flow, burst.from)
    if (!where) continue
    const { pair, from } = where
    let data = pair.data.find((one) => one.from === from && one.kind === flow.kind)
    if (!data) {
      data = { from, kind: flow.kind, packets: 0, bytes: 0, bursts: [], payloadTypes: [] }
      pair.data.push(data)
    }
    data.packets += burst.packets
    data.bytes += Math.round((flow.bytes * burst.packets) / Math.max(flow.packets, 1))
    data.bursts.push(burst)
    data.payloadTypes = [...new Set([...data.payloadTypes, ...(flow.payloadTypes ?? [])])]
    pair.relayed ||= flow.relayed !== undefined
  }
}

/** A component is the last byte of a priority taken from 256 (RFC 8445 §5.1.2.1); what most checks of a pair say counts. */
function setComponents({ pairs }: IceSession) {
  for (const pair of pairs) {
    const counted = new Map<number, number>()
    for (const { priority } of pair.checks) {
      if (priority === undefined) continue
      const component = 256 - (priority & 0xff)
      if (component <= 2) counted.set(component, (counted.get(component) ?? 0) + 1)
    }
    pair.component = [...counted].sort((one, other) => other[1] - one[1])[0]?.[0] ?? 1
  }
}

function setRoles({ checks }: IceSession, agent: IceAgent) {
  for (const check of checks) {
    if (check.from !== agent || !check.role) continue
    const last = agent.roles.at(-1)
    if (last?.role === check.role && last.tieBreaker === check.tieBreaker) continue
    agent.roles.push({ at: check.at, role: check.role, tieBreaker: check.tieBreaker, check })
  }
  agent.role = agent.roles.at(-1)?.role
}

/** A lite agent answers and never asks (RFC 8445 §2.5); its peer is the controlling one (§6.1.1). */
function setLite({ a, b, checks }: IceSession) {
  for (const agent of [a, b]) {
    const peer = agent === a ? b : a
    const asks = checks.some(({ from }) => from === agent)
    const answers = checks.some(({ to, success }) => to === agent && success)
    agent.lite = agent.description ? agent.description.lite : !asks && answers && peer.role === 'controlling'
    agent.role ??= peer.role && (peer.role === 'controlling' ? 'controlled' : 'controlling')
  }
}

function findNominations(session: IceSession): Nomination[] {
  const nominations: Nomination[] = []
  for (const check of session.checks) {
    const by = check.useCandidate ? 'USE-CANDIDATE' : check.nomination === undefined ? undefined : '0xC001'
    if (!by || check.role === 'controlled' || !check.success) continue
    const known = nominations.find(({ pair }) => pair === check.pair)
    if (known && (known.by === 'USE-CANDIDATE' || by === '0xC001')) continue
    const fresh = { pair: check.pair, check, at: check.success.at, by, confirmedAt: confirmedAt(check) } as const
    if (known) nominations.splice(nominations.indexOf(known), 1)
    nominations.push(fresh)
  }
  return nominations
}

/** When the controlled side has the pair for valid as well (RFC 8445 §7.3.1.5); a lite agent needs no check for that. */
function confirmedAt({ to, pair, success }: Check): number | undefined {
  if (!success) return undefined
  if (to.lite) return success.at
  const own = pair.checks.find((one) => one.from === to && one.success)
  return own?.success && Math.max(own.success.at, success.at)
}
