import { rm } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RpcDriver } from '../lab/embedded/rpc-driver.ts'
import { type TapSide, tapSides, UdpTap } from '../lab/embedded/udp-tap.ts'
import { IceAgent, type IceKind } from '../lab/ice-agent.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { LabError } from '../lab/lab.ts'
import { type NatKind, natKinds } from '../lab/nat.ts'
import { capabilitiesOf } from '../plan/registry.ts'
import type { Case } from '../suite/define-suite.ts'
import type { PairFixtures } from '../suite/pair-fixtures.ts'
import type { Requirement } from '../suite/requirements.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import type { CapturedPacket } from '../wire/captured-packet.ts'
import { pcapFile } from '../wire/pcap/pcap-writer.ts'
import { driverDescription } from './driver-description.ts'
import { type DriverSource, openDriverSource } from './driver-source.ts'
import type { Job } from './job.ts'
import { diagnosePair } from './pair-diagnosis.ts'
import { PairSession } from './pair-session.ts'
import type { Stages } from './pair-stages.ts'
import { wayThrough } from './pair-wire.ts'
import { scratchFolder } from './server-world.ts'
import type { Stage, World } from './world.ts'

export type Described = { manifest: Manifest; variant: Variant }

/** How long a process may take to introduce itself, milliseconds: the machine may be busy with others. */
const introductionMs = 60_000

/** Packets of one case that are kept at most. */
const mostPackets = 100_000

interface Side {
  described: Described
  source: DriverSource
  /** Started ahead: the next case takes it. */
  warm?: RpcDriver
}

/** The world of a pair's cell: for each case a fresh process of either agent, and a tap between them. */
export class PairWorld implements World {
  readonly claims: string[]
  readonly provenance: Record<string, string>
  readonly #sides: Record<TapSide, Side>
  readonly #kind: IceKind
  readonly #nats: Record<TapSide, NatKind>
  readonly #scratch: string

  private constructor(sides: Record<TapSide, Side>, environment: Record<string, string>, scratch: string) {
    this.#sides = sides
    this.#kind = environment.kind as IceKind
    this.#nats = natsOf(environment.nat)
    this.#scratch = scratch
    this.claims = [...capabilitiesOfBoth(sides)].sort()
    this.provenance = Object.fromEntries(
      tapSides.flatMap((side) =>
        Object.entries(sides[side].source.provenance).map(([name, value]) => [`${side} ${name}`, value]),
      ),
    )
  }

  /**
   * Opens the labs of both agents and starts the driver of each.
   *
   * @throws LabError when there is no lab, or a driver does not start or does not speak the protocol.
   */
  static async create(
    job: Job,
    described: Record<TapSide, Described>,
    tell: (text: string) => void = () => {},
  ): Promise<PairWorld> {
    const scratch = scratchFolder(job)
    const { runId, cell, lanes } = job
    const open = (side: TapSide) =>
      openDriverSource({ described: described[side], runId, cellId: cell.id, scratch, processes: lanes, tell })
    const opened = await Promise.allSettled([open('controlling'), open('controlled')])
    const sources = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const [controlling, controlled] = sources
    try {
      for (const one of opened) if (one.status === 'rejected') throw one.reason
      if (!controlling || !controlled) throw new LabError('a pair has two agents')
      const sides: Record<TapSide, Side> = {
        controlling: { described: described.controlling, source: controlling },
        controlled: { described: described.controlled, source: controlled },
      }
      for (const side of tapSides) sides[side].warm = sides[side].source.start()
      await Promise.all(tapSides.map((side) => introduce(sides[side].warm, described[side].manifest.id)))
      return new PairWorld(sides, cell.environment, scratch)
    } catch (error) {
      await Promise.all(sources.map((source) => source[Symbol.asyncDispose]()))
      throw error
    }
  }

  unmet(requirement: Requirement): string | undefined {
    if (requirement.kind !== 'capability') return undefined
    for (const side of tapSides) {
      const { manifest, variant } = this.#sides[side].described
      if (capabilitiesOf(manifest, variant).has(requirement.name)) continue
      return `the ${side} agent: ${variant.lacks[requirement.name] ?? manifest.lacks[requirement.name] ?? requirement.reason}`
    }
    return undefined
  }

