import type { Endpoint } from '../../wire/ip/address.ts'
import type { DataFlow } from '../../wire/trace/trace.ts'
import { endpointText } from './endpoints.ts'
import type { CandidatePair, Check, IceAgent, IceSession, Nomination } from './ice-session.ts'
import { pairIn } from './pair-in.ts'
import type { Placed } from './place-messages.ts'

/** Adds to a session what follows from its checks, and what else passed between its addresses. */
export function fillSession(session: IceSession, all: IceSession[], placed: Placed): void {
  const pairs = new Map(session.pairs.map((pair) => [pair.key, pair]))
  setComponents(session)
  for (const agent of [session.a, session.b]) setRoles(session, agent)
  setLite(session)
  session.nominations = findNominations(session)
  const place = (message: { capture: number; source: Endpoint; destination: Endpoint }, at: number) => {
    if (message.capture !== session.capture || sessionAt(message, at, all) !== session) return undefined
    const from = ownerOf(session, message.source)
    if (!from) return undefined
    const ends = from === session.a ? [message.source, message.destination] : [message.destination, message.source]
    return { from, pair: pairIn(session, pairs, ends as [Endpoint, Endpoint]) }
  }
  for (const message of placed.dtls) {
    const where = place(message, message.at)
    if (where) session.dtls.push({ ...where, message })
  }
  for (const message of placed.malformed) {
    const where = place(message, message.at)
    if (where) session.malformed.push({ ...where, message })
  }
  for (const message of placed.stun) {
    if (message.body.class !== 'indication' || message.body.method !== 1) continue
    const where = place(message, message.at)
    if (where) session.indications.push({ ...where, message })
  }
  for (const flow of placed.flows) addFlow(flow, place)
  session.endedAt = Math.max(
    ...session.checks.flatMap(({ requests, answers }) => [...requests, ...answers].map(({ at }) => at)),
    ...session.pairs.flatMap(({ data }) => data.flatMap(({ bursts }) => bursts.map(({ to }) => to))),
    ...session.dtls.map(({ message }) => message.at),
  )
}

function addFlow(
  flow: DataFlow,
  place: (flow: DataFlow, at: number) => { from: IceAgent; pair: CandidatePair } | undefined,
) {
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
    data.bursts.sort((one, other) => one.from - other.from)
    data.payloadTypes = [...new Set([...data.payloadTypes, ...(flow.payloadTypes ?? [])])]
    pair.relayed ||= flow.relayed !== undefined
  }
}

const ownerOf = ({ a, b }: IceSession, endpoint: Endpoint): IceAgent | undefined =>
  [a, b].find(({ endpoints }) => endpoints.has(endpointText(endpoint)))

/** The session that what passed between two addresses belongs to: the one that began last before it. */
function sessionAt(
  { capture, source, destination }: { capture: number; source: Endpoint; destination: Endpoint },
  at: number,
  all: IceSession[],
): IceSession | undefined {
  const fitting = all.filter((one) => {
    const from = one.capture === capture ? ownerOf(one, source) : undefined
    const to = from && ownerOf(one, destination)
    return to && to !== from
  })
  const begun = fitting.filter(({ startedAt }) => startedAt <= at)
  return begun.sort((x, y) => y.startedAt - x.startedAt)[0] ?? fitting[0]
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
