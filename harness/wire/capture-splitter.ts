import type { CapturedPacket, PacketSource } from './captured-packet.ts'
import { type Endpoint, normalAddress } from './ip/address.ts'
import { decodeTcp, type TcpSegment } from './tcp/decode-tcp.ts'
import { TrackedFlow, tupleOf } from './tcp/tracked-flow.ts'

/** The two ends of a TCP connection, named as Node's `net.Socket` names them; which is local does not matter. */
export interface ConnectionEnds {
  /** Any address where it is left out. */
  localAddress?: string
  localPort: number
  remoteAddress?: string
  remotePort: number
}

/** A connection that somebody has asked for. */
export interface ClaimedFlow extends ConnectionEnds {
  /** `awaited`: no packet of it has been seen; `closed`: FIN seen from both sides, or RST from either. */
  readonly state: 'awaited' | 'open' | 'closed'
  /** Packets kept, and packets for which there was no room. */
  readonly packets: number
  readonly dropped: number
}

/** How much a splitter may hold. Beyond it the oldest unclaimed flows go first, then packets of claimed ones. */
export interface SplitterLimits {
  /** Flows that nobody claimed; 4096 by default. */
  unclaimedFlows?: number
  /** Bytes of the flows that nobody claimed; 16 MiB by default. */
  unclaimedBytes?: number
  /** Bytes of the claimed flows together; 64 MiB by default. */
  claimedBytes?: number
}

/** What came in that nobody will get. */
export interface SplitterLosses {
  /** Packets that were no TCP. */
  notTcp: number
  /** Flows forgotten unclaimed, and their packets. */
  flows: number
  packets: number
  /** Packets of claimed flows for which there was no room. */
  claimedPackets: number
}

interface Claim extends ClaimedFlow {
  since: number
  flow: TrackedFlow | undefined
}

/** Milliseconds that a closed flow is given to show the acknowledgment of its last FIN. */
const graceMs = 50

/** How many flows that were taken are remembered. */
const takenFlows = 1024

/**
 * Cuts a running capture to the connections of each case.
 *
 * ```ts
 * const splitter = new CaptureSplitter(server.packets)
 * const flow = splitter.claim(ends)                  // as soon as the socket is connected
 * …
 * await splitter.finished([flow])                    // the capture may lag behind the socket
 * const packets = splitter.take([flow])
 * ```
 */
export class CaptureSplitter {
  readonly linkType: number
  readonly losses: SplitterLosses = { notTcp: 0, flows: 0, packets: 0, claimedPackets: 0 }
  readonly #limits: Required<SplitterLimits>
  /** The newest flow of each tuple; older ones live on in their claims. */
  readonly #newest = new Map<string, TrackedFlow>()
  /** In the order in which they began, so that the oldest go first. */
  readonly #unclaimed = new Set<TrackedFlow>()
  readonly #taken = new Set<TrackedFlow>()
  readonly #claims = new Set<Claim>()
  readonly #claimOf = new Map<TrackedFlow, Claim>()
  readonly #waiters = new Set<() => void>()
  #unclaimedBytes = 0
  #claimedBytes = 0

