import type { Endpoint } from '../../wire/ip/address.ts'
import type { IceDescription } from '../signalled/ice-description.ts'
import { endpointText, wayText } from './endpoints.ts'
import { fillSessions } from './fill-session.ts'
import type { CandidatePair, Check, IceAgent, IceSession, UsernameFault } from './ice-session.ts'
import { pairIn } from './pair-in.ts'
import type { Placed } from './place-messages.ts'
import { type LooseCheck, readChecks } from './read-check.ts'

/** Checks with the same two username fragments. */
interface Draft {
  capture: number
  ufrags: [string, string]
  checks: LooseCheck[]
  /** Epoch microseconds of its first and last check. */
  from: number
  to: number
}

/**
 * Finds the ICE sessions of a capture: checks belong together by the two username fragments of their USERNAME (RFC 8445
 * §7.2.2), and what carries none by its addresses.
 */
export function buildSessions(placed: Placed, descriptions: IceDescription[]): IceSession[] {
  const loose = readChecks(placed).filter(({ isIce }) => isIce)
  const drafts = new Map<string, Draft>()
  const homeless: LooseCheck[] = []
  for (const check of loose) {
    if (!check.ufrags) {
      homeless.push(check)
      continue
    }
    const sorted = check.ufrags.toSorted() as [string, string]
    const key = `${check.capture}/${sorted.join(':')}`
    const draft = drafts.get(key) ?? {
      capture: check.capture,
      ufrags: sorted,
      checks: [],
      from: check.at,
      to: check.at,
    }
    draft.checks.push(check)
    draft.to = check.at
    drafts.set(key, draft)
  }
  const kept = takeStrays([...drafts.values()], homeless, descriptions)
  const sessions = kept.map((draft) => buildSession(draft, descriptions))
  fillSessions(sessions, placed)
  return sessions.sort((one, other) => one.startedAt - other.startedAt)
}

const waysOf = (checks: LooseCheck[]): Set<string> =>
  new Set(checks.flatMap(({ source, destination }) => [wayText(source, destination), wayText(destination, source)]))

/**
 * Checks that name as their receiver somebody whom nobody is: on the addresses of a session that runs at the time, one
 * way only, and never answered with success. They are that session's, with a wrong USERNAME.
 */
function takeStrays(drafts: Draft[], homeless: LooseCheck[], descriptions: IceDescription[]): Draft[] {
  const isStray = ({ checks }: Draft) => {
    const [to] = checks[0]?.ufrags ?? []
    const isOneWay = checks.every(({ success, ufrags }) => !success && ufrags?.[0] === to)
    return isOneWay && !descriptions.some(({ ufrag }) => ufrag === to)
  }
  const hosts = drafts.filter((draft) => !isStray(draft))
  const kept = [...hosts]
  const byWay = new Map<string, Set<Draft>>()
  for (const host of hosts) {
    for (const way of waysOf(host.checks)) {
      const key = `${host.capture}/${way}`
      byWay.set(key, (byWay.get(key) ?? new Set()).add(host))
    }
  }
  const adopt = (checks: LooseCheck[], capture: number): boolean => {
    const to = checks[0]?.ufrags?.[0]
    for (const way of waysOf(checks)) {
      for (const host of byWay.get(`${capture}/${way}`) ?? []) {
        // One who names its receiver rightly and itself anew has begun a new session.
        if ((to !== undefined && host.ufrags.includes(to)) || !overlaps(host, checks)) continue
        host.checks.push(...checks)
        return true
      }
    }
    return false
  }
  for (const draft of drafts) {
    if (isStray(draft) && !adopt(draft.checks, draft.capture)) kept.push(draft)
  }
  for (const check of homeless) adopt([check], check.capture)
  for (const { checks } of kept) checks.sort((one, other) => one.at - other.at)
  return kept
}

