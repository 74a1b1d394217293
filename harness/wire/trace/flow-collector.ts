import type { Endpoint } from '../ip/address.ts'
import type { DataFlow, Relayed, WireMessage } from './trace.ts'

/** Flows that are kept; what belongs to others is only counted. */
const flowsAtMost = 10_000
/** Synchronization sources of one direction; more are no RTP. */
const sourcesAtMost = 64
const burstsAtMost = 10_000
/** A gap that ends a burst, microseconds. */
const gap = 1_000_000

interface Kept {
  flow: DataFlow
  /** Of RTP: the last sequence number, and how often the next one was close to it. */
  sequence: number
  successive: number
}

interface Bucket {
  flows?: Map<string | number, Kept>
  sources: number
  /** STUN or DTLS was seen between the two ends. */
  call: boolean
}

/** Adds data up to flows: one for each direction, kind, synchronization source and way through TURN. */
export class FlowCollector {
  /** Packets and bytes of flows for which there was no room. */
  readonly left = { packets: 0, bytes: 0 }
  readonly #byEndpoint = new Map<Endpoint, Bucket>()
  readonly #byTuple = new Map<string, Bucket>()
  #flows = 0

  /** To be told of what shows that two ends have a call, so that what looks like RTP between them is it. */
  call(message: WireMessage): void {
    const bucket = this.#bucket(message)
    if (bucket.call) return
    bucket.call = true
    const { transport, source, destination } = message
    this.#bucketOf(tuple(message.capture, transport, destination, source)).call = true
  }

  /** @param size bytes that the message adds; 0 of what was counted with another */
  add(message: WireMessage, kind: DataFlow['kind'], size: number): void {
    const bucket = this.#bucket(message)
    const { body, relayed } = message
    const rtp = body.kind === 'rtp' ? body : undefined
    const tooMany = rtp && bucket.sources >= sourcesAtMost && !bucket.flows?.has(rtp.ssrc)
    if (tooMany && !relayed) {
      this.add({ ...message, body: { kind: 'other', length: size } }, 'other', size)
      return
    }
    const key = rtp && !relayed ? rtp.ssrc : `${kind} ${rtp?.ssrc ?? ''} ${relayed ? way(relayed) : ''}`
    const kept = bucket.flows?.get(key) ?? this.#begin(bucket, key, message, kind)
    if (kept === undefined) {
      this.left.packets++
      this.left.bytes += size
      return
    }
    if (rtp) followRtp(kept, rtp.sequence, rtp.payloadType)
    extend(kept.flow, message, size)
  }

  /** All flows, by their first packets. What only began like RTP, between ends without a call or of
   * too many sources, is `other`. */
  finish(): DataFlow[] {
    const found: DataFlow[] = []
    for (const bucket of this.#byTuple.values()) {
      const other: DataFlow[] = []
      for (const kept of bucket.flows?.values() ?? []) {
        const doubted = !bucket.call || bucket.sources >= sourcesAtMost
        const foreign = kept.flow.kind === 'other' || (kept.flow.kind === 'rtp' && !plausible(kept))
        if (doubted && foreign && !kept.flow.relayed) other.push(kept.flow)
        else found.push(kept.flow)
      }
      if (other.length > 0) found.push(joined(other))
    }
    return found.sort((a, b) => a.capture - b.capture || firstPacket(a) - firstPacket(b))
  }

  #bucket(message: WireMessage): Bucket {
    const known = this.#byEndpoint.get(message.source)
    if (known) return known
    // The decoder's own bound keeps the endpoints few; those that it forgot come again as others.
    if (this.#byEndpoint.size >= 1 << 14) this.#byEndpoint.clear()
    const { capture, transport, source, destination } = message
    const bucket = this.#bucketOf(tuple(capture, transport, source, destination))
    this.#byEndpoint.set(source, bucket)
    return bucket
  }

  #bucketOf(key: string): Bucket {
    let bucket = this.#byTuple.get(key)
    if (bucket === undefined) {
      bucket = { flows: undefined, sources: 0, call: false }
      if (this.#byTuple.size < flowsAtMost * 2) this.#byTuple.set(key, bucket)
    }
    return bucket
  }

  #begin(bucket: Bucket, key: string | number, message: WireMessage, kind: DataFlow['kind']): Kept | undefined {
    const { capture, transport, source, destination, relayed, body, at, packet } = message
    if (this.#flows >= flowsAtMost || (kind === 'rtp' && bucket.sources >= sourcesAtMost)) return undefined
    this.#flows++
    const flow: DataFlow = { kind, capture, transport, source, destination, packets: 0, bytes: 0, bursts: [] }
    if (relayed) flow.relayed = relayed
    if (body.kind === 'rtp') {
      bucket.sources++
      flow.ssrc = body.ssrc
      flow.payloadTypes = []
    }
    flow.bursts.push({ from: at, to: at, firstPacket: packet, lastPacket: packet, packets: 0 })
    const kept: Kept = { flow, sequence: body.kind === 'rtp' ? body.sequence : 0, successive: 0 }
    bucket.flows ??= new Map()
    bucket.flows.set(key, kept)
    return kept
  }
}

const tuple = (capture: number, transport: string, source: Endpoint, destination: Endpoint) =>
  `${capture} ${transport} ${source.address} ${source.port} ${destination.address} ${destination.port}`

const way = ({ as, channel, peer }: Relayed) => `${as} ${channel ?? ''} ${peer ? `${peer.address} ${peer.port}` : ''}`

function followRtp(kept: Kept, sequence: number, payloadType: number): void {
  const step = (sequence - kept.sequence) & 0xffff
  if (step > 0 && step < 100) kept.successive++
  kept.sequence = sequence
  const types = kept.flow.payloadTypes
  if (types && !types.includes(payloadType)) types.push(payloadType)
}

const plausible = ({ flow, successive }: Kept) => flow.packets >= 3 && successive * 2 >= flow.packets

function extend(flow: DataFlow, { at, packet }: WireMessage, size: number): void {
  flow.bytes += size
  if (size === 0) return
  flow.packets++
  let burst = flow.bursts[flow.bursts.length - 1] as DataFlow['bursts'][number]
  if (at - burst.to >= gap && flow.bursts.length < burstsAtMost) {
    burst = { from: at, to: at, firstPacket: packet, lastPacket: packet, packets: 0 }
    flow.bursts.push(burst)
  }
  burst.to = Math.max(burst.to, at)
  burst.lastPacket = packet
  burst.packets++
}

const firstPacket = (flow: DataFlow) => flow.bursts[0]?.firstPacket ?? 0

/** Several flows of one direction as one that nobody reads. */
function joined(flows: DataFlow[]): DataFlow {
  const [first] = flows as [DataFlow]
  const { capture, transport, source, destination } = first
  const bursts: DataFlow['bursts'] = []
  for (const burst of flows.flatMap((flow) => flow.bursts).sort((a, b) => a.firstPacket - b.firstPacket)) {
    const last = bursts.at(-1)
    if (last === undefined || (burst.from - last.to >= gap && bursts.length < burstsAtMost)) bursts.push({ ...burst })
    else {
      last.to = Math.max(last.to, burst.to)
      last.lastPacket = Math.max(last.lastPacket, burst.lastPacket)
      last.packets += burst.packets
    }
  }
  const sum = (of: 'packets' | 'bytes') => flows.reduce((total, flow) => total + flow[of], 0)
  return {
    kind: 'other',
    capture,
    transport,
    source,
    destination,
    packets: sum('packets'),
    bytes: sum('bytes'),
    bursts,
  }
}
