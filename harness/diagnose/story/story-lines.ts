import { attributeOf } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { mappedAddressOf } from '../../wire/stun/stun-values.ts'
import type { Examination } from '../examine.ts'
import { endpointText } from '../model/endpoints.ts'
import type { CandidatePair, Check, IceAgent, IceSession, StunSighting } from '../model/ice-session.ts'
import { peerOf } from '../model/ice-session.ts'
import { count, duration, wayOf } from '../rules/packets.ts'

/** One sentence of a story, and when. */
export interface StoryLine {
  /** Epoch microseconds. */
  at: number
  text: string
}

const isOf = (agent: IceAgent, address: string): boolean =>
  [...agent.endpoints.values()].some((one) => one.address === address)

/** Answers of STUN servers, which belong to no session, by whom they went to: `capture/address`. */
export type ServerAnswers = Map<string, StunSighting[]>

/** Finds the answers of STUN servers in a capture, once for all its sessions. */
export function findServerAnswers({ placed, sessions }: Examination): ServerAnswers {
  const ofChecks = new Set(sessions.flatMap(({ checks }) => checks.flatMap(({ answers }) => answers)))
  const found: ServerAnswers = new Map()
  for (const sighting of placed.stun) {
    const { body, capture, destination } = sighting
    if (body.method !== 1 || body.class !== 'success' || ofChecks.has(sighting)) continue
    const key = `${capture}/${destination.address}`
    const known = found.get(key)
    if (known) known.push(sighting)
    else found.set(key, [sighting])
  }
  return found
}

/** Answers that a story tells of one agent at most: who asks again and again is told the same. */
const mostAnswers = 1000

/** What the agents asked of STUN and TURN servers, and what they signalled. */
export function gathering(session: IceSession, { allocations }: Examination, answers: ServerAnswers): StoryLine[] {
  const lines: StoryLine[] = []
  const told = new Set<string>()
  for (const agent of [session.a, session.b]) {
    for (const address of new Set([...agent.endpoints.values()].map((one) => one.address))) {
      for (const { body, source, at } of (answers.get(`${session.capture}/${address}`) ?? []).slice(0, mostAnswers)) {
        if ([session.a, session.b].some((one) => isOf(one, source.address))) continue
        const mapped = mappedAddressOf(body)
        const text = `${agent.name} asks ${endpointText(source)} for its address and is told ${mapped && endpointText(mapped)}`
        if (told.has(text)) continue
        told.add(text)
        lines.push({ at, text })
      }
    }
  }
  for (const { capture, client, server, relayedAddress, grants } of allocations) {
    const agent = [session.a, session.b].find(
      (one) => one.endpoints.has(endpointText(relayedAddress)) || isOf(one, client.address),
    )
    const grant = grants[0]
    if (capture !== session.capture || !agent || !grant) continue
    const text = `${agent.name} gets ${endpointText(relayedAddress)} from the TURN server ${endpointText(server)} for ${grant.lifetime} s`
    lines.push({ at: grant.at, text })
  }
  for (const { name, description } of [session.a, session.b]) {
    if (!description) continue
    const kinds = Map.groupBy(description.candidates, ({ type }) => type)
    const candidates = [...kinds].map(([type, all]) => `${all.length} ${type}`).join(', ') || 'none'
    const options = description.options.length > 0 ? `, options ${description.options.join(' ')}` : ''
    const text = `${name} signals candidates: ${candidates}${description.lite ? ', ice-lite' : ''}${options}`
    lines.push({ at: session.startedAt - 1, text })
  }
  return lines
}

/** Which pairs were checked, by whom, and what came of it. */
export function checking(session: IceSession): StoryLine[] {
  return session.pairs.flatMap((pair) =>
    [session.a, session.b].flatMap((agent) => {
      const own = pair.checks.filter(({ from }) => from === agent)
      const first = own[0]
      if (!first) return []
      const component = session.pairs.some((one) => one.component !== 1) ? ` (component ${pair.component})` : ''
      const role = first.role ? `, ${first.role}` : ''
      return [
        {
          at: first.at,
          text: `${agent.name}${role}, checks ${wayOf(session, pair, agent)}${component}: ${outcome(own)}`,
        },
      ]
    }),
  )
}

function outcome(own: Check[]): string {
  const success = own.find((one) => one.success)
  if (success?.success) {
    const [first] = own as [Check]
    const asked = own.filter(({ at }) => at <= success.at).reduce((sum, { requests }) => sum + requests.length, 0)
    const before = asked > 1 ? ` to request ${asked}` : ''
    return `success${before} after ${duration(success.success.at - first.at)}`
  }
  const error = own.find((one) => one.error)?.error
  if (error) return `error ${error.code}`
  const requests = own.flatMap((one) => one.requests)
  const last = requests.at(-1)?.at ?? 0
  return `no answer to ${count(requests.length, 'request')} in ${duration(last - (requests[0]?.at ?? last))}`
}

