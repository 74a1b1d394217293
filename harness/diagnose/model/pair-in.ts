import type { Endpoint } from '../../wire/ip/address.ts'
import { wayText } from './endpoints.ts'
import type { CandidatePair, IceSession } from './ice-session.ts'

/** The pair of two addresses; made where it is not there. */
export function pairIn(
  session: IceSession,
  pairs: Map<string, CandidatePair>,
  [a, b]: [Endpoint, Endpoint],
): CandidatePair {
  const key = wayText(a, b)
  const known = pairs.get(key)
  if (known) return known
  const pair: CandidatePair = { key, a, b, component: 1, checks: [], data: [], relayed: false }
  pairs.set(key, pair)
  session.pairs.push(pair)
  return pair
}