  async stage(_test: Case, recorder: CaseRecorder): Promise<PairStage> {
    const { controlling, controlled } = this.#sides
    const nats = this.#nats
    const tap = new UdpTap({
      controlling: { nat: nats.controlling, ...tapAddress(controlling) },
      controlled: { nat: nats.controlled, ...tapAddress(controlled) },
    })
    const asksStun = tapSides.some((side) => nats[side] !== 'none')
    const drivers = { controlling: this.#take('controlling'), controlled: this.#take('controlled') }
    return new PairStage({ tap, drivers, kind: this.#kind, asksStun, recorder, sides: this.#sides })
  }

  #take(side: TapSide): RpcDriver {
    const { warm, source } = this.#sides[side]
    delete this.#sides[side].warm
    return warm ?? source.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(tapSides.map((side) => this.#sides[side].warm?.end()))
    await Promise.all(tapSides.map((side) => this.#sides[side].source[Symbol.asyncDispose]()))
    await rm(this.#scratch, { recursive: true, force: true })
  }
}

interface PairStageParts {
  tap: UdpTap
  drivers: Record<TapSide, RpcDriver>
  kind: IceKind
  asksStun: boolean
  recorder: CaseRecorder
  sides: Record<TapSide, Side>
}

/** One case of a pair: its two processes and the tap between them. */
class PairStage implements Stage {
  readonly fixtures: PairFixtures
  readonly #parts: PairStageParts
  readonly #packets: CapturedPacket[] = []
  /** The tap reads when this process comes round to it. */
  readonly #delay = monitorEventLoopDelay({ resolution: 5 })
  #session: PairSession | undefined
  #stages: Stages | undefined

  constructor(parts: PairStageParts) {
    this.#parts = parts
    this.#delay.enable()
    parts.tap.packets.onPacket((packet) => {
      if (this.#packets.length < mostPackets) this.#packets.push(packet)
    })
    this.fixtures = { connect: ({ trickle }) => this.#connect(trickle) }
  }

  /** What the columns of the cell show; undefined before `connect` has come to an end. */
  get stages(): Stages | undefined {
    return this.#stages
  }

  async #connect(trickle: boolean): Promise<Stages> {
    const { tap, drivers, kind, recorder, sides, asksStun } = this.#parts
    const agentOf = async (side: TapSide) => {
      const { verbs } = await introduce(drivers[side], sides[side].described.manifest.id)
      const stun = asksStun ? await tap.stunServer(side) : undefined
      return {
        agent: new IceAgent(drivers[side]),
        verbs,
        settings: {
          address: await sides[side].source.clientAddress(),
          ...(stun ? { servers: [{ url: `stun:${stun.address}:${stun.port}` }] } : {}),
        },
      }
    }
    const [controlling, controlled] = await Promise.all([agentOf('controlling'), agentOf('controlled')])
    const noConsent = Object.fromEntries(
      tapSides.flatMap((side) => {
        const { manifest, variant } = sides[side].described
        if (capabilitiesOf(manifest, variant).has('consent')) return []
        const reason = variant.lacks.consent ?? manifest.lacks.consent ?? 'its manifest does not claim consent'
        return [[side, `${manifest.name}: ${reason}`]]
      }),
    )
    this.#session = new PairSession({
      agents: { controlling, controlled },
      way: wayThrough(tap),
      kind,
      trickle,
      recorder,
      noConsent,
    })
    this.#stages = await this.#session.run()
    return this.#stages
  }

  async end(): Promise<void> {
    const { drivers, tap } = this.#parts
    await Promise.all(
      tapSides.map(async (side) => {
        if (this.#session) await drivers[side].request('close', {}, 1_000).catch(() => undefined)
        await drivers[side].end()
      }),
    )
    await tap[Symbol.asyncDispose]()
    this.#delay.disable()
  }

  async evidence(): Promise<Record<string, string | Uint8Array>> {
    const { drivers, tap } = this.#parts
    const packets = this.#packets
    const capture = packets.length > 0 ? pcapFile(tap.packets.linkType, packets) : undefined
    const { descriptions = {} } = this.#session ?? {}
    const judged = capture && (await diagnosePair(capture, Object.values(descriptions), this.#delay.max / 1e6))
    return {
      ...(capture ? { 'capture.pcap': capture } : {}),
      ...(judged ? { 'diagnosis.json': Buffer.from(JSON.stringify(judged)) } : {}),
      ...descriptions,
      ...(this.#stages ? { 'stages.json': `${JSON.stringify(this.#stages, null, 2)}\n` } : {}),
      'controlling.log': drivers.controlling.stderr,
      'controlled.log': drivers.controlled.stderr,
    }
  }
}

/** `symmetric` stands on both sides, `symmetric-and-full-cone` on one each. */
function natsOf(text = 'none'): Record<TapSide, NatKind> {
  const [controlling = 'none', controlled = controlling] = text.split('-and-')
  for (const kind of [controlling, controlled]) {
    if (!natKinds.includes(kind as NatKind)) throw new LabError(`there is no NAT of kind ${kind}`)
  }
  return { controlling: controlling as NatKind, controlled: controlled as NatKind }
}

export async function introduce(driver: RpcDriver | undefined, id: string) {
  try {
    return driverDescription.parse(await driver?.request('initialize', {}, introductionMs))
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new LabError(`the driver of ${id} cannot be worked: ${message}`, { cause })
  }
}

/** An agent from npm gathers on loopback; one in a container on its network, which leads to the tap alone. */
const tapAddress = ({ described, source }: Side) =>
  described.manifest.runtime === 'embedded'
    ? {}
    : { address: source.address.seen, reaches: (address: string) => isIPv4(address) && !address.startsWith('127.') }

const capabilitiesOfBoth = (sides: Record<TapSide, Side>): Set<string> => {
  const [one, two] = tapSides.map((side) =>
    capabilitiesOf(sides[side].described.manifest, sides[side].described.variant),
  )
  return new Set([...(one ?? [])].filter((capability) => two?.has(capability)))
}
