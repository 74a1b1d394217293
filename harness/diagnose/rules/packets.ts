import { endpointText } from '../model/endpoints.ts'
import type { CandidatePair, IceAgent, IceSession } from '../model/ice-session.ts'
import { endOf, peerOf } from '../model/ice-session.ts'

/** `10.0.0.1:5000 → 10.0.0.2:6000`, from the side of one agent. */
export const wayOf = (session: IceSession, pair: CandidatePair, from: IceAgent): string =>
  `${endpointText(endOf(session, pair, from))} → ${endpointText(endOf(session, pair, peerOf(session, from)))}`

/** `0.5 s`, `120 ms`; of microseconds. */
export function duration(microseconds: number): string {
  if (Math.abs(microseconds) < 1e6) return `${Math.round(microseconds / 1000)} ms`
  const seconds = microseconds / 1e6
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
}

/** A finding names the first packets that show it; more tell nothing new. */
export const mostPackets = 12

/** `1 packet`, `3 packets`. */
export const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`
