import { otherSide, type TapSide } from '../lab/embedded/udp-tap.ts'
import type { IceKind } from '../lab/ice-agent.ts'
import type { Verdict } from '../record/results-schema.ts'
import { answered, nominatedPairs, type SeenDatagram } from './pair-wire.ts'

/** The columns of a pair's cell, in the order in which a connection comes about. */
export const stageNames = [
  'gathering',
  'checks',
  'nomination',
  'dtls',
  'data-to-controlled',
  'data-to-controlling',
  'consent',
] as const
export type StageName = (typeof stageNames)[number]

export interface StageResult {
  verdict: Verdict
  /** Whose doing it is. */
  blame?: TapSide
  /** What was seen. */
  reason?: string
}
/** `path`: of pairs behind routers, by which kind of pair they talk. */
export type Stages = Partial<Record<StageName | 'path', StageResult>>

/** What one agent told of itself. */
export interface ToldByAgent {
  /** ICE states, in order. */
  ice: string[]
  dtls: string[]
  open: boolean
  /** Messages that it was asked to send, and took. */
  sent: string[]
  received: string[]
  /** Why it did not do what it was asked, or how it ended. */
  fault?: string
}

/** All that is known of a pair when it has run its course. */
export interface PairObservation {
  kind: IceKind
  /** Who could not be joined, and why. */
  joining?: { side: TapSide; message: string }
  told: Record<TapSide, ToldByAgent>
  seen: SeenDatagram[]
  /** When the first messages had come, epoch microseconds: what is asked later shows consent. */
  exchangedAt?: number
  /** Why a side does not ask for consent, where its manifest says so: then it is not expected to. */
  noConsent?: Partial<Record<TapSide, string>>
  /** How many messages each side was to send. */
  messages: number
  /** How many of them have to come, where the network loses some and nobody sends them again; all by default. */
  needed?: number
}

/** How long after a nomination what was on its way before it may still be seen, microseconds: the machine may be busy. */
const inFlightUs = 250_000

const pass: StageResult = { verdict: 'pass' }
const fail = (blame: TapSide | undefined, reason: string): StageResult => ({
  verdict: 'fail',
  ...(blame ? { blame } : {}),
  reason,
})
/** No fault of either: between such NATs only a relay helps. */
const noWay: StageResult = {
  verdict: 'unsupported',
  reason: 'no check of either side comes through the NATs: there is no way without a relay',
}
const unreached: StageResult = { verdict: 'inconclusive', reason: 'it was not reached' }

/** What has to go well before anything can be sent. */
const connecting: readonly StageName[] = ['gathering', 'checks', 'dtls']

/** Judges the stages of a pair, each on its own, by what was told and what was on the wire. */
export function judgeStages(observed: PairObservation): Stages {
  const names = stageNames.filter((name) => name !== 'dtls' || observed.kind !== 'raw-ice')
  const stages: Stages = {}
  for (const name of names) {
    // Without a connection there is nothing to look at behind it.
    const before = connecting.some((stage) => ['fail', 'unsupported'].includes(stages[stage]?.verdict ?? ''))
    const noPath = stages.checks === noWay
    if (noPath) stages[name] = noWay
    else stages[name] = before && name !== 'nomination' ? unreached : judges[name](observed)
  }
  return stages
}

const judges: Record<StageName, (observed: PairObservation) => StageResult> = {
  gathering: ({ joining }) => (joining ? fail(joining.side, joining.message) : pass),
  checks: judgeChecks,
  nomination: judgeNomination,
  dtls: judgeDtls,
  'data-to-controlled': (observed) => judgeData(observed, 'controlling'),
  'data-to-controlling': (observed) => judgeData(observed, 'controlled'),
  consent: judgeConsent,
}

/** A library may say `completed` of its gathering already: what it told before its checks is no connection. */
const isConnected = ({ ice, open }: ToldByAgent) => {
  const states = ice.slice(ice.lastIndexOf('checking') + 1)
  return open || states.includes('connected') || states.includes('completed')
}

