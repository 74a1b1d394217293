import type { Endpoint } from '../../wire/ip/address.ts'
import type { DataFlow, DtlsRecord, MalformedMessage, Trace, WireMessage } from '../../wire/trace/trace.ts'
import { endpointText, wayText } from './endpoints.ts'
import type { StunSighting } from './ice-session.ts'
import { type TurnAllocation, throughRelay } from './turn-allocations.ts'

type Kept = Trace['messages'][number]

/** What a capture holds, each message once and between the addresses that the agents mean. */
export interface Placed {
  stun: StunSighting[]
  dtls: WireMessage<DtlsRecord>[]
  malformed: WireMessage<MalformedMessage>[]
  flows: DataFlow[]
  /** Of each request, every source that it was seen with: more than one where a NAT is inside the capture. */
  sourcesOf(request: StunSighting): Endpoint[]
}

/** The same message is not sent again in less, microseconds: what comes sooner is the same packet at another place. */
const samePacketWithin = 100_000

/**
 * Makes one view of a capture: what travelled inside TURN is put between relayed address and peer, a packet that was
 * captured before and behind a NAT or a relay counts once, by the addresses of the place where it was seen first.
 */
export function placeMessages(trace: Trace, allocations: TurnAllocation[]): Placed {
  const located = trace.messages.map((message) => throughRelay(message, allocations))
  const aliases = findAliases(located)
  const sources = new Map<string, Endpoint[]>()
  const seen = new Map<string, { at: number; raw: string }>()
  const placed: Placed = {
    stun: [],
    dtls: [],
    malformed: [],
    flows: trace.flows.map((flow) => translate(throughRelay(flow, allocations), aliases)),
    sourcesOf: ({ capture, body }) => sources.get(`${capture}/${body.transactionId}`) ?? [],
  }
  for (const message of located) {
    const moved = translate(message, aliases)
    const { body } = moved
    if (body.kind === 'stun') {
      const id = `${message.capture}/${body.transactionId}`
      if (body.class === 'request') addSource(sources, id, message.source)
      const key = `${id}/${body.class}/${wayText(moved.source, moved.destination)}`
      const raw = wayText(message.source, message.destination)
      const before = seen.get(key)
      const isCopy = before !== undefined && message.at - before.at < (before.raw === raw ? 1000 : samePacketWithin)
      if (isCopy) continue
      seen.set(key, { at: message.at, raw })
      placed.stun.push(moved as StunSighting)
    } else if (body.kind === 'dtls') placed.dtls.push(moved as WireMessage<DtlsRecord>)
    else placed.malformed.push(moved as WireMessage<MalformedMessage>)
  }
  return placed
}

function addSource(sources: Map<string, Endpoint[]>, id: string, source: Endpoint) {
  const known = sources.get(id) ?? []
  if (!known.some((one) => endpointText(one) === endpointText(source))) known.push(source)
  sources.set(id, known)
}

interface Way {
  source: Endpoint
  destination: Endpoint
}

/** Which 5-tuples are another place of one that was seen before: they carry the same transactions at the same time. */
function findAliases(messages: Kept[]): Map<string, Way> {
  const first = new Map<string, { way: Way; at: number }>()
  const aliases = new Map<string, Way>()
  for (const { body, capture, source, destination, at } of messages) {
    if (body.kind !== 'stun' || body.class !== 'request' || body.method !== 1) continue
    const id = `${capture}/${body.transactionId}`
    const before = first.get(id)
    const way = aliases.get(wayText(source, destination)) ?? { source, destination }
    if (!before) {
      first.set(id, { way, at })
      continue
    }
    if (wayText(before.way.source, before.way.destination) === wayText(way.source, way.destination)) continue
    if (at - before.at > samePacketWithin) continue
    aliases.set(wayText(source, destination), before.way)
    aliases.set(wayText(destination, source), { source: before.way.destination, destination: before.way.source })
  }
  return aliases
}

function translate<M extends Way>(message: M, aliases: Map<string, Way>): M {
  const other = aliases.get(wayText(message.source, message.destination))
  return other ? { ...message, ...other } : message
}