/** Changes of role, and refusals that are about it. */
export function conflicts(session: IceSession): StoryLine[] {
  const changes = [session.a, session.b].flatMap(({ name, roles }) =>
    roles.flatMap((one, index) => {
      const before = roles[index - 1]
      return before && before.role !== one.role ? [{ at: one.at, text: `${name} becomes ${one.role}` }] : []
    }),
  )
  const refusals = session.checks.flatMap(({ error, to, from }) =>
    error?.code === 487
      ? [{ at: error.sighting.at, text: `${to.name} refuses ${from.name}’s role with error 487` }]
      : [],
  )
  return [...changes, ...refusals]
}

/** Which pairs were nominated, and whether both sides could take them. */
export function nominating(session: IceSession): StoryLine[] {
  const lines = session.nominations.map(({ pair, check, at, by, confirmedAt }) => {
    const own = pair.checks.filter(({ from }) => from === check.from)
    const way = own[0] === check ? ' with its first check' : ''
    const half = confirmedAt === undefined ? `; ${check.to.name} has no success of its own there` : ''
    return { at, text: `${check.from.name} nominates ${wayOf(session, pair, check.from)}${way} by ${by}${half}` }
  })
  const tried = session.checks.find((one) => one.useCandidate && !one.success)
  if (lines.length > 0) return lines
  const first = session.checks[0]
  const text = tried ? `${tried.from.name} nominates, and is not answered` : 'Nobody nominates a pair'
  return [{ at: tried?.at ?? Math.max(session.endedAt, first?.at ?? 0), text }]
}

const kindNames = { rtp: 'RTP', rtcp: 'RTCP', 'dtls-data': 'DTLS data', other: 'other data' }

/** DTLS and data, each direction of each pair. */
export function data(session: IceSession): StoryLine[] {
  const lines: StoryLine[] = []
  for (const [type, name] of [
    [1, 'ClientHello'],
    [2, 'ServerHello'],
  ] as const) {
    for (const agent of [session.a, session.b]) {
      const hellos = session.dtls.filter(
        ({ from, message }) => from === agent && message.body.handshake?.some((one) => one.type === type),
      )
      const first = hellos[0]
      if (!first) continue
      const times = hellos.length > 1 ? `, ${hellos.length} times` : ''
      lines.push({
        at: first.message.at,
        text: `${agent.name} sends DTLS ${name} on ${wayOf(session, first.pair, agent)}${times}`,
      })
    }
  }
  for (const pair of session.pairs) {
    for (const { from, kind, packets, bytes, bursts } of pair.data) {
      const first = bursts[0]
      const last = bursts.at(-1)
      if (!first || !last) continue
      const selected = session.nominations.some((one) => one.pair === pair) ? '' : ', which is not nominated'
      const text = `${from.name} sends ${count(packets, 'packet')} of ${kindNames[kind]} (${bytes} bytes) in ${duration(last.to - first.from)} on ${wayOf(session, pair, from)}${selected}`
      lines.push({ at: first.from, text })
    }
  }
  return lines
}

/** Checks of consent after the nomination (RFC 7675 §5.1). */
export function consent(session: IceSession): StoryLine[] {
  const nominated = new Map<CandidatePair, number>()
  for (const { pair, confirmedAt, by } of session.nominations) {
    if (confirmedAt !== undefined && by === 'USE-CANDIDATE') nominated.set(pair, confirmedAt)
  }
  return [...nominated].flatMap(([pair, since]) =>
    [session.a, session.b].flatMap((agent) => {
      const asked = pair.checks.filter(({ from, at }) => from === agent && at > since + 3e6)
      const first = asked[0]
      if (!first) return []
      const answered = asked.filter(({ success }) => success).length
      const to = peerOf(session, agent).name
      const all = answered === asked.length ? 'all answered' : `${answered} answered`
      return [{ at: first.at, text: `${agent.name} asks ${to} for consent: ${count(asked.length, 'check')}, ${all}` }]
    }),
  )
}

/** Who the two are: what software they name, and where they are. */
export function introduction(session: IceSession): StoryLine[] {
  return [session.a, session.b].map((agent) => {
    const message = session.checks
      .flatMap(({ from, requests, answers }) => (from === agent ? requests : answers))
      .find(({ body }) => attributeOf(body, stunAttributes.SOFTWARE))
    const software = message && attributeOf(message.body, stunAttributes.SOFTWARE)
    const named = software ? `, says it is ${Buffer.from(software.value).toString('utf8').slice(0, 80)}` : ''
    const lite = agent.lite ? ', lite' : ''
    const where = [...agent.endpoints.keys()].join(', ')
    return {
      at: session.startedAt - 2,
      text: `${agent.name} is ${agent.ufrag} at ${where}: ${agent.role ?? 'no role told'}${lite}${named}`,
    }
  })
}
