import { attributeOf } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { errorCodeOf, numberOf, textOf, tieBreakerOf } from '../../wire/stun/stun-values.ts'
import { endpointText, wayText } from './endpoints.ts'
import type { Check, IceRole, StunSighting } from './ice-session.ts'
import type { Placed } from './place-messages.ts'

/** A Binding transaction before anybody knows whose it is. */
export type LooseCheck = Omit<Check, 'from' | 'to' | 'pair'> & {
  capture: number
  /** Both parts of a USERNAME that has a colon: of whom it is sent to, and of who sends. */
  ufrags?: [to: string, from: string]
  /** Whether any attribute of ICE is in it; a question to a STUN server has none. */
  isIce: boolean
}

const bindingMethod = 1

/** Binding transactions in the order of their first request, each with all its transmissions and answers. */
export function readChecks(placed: Placed): LooseCheck[] {
  const checks: LooseCheck[] = []
  const byId = new Map<string, LooseCheck[]>()
  for (const sighting of placed.stun) {
    const { body, capture, source, destination } = sighting
    if (body.method !== bindingMethod || body.class === 'indication') continue
    const id = `${capture}/${body.transactionId}`
    const known = byId.get(id) ?? []
    if (body.class === 'request') {
      const way = wayText(source, destination)
      const same = known.find((one) => wayText(one.source, one.destination) === way)
      if (same) same.requests.push(sighting)
      else {
        const check = readCheck(sighting, placed)
        checks.push(check)
        byId.set(id, [...known, check])
      }
      continue
    }
    const mirrored = known.find(
      (one) =>
        endpointText(one.source) === endpointText(destination) &&
        endpointText(one.destination) === endpointText(source),
    )
    const check = mirrored ?? known.at(-1)
    if (check) takeAnswer(check, sighting)
  }
  return checks
}

function takeAnswer(check: LooseCheck, sighting: StunSighting) {
  check.answers.push(sighting)
  if (sighting.body.class === 'success') check.success ??= sighting
  else {
    const attribute = attributeOf(sighting.body, stunAttributes.ERROR_CODE)
    check.error ??= { code: (attribute && errorCodeOf(attribute)?.code) ?? 0, sighting }
  }
}

function readCheck(sighting: StunSighting, placed: Placed): LooseCheck {
  const { body, capture, source, destination, at } = sighting
  const of = (type: number) => attributeOf(body, type)
  const username = of(stunAttributes.USERNAME)
  const text = username && textOf(username)
  const parts = text?.split(':')
  const priority = of(stunAttributes.PRIORITY)
  const nomination = of(stunAttributes.NOMINATION)
  const controlling = of(stunAttributes.ICE_CONTROLLING)
  const role = controlling ?? of(stunAttributes.ICE_CONTROLLED)
  const useCandidate = of(stunAttributes.USE_CANDIDATE) !== undefined
  const roleName: IceRole | undefined = role && (controlling ? 'controlling' : 'controlled')
  const [to, from] = parts ?? []
  return {
    capture,
    source,
    destination,
    requests: [sighting],
    answers: [],
    at,
    username: text,
    ufrags: parts?.length === 2 && to && from ? [to, from] : undefined,
    priority: priority && numberOf(priority),
    nomination: nomination && numberOf(nomination),
    role: roleName,
    tieBreaker: role && tieBreakerOf(role),
    useCandidate,
    isIce: Boolean(priority || role || useCandidate || text?.includes(':')),
    get seenFrom() {
      return placed.sourcesOf(sighting)
    },
  }
}
