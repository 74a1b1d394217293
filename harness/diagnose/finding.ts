import type { WireMessage } from '../wire/trace/trace.ts'
import type { IceAgent, IceSession } from './model/ice-session.ts'

export type FindingLevel = 'MUST' | 'SHOULD' | 'MAY' | 'none'

/** What a rule sees: one session, and what was before and around it. */
export interface Scene {
  session: IceSession
  /** Sessions of the same capture between the same addresses that began earlier, by time: before a restart. */
  earlier: IceSession[]
  /** The same for those that began later. */
  later: IceSession[]
  /** Epoch microseconds of the last packet of the capture. */
  captureEndsAt: number
}

/** Where a rule was broken. */
export interface Breach {
  /** Who broke it: an agent of the session, or in words. */
  blame: IceAgent | 'TURN client' | 'TURN server' | 'both agents' | 'network' | 'unknown'
  packets: Pick<WireMessage, 'packet' | 'capture'>[]
  /** One sentence with the addresses, times and values of this case. */
  detail: string
  /** Where this case weighs less than the rule. */
  level?: FindingLevel
}

/** A sentence of a specification, as a pure function over what a capture shows. */
export interface Rule {
  id: string
  specification: string
  section: string
  level: FindingLevel
  title: string
  /** Two sentences for somebody who never read the specification. */
  explanation: string
  check(scene: Scene): Iterable<Breach>
}

/** What a rule says of a trace (DESIGN §8, §10). */
export interface Finding {
  rule: string
  specification: string
  section: string
  level: FindingLevel
  title: string
  /** `controlled agent`, `controlling agent`, `TURN client`, … */
  blame: string
  /** Name of the blamed agent in its session, where it is one. */
  agent?: string
  /** Index into the sessions of the diagnosis. */
  session?: number
  capture: number
  /** Numbers of packets in that capture, from 1. */
  packets: number[]
  explanation: string
  detail: string
}