/** RFC 8445 §7: each side sends checks and answers those of the other. */
function judgeChecks({ told, seen }: PairObservation): StageResult {
  const without = (['controlling', 'controlled'] as const).filter((side) => !isConnected(told[side]))
  if (without.length === 0) return pass
  const asked = seen.filter(({ kind }) => kind === 'request')
  if (asked.length > 0 && asked.every(({ dropped }) => dropped)) return noWay
  for (const side of without) if (told[side].fault) return fail(side, told[side].fault)
  for (const side of without) {
    if (!asked.some(({ from }) => from === side)) return fail(side, 'it sent no connectivity check')
  }
  for (const side of without) {
    if (answered(seen, side).length === 0) {
      return fail(otherSide(side), 'it answered no connectivity check with success')
    }
  }
  const [side] = without
  return fail(side, `its checks were answered, and it tells the states ${told[side ?? 'controlled'].ice.join(', ')}`)
}

/** RFC 8445 §8.1.1: the controlling agent nominates by USE-CANDIDATE, and the controlled one answers. */
function judgeNomination({ seen }: PairObservation): StageResult {
  if (!seen.some(({ kind }) => kind === 'request')) return unreached
  const nominations = seen.filter(({ from, nominates }) => from === 'controlling' && nominates)
  if (nominations.length === 0) {
    const by = seen.some(({ renominates }) => renominates) ? ', but a check with attribute 0xC001' : ''
    return fail('controlling', `it sent no check with USE-CANDIDATE${by}`)
  }
  if (answered(seen, 'controlling').some(({ nominates }) => nominates)) return pass
  return fail('controlled', 'it answered no check that nominates')
}

function judgeDtls({ told, seen }: PairObservation): StageResult {
  const isThrough = ({ dtls, open }: ToldByAgent) => open || dtls.includes('connected')
  const without = (['controlling', 'controlled'] as const).filter((side) => !isThrough(told[side]))
  if (without.length === 0) return pass
  const silent = without.find((side) => !seen.some(({ from, kind }) => from === side && kind === 'dtls'))
  const [side] = without
  return fail(silent ?? side, silent ? 'it sent no DTLS record' : 'its handshake does not come to an end')
}

/** Counted where it was sent, where it came to, and between them; and on a pair that was nominated (RFC 8445 §12.1). */
function judgeData({ told, seen, messages, needed = messages }: PairObservation, from: TapSide): StageResult {
  const to = otherSide(from)
  const { open, sent, fault } = told[from]
  if (!open) return fail(from, fault ?? 'it does not say that messages can be sent')
  if (sent.length < messages) return fail(from, fault ?? `it took ${sent.length} of ${messages} messages`)
  const carried = seen.filter((one) => one.from === from && one.kind === 'data')
  const came = sent.filter((message) => told[to].received.includes(message)).length
  if (carried.length === 0) return fail(from, 'no data of it was seen on the wire')
  if (came < needed) return fail(to, `it told of ${came} of ${messages} messages that were sent to it`)
  const { paths, since } = nominatedPairs(seen, from)
  const astray = carried.filter(({ at, path }) => at > since + inFlightUs && !paths.has(path))
  if (astray.length === 0) return pass
  return fail(from, `${astray.length} of ${carried.length} datagrams of data went on a pair that was not nominated`)
}

/** RFC 7675 §5.1: whoever sends goes on asking for consent, and the other side goes on giving it. */
function judgeConsent({ seen, noConsent = {}, exchangedAt = Number.POSITIVE_INFINITY }: PairObservation): StageResult {
  const asking = (['controlling', 'controlled'] as const).filter((side) => noConsent[side] === undefined)
  const [reason] = Object.values(noConsent)
  const later = seen.filter(({ at }) => at > exchangedAt)
  for (const side of asking) {
    const asked = later.filter(({ from, kind }) => from === side && kind === 'request')
    if (asked.length === 0) return fail(side, 'it asked for no consent after data had been sent')
    if (answered(later, side).length === 0) return fail(otherSide(side), 'it did not answer when asked for consent')
  }
  return reason === undefined ? pass : { verdict: 'unsupported', reason }
}

/** Whether a pair was nominated, and both sides have asked for consent since then and been given it: what the tester waits for. */
export const settled = ({ seen, noConsent = {} }: PairObservation, since: number): boolean => {
  const later = seen.filter(({ at }) => at > since)
  const nominated = answered(seen, 'controlling').some(({ nominates }) => nominates)
  const sides = (['controlling', 'controlled'] as const).filter((side) => noConsent[side] === undefined)
  return nominated && sides.every((side) => answered(later, side).length > 0)
}