/** Whether guests come while a host's own checks go on, give or take a second. */
const overlaps = ({ from, to }: Draft, guests: LooseCheck[]): boolean =>
  (guests[0]?.at ?? 0) >= from - 1e6 && (guests.at(-1)?.at ?? 0) <= to + 1e6

function buildSession({ capture, ufrags, checks }: Draft, descriptions: IceDescription[]): IceSession {
  const owner = ownersOf(checks, ufrags, descriptions)
  const first = checks[0] as LooseCheck
  const firstUfrag = owner.get(endpointText(first.source)) ?? first.ufrags?.[1] ?? ufrags[0]
  const otherUfrag = ufrags.find((one) => one !== firstUfrag) ?? ufrags[1]
  const agent = (name: string, ufrag: string): IceAgent => ({
    name,
    ufrag,
    endpoints: new Map(),
    roles: [],
    lite: false,
    description: descriptions.find((one) => one.ufrag === ufrag),
  })
  const a = agent('A', firstUfrag)
  const b = agent('B', otherUfrag)
  const session: IceSession = {
    capture,
    a,
    b,
    pairs: [],
    checks: [],
    nominations: [],
    dtls: [],
    malformed: [],
    indications: [],
    startedAt: first.at,
    endedAt: first.at,
  }
  const pairs = new Map<string, CandidatePair>()
  for (const loose of checks) {
    const sender = (owner.get(endpointText(loose.source)) ?? loose.ufrags?.[1]) === b.ufrag ? b : a
    const receiver = sender === a ? b : a
    sender.endpoints.set(endpointText(loose.source), loose.source)
    receiver.endpoints.set(endpointText(loose.destination), loose.destination)
    const ends = sender === a ? [loose.source, loose.destination] : [loose.destination, loose.source]
    const pair = pairIn(session, pairs, ends as [Endpoint, Endpoint])
    // Not spread: where the request was seen is asked for later.
    const check: Check = Object.assign(loose, { from: sender, to: receiver, pair })
    check.usernameFault = usernameFault(loose, sender, receiver)
    pair.checks.push(check)
    pair.relayed ||= loose.requests.some(({ relayed }) => relayed !== undefined)
    session.checks.push(check)
  }
  session.pairs = [...pairs.values()]
  return session
}

function usernameFault(check: LooseCheck, sender: IceAgent, receiver: IceAgent): UsernameFault | undefined {
  if (check.username === undefined) return 'missing'
  if (!check.ufrags) return 'malformed'
  const [to, from] = check.ufrags
  if (to === receiver.ufrag && from === sender.ufrag) return undefined
  return to === sender.ufrag && from === receiver.ufrag ? 'swapped' : 'foreign'
}

/**
 * Which username fragment an address belongs to. Each check says so of both its ends; where they disagree, one that was
 * answered with success weighs more, and what was signalled weighs most.
 */
function ownersOf(checks: LooseCheck[], own: [string, string], descriptions: IceDescription[]): Map<string, string> {
  const votes = new Map<string, Map<string, number>>()
  const vote = (endpoint: Endpoint, ufrag: string | undefined, weight: number) => {
    if (ufrag === undefined || !own.includes(ufrag)) return
    const key = endpointText(endpoint)
    const counted = votes.get(key) ?? new Map<string, number>()
    counted.set(ufrag, (counted.get(ufrag) ?? 0) + weight)
    votes.set(key, counted)
  }
  for (const { source, destination, ufrags, success } of checks) {
    const weight = success ? 10 : 1
    vote(source, ufrags?.[1], weight)
    vote(destination, ufrags?.[0], weight)
  }
  for (const { ufrag, candidates, trickled } of descriptions) {
    // Whose a candidate is that came by itself may have been guessed.
    const weight = trickled ? 3 : 1000
    for (const { endpoint } of candidates) if (votes.has(endpointText(endpoint))) vote(endpoint, ufrag, weight)
  }
  return new Map(
    [...votes].map(([key, counted]) => [key, [...counted].sort((one, other) => other[1] - one[1])[0]?.[0] as string]),
  )
}