  constructor(source: PacketSource, limits: SplitterLimits = {}) {
    this.linkType = source.linkType
    this.#limits = { unclaimedFlows: 4096, unclaimedBytes: 16 << 20, claimedBytes: 64 << 20, ...limits }
    source.onPacket((packet) => this.#packet(packet))
  }

  /** Bytes of packets held now. */
  get heldBytes(): number {
    return this.#unclaimedBytes + this.#claimedBytes
  }

  /**
   * Says that a connection is the caller's: the newest one between these ports that nobody has, or else the next.
   *
   * @param since epoch microseconds before which it was not begun: tells it from an earlier one between the same ports
   *   that is still there while the packets of this one lag behind. Best taken just before connecting.
   * Throws TypeError where an address is no IP address.
   */
  claim(ends: ConnectionEnds, { since = 0 }: { since?: number } = {}): ClaimedFlow {
    const claim: Claim = {
      localAddress: ends.localAddress === undefined ? undefined : normalAddress(ends.localAddress),
      localPort: ends.localPort,
      remoteAddress: ends.remoteAddress === undefined ? undefined : normalAddress(ends.remoteAddress),
      remotePort: ends.remotePort,
      since,
      flow: undefined,
      get state() {
        return this.flow === undefined ? 'awaited' : this.flow.closed || this.flow.settled ? 'closed' : 'open'
      },
      get packets() {
        return this.flow?.packets.length ?? 0
      },
      get dropped() {
        return this.flow?.dropped ?? 0
      },
    }
    this.#claims.add(claim)
    const candidates = [...this.#unclaimed].filter((flow) => flow.since >= since && matches(flow, claim))
    const flow = candidates.at(-1)
    if (flow) this.#give(flow, claim)
    return claim
  }

  /**
   * Resolves when each of these connections has been seen to its end (FIN from both sides, or RST from either), or
   * the time is over; with those that were not, so an empty list says that the capture is whole.
   *
   * @param timeoutMs milliseconds, 1000 by default
   */
  finished(flows: readonly ClaimedFlow[], { timeoutMs = 1000 }: { timeoutMs?: number } = {}): Promise<ClaimedFlow[]> {
    const claims = flows.map((flow) => this.#own(flow))
    const open = () => claims.filter((claim) => !claim.flow?.complete)
    if (open().length === 0) return Promise.resolve([])
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiters.delete(look)
        resolve(claims.filter((claim) => claim.state !== 'closed'))
      }
      const look = () => {
        if (open().length === 0) done()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#waiters.add(look)
    })
  }

  /** The packets of these connections in the order of time, which are then forgotten together with the claims. */
  take(flows: readonly ClaimedFlow[]): CapturedPacket[] {
    const packets: CapturedPacket[] = []
    for (const claim of flows.map((flow) => this.#own(flow))) {
      this.#claims.delete(claim)
      const flow = claim.flow
      if (flow === undefined || !this.#claimOf.delete(flow)) continue
      this.#claimedBytes -= flow.bytes
      for (const packet of flow.packets.splice(0)) packets.push(packet)
      this.#bury(flow)
    }
    this.#tell()
    return packets.sort((a, b) => a.at - b.at)
  }

  #packet(packet: CapturedPacket): void {
    const segment = decodeTcp(this.linkType, packet.data)
    if (segment === undefined) {
      this.losses.notTcp++
      return
    }
    const flow = this.#flowOf(segment, packet.at)
    const wasClosed = flow.closed
    flow.follow(segment)
    this.#store(flow, packet)
    if (!flow.closed || !this.#claimOf.has(flow)) return
    if (flow.complete) this.#tell()
    else if (!wasClosed) this.#settleLater(flow)
  }

  #flowOf(segment: TcpSegment, at: number): TrackedFlow {
    const tuple = tupleOf(segment)
    const known = this.#newest.get(tuple)
    if (known && !known.isAnotherOpening(segment)) return known
    if (known) this.#settle(known)
    if (known) this.#taken.delete(known)
    const flow = new TrackedFlow(segment, at)
    this.#newest.set(tuple, flow)
    this.#unclaimed.add(flow)
    for (const claim of this.#claims) {
      if (claim.flow || !matches(flow, claim) || at < claim.since) continue
      // The rest of an earlier connection is not what a claim without a time waits for.
      if (!flow.fromTheStart && claim.since === 0) continue
      this.#give(flow, claim)
      break
    }
    return flow
  }

  #store(flow: TrackedFlow, packet: CapturedPacket): void {
    const claimed = this.#claimOf.has(flow)
    const size = packet.data.length
    if (!claimed && !this.#unclaimed.has(flow)) return // taken
    if (claimed && this.#claimedBytes + size > this.#limits.claimedBytes) {
      flow.dropped++
      this.losses.claimedPackets++
      return
    }
    // A copy: the data may be a view on a chunk many times its size.
    flow.packets.push({ at: packet.at, length: packet.length, data: new Uint8Array(packet.data) })
    flow.bytes += size
    if (claimed) this.#claimedBytes += size
    else {
      this.#unclaimedBytes += size
      this.#makeRoom()
    }
  }

  #makeRoom(): void {
    for (const flow of this.#unclaimed) {
      const { unclaimedFlows, unclaimedBytes } = this.#limits
      if (this.#unclaimed.size <= unclaimedFlows && this.#unclaimedBytes <= unclaimedBytes) return
      this.#unclaimed.delete(flow)
      this.#unclaimedBytes -= flow.bytes
      this.losses.flows++
      this.losses.packets += flow.packets.length
      flow.packets.length = 0
      this.#forget(flow)
    }
  }

  #give(flow: TrackedFlow, claim: Claim): void {
    claim.flow = flow
    this.#claimOf.set(flow, claim)
    this.#unclaimed.delete(flow)
    this.#unclaimedBytes -= flow.bytes
    this.#claimedBytes += flow.bytes
    if (flow.closed && !flow.complete) this.#settleLater(flow)
  }

  /** Late packets of a flow that was taken would else seem to begin another: for a while they are known and not kept. */
  #bury(flow: TrackedFlow): void {
    flow.settled = true
    if (this.#newest.get(flow.tuple) !== flow) return
    this.#taken.add(flow)
    const [oldest] = this.#taken
    if (oldest && this.#taken.size > takenFlows) this.#forget(oldest)
  }

  #forget(flow: TrackedFlow): void {
    this.#taken.delete(flow)
    if (this.#newest.get(flow.tuple) === flow) this.#newest.delete(flow.tuple)
  }

  #settleLater(flow: TrackedFlow): void {
    setTimeout(() => this.#settle(flow), graceMs).unref()
  }

  #settle(flow: TrackedFlow): void {
    flow.settled = true
    this.#tell()
  }

  #tell(): void {
    for (const look of [...this.#waiters]) look()
  }

  #own(flow: ClaimedFlow): Claim {
    return flow as Claim
  }
}

function matches(flow: TrackedFlow, claim: ConnectionEnds): boolean {
  const is = (end: Endpoint, address: string | undefined, port: number) =>
    end.port === port && (address === undefined || address === end.address)
  const between = (local: Endpoint, remote: Endpoint) =>
    is(local, claim.localAddress, claim.localPort) && is(remote, claim.remoteAddress, claim.remotePort)
  const [a, b] = flow.ends
  return between(a, b) || between(b, a)
}
