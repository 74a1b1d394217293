import { NatLab, type OutwardPacket } from '../lab/docker/nat-lab.ts'
import { RpcDriver } from '../lab/embedded/rpc-driver.ts'
import { otherSide, type TapSide, tapSides } from '../lab/embedded/udp-tap.ts'
import { IceAgent, type IceKind, type StartAgent } from '../lab/ice-agent.ts'
import { LabError } from '../lab/lab.ts'
import { type NatPath, type NatTopology, type NatTopologyName, natTopologies } from '../lab/nat.ts'
import { capabilitiesOf } from '../plan/registry.ts'
import type { Case } from '../suite/define-suite.ts'
import type { PairFixtures } from '../suite/pair-fixtures.ts'
import type { Requirement } from '../suite/requirements.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import type { CapturedPacket } from '../wire/captured-packet.ts'
import { pcapFile } from '../wire/pcap/pcap-writer.ts'
import { peerFolder } from './driver-source.ts'
import type { Job } from './job.ts'
import { kindOfPath, NatWay } from './nat-way.ts'
import { PairSession } from './pair-session.ts'
import type { Stages } from './pair-stages.ts'
import { type Described, introduce } from './pair-world.ts'
import type { Stage, World } from './world.ts'

/** Where the router and the TURN server come from. */
const images = { router: 'nat-router', turn: 'coturn', turnArgs: { SUITE: 'bookworm', VERSION: '4.6.1' } }

/** The account of containers/coturn. */
const account = { username: 'romeo', credential: 'assay-turn-secret' }

const mebibyte = 1024 * 1024
const memoryBytes = 1024 * mebibyte

/** Packets of one case that are kept at most. */
const mostPackets = 100_000

/**
 * How long messages are waited for where datagrams are lost, milliseconds: those that nobody sends again come at once or
 * never, those of a data channel after a time-out of SCTP or two (RFC 9260 §6.3).
 */
const lossyMs = { 'raw-ice': 1_500, 'data-channel': 15_000, audio: 1_500 }

/** The world of a pair behind real routers: one lab for the cell, fresh processes of both agents for each case. */
export class NatWorld implements World {
  readonly claims: string[] = []
  readonly provenance: Record<string, string>
  /** Cases take turns: the routers show whose packets they are by nothing but their time. */
  readonly mostLanes = 1
  readonly #lab: NatLab
  readonly #topology: NatTopology
  readonly #described: Record<TapSide, Described>
  readonly #kind: IceKind
  readonly #listeners = new Set<(one: OutwardPacket) => void>()

  private constructor(lab: NatLab, topology: NatTopology, described: Record<TapSide, Described>, job: Job) {
    this.#lab = lab
    this.#topology = topology
    this.#described = described
    this.#kind = job.cell.environment.kind as IceKind
    this.provenance = { network: topology.title, turn: `coturn ${images.turnArgs.VERSION}` }
    lab.onPacket((one) => {
      for (const listener of this.#listeners) listener(one)
    })
  }

  /** @throws LabError when an image does not build, or the lab cannot be had. */
  static async create(
    job: Job,
    described: Record<TapSide, Described>,
    tell: (text: string) => void = () => {},
  ): Promise<NatWorld> {
    const { ensureImage } = await import('../lab/docker/images.ts')
    const topology: NatTopology | undefined = natTopologies[job.cell.environment.nat as NatTopologyName]
    if (!topology) throw new LabError(`there is no topology ${job.cell.environment.nat}`)
    const agentOf = async (side: TapSide) => {
      const { manifest, variant } = described[side]
      const name = `${manifest.id} ${variant.version}`
      if (variant.source.kind !== 'image') throw new LabError(`${name} does not come as an image`)
      const { context, buildArgs } = variant.source
      const image = await ensureImage(context, buildArgs, { peer: peerFolder(manifest.id), onProgress: tell })
      return { name, image: image.tag, memoryBytes, environment: { ASSAY_VARIANT: variant.version } }
    }
    const [controlling, controlled, router, turn] = await Promise.all([
      agentOf('controlling'),
      agentOf('controlled'),
      ensureImage(images.router, {}, { onProgress: tell }),
      ensureImage(images.turn, images.turnArgs, { onProgress: tell }),
    ])
    const { runId, cell } = job
    const lab = await NatLab.create({
      runId,
      cellId: cell.id,
      topology,
      router: router.tag,
      turn: turn.tag,
      agents: { controlling, controlled },
    })
    return new NatWorld(lab, topology, described, job)
  }

  unmet(requirement: Requirement): string | undefined {
    if (requirement.kind !== 'capability') return undefined
    for (const side of tapSides) {
      const { manifest, variant } = this.#described[side]
      if (capabilitiesOf(manifest, variant).has(requirement.name)) continue
      return `the ${side} agent: ${variant.lacks[requirement.name] ?? manifest.lacks[requirement.name] ?? requirement.reason}`
    }
    return undefined
  }

  async stage(_test: Case, recorder: CaseRecorder): Promise<NatStage> {
    const lab = this.#lab
    const drivers = Object.fromEntries(
      tapSides.map((side) => [side, new RpcDriver(lab.agent(side).start(['/assay/driver']))]),
    ) as Record<TapSide, RpcDriver>
    return new NatStage({
      lab,
      drivers,
      recorder,
      topology: this.#topology,
      described: this.#described,
      kind: this.#kind,
      listen: (listener) => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab[Symbol.asyncDispose]()
  }
}

interface NatStageParts {
  lab: NatLab
  drivers: Record<TapSide, RpcDriver>
  recorder: CaseRecorder
  topology: NatTopology
  described: Record<TapSide, Described>
  kind: IceKind
  listen(listener: (one: OutwardPacket) => void): () => void
}

/** One case between two agents behind their routers. */
class NatStage implements Stage {
  readonly fixtures: PairFixtures
  readonly #parts: NatStageParts
  readonly #way: NatWay
  readonly #packets: CapturedPacket[] = []
  readonly #deafen: () => void
  #linkType = 1
  #session: PairSession | undefined
  #stages: Stages | undefined

  constructor(parts: NatStageParts) {
    this.#parts = parts
    this.#way = new NatWay(parts.lab.turnAddress)
    this.#deafen = parts.listen((one) => {
      this.#linkType = one.linkType
      if (this.#packets.length < mostPackets) this.#packets.push(one.packet)
      this.#way.push(one.router, one)
    })
    this.fixtures = { connect: ({ trickle }) => this.#connect(trickle) }
  }

  get stages(): Stages | undefined {
    return this.#stages
  }

  async #connect(trickle: boolean): Promise<Stages> {
    const { drivers, kind, recorder, described, lab, topology } = this.#parts
    const agentOf = async (side: TapSide) => {
      const { verbs } = await introduce(drivers[side], described[side].manifest.id)
      const servers = serversFor(topology[side], lab.turnAddress)
      const settings: Pick<StartAgent, 'address' | 'servers'> = {
        address: lab.address(side),
        ...(servers.length > 0 ? { servers } : {}),
      }
      return { agent: new IceAgent(drivers[side]), verbs, settings }
    }
    const [controlling, controlled] = await Promise.all([agentOf('controlling'), agentOf('controlled')])
    const loses = tapSides.some((side) => (topology[side].loss ?? 0) > 0)
    const session = new PairSession({
      agents: { controlling, controlled },
      way: this.#way,
      kind,
      trickle,
      recorder,
      patience: { consent: 0, ...(loses ? { data: lossyMs[kind] } : {}) },
      loses,
    })
    this.#session = session
    const { consent: _, ...stages } = await session.run()
    this.#stages = { ...stages, path: this.#path(session) }
    return this.#stages
  }

  /** Whether the pair is of the best kind that there is: RFC 8445 §5.1.2 has a relay come last. */
  #path(session: PairSession): NonNullable<Stages['path']> {
    const { best } = this.#parts.topology
    const found = kindOfPath(this.#way, session.seen)
    if (!found) return { verdict: 'inconclusive', reason: 'no data went both ways' }
    const [to, from] = tapSides.map((side) => candidateType(session, side))
    const types = to && from ? ` (${from} to ${to})` : ''
    const after = session.connectedMs === undefined ? '' : ` after ${(session.connectedMs / 1000).toFixed(1)} s`
    if (found === 'relay' && best === 'direct') {
      return { verdict: 'warn', reason: `through the relay${types}${after}, where a direct pair is possible` }
    }
    return { verdict: 'pass', reason: `${found === 'relay' ? 'through the relay' : 'direct'}${types}${after}` }
  }

  async end(): Promise<void> {
    const { drivers } = this.#parts
    await Promise.all(
      tapSides.map(async (side) => {
        if (this.#session) await drivers[side].request('close', {}, 1_000).catch(() => undefined)
        await drivers[side].end()
      }),
    )
    this.#deafen()
  }

  async evidence(): Promise<Record<string, string | Uint8Array>> {
    const { drivers } = this.#parts
    const packets = this.#packets.toSorted((one, two) => one.at - two.at)
    return {
      ...(packets.length > 0 ? { 'capture.pcap': pcapFile(this.#linkType, packets) } : {}),
      ...this.#session?.descriptions,
      ...(this.#stages ? { 'stages.json': `${JSON.stringify(this.#stages, null, 2)}\n` } : {}),
      'controlling.log': drivers.controlling.stderr,
      'controlled.log': drivers.controlled.stderr,
    }
  }
}

/** Of which type the candidate is that a side's last data went to, by what the other side had signalled (RFC 8445 §5.1.1, §7.3.1.3). */
function candidateType({ seen, descriptions }: PairSession, from: TapSide): string | undefined {
  const path = seen.findLast((one) => one.from === from && one.kind === 'data')?.path
  const [address, port] = path?.split('>')[1]?.split(':') ?? []
  if (!address) return undefined
  const signalled = Object.entries(descriptions).flatMap(([name, text]) =>
    name.startsWith(otherSide(from)) ? [text] : [],
  )
  const found = new RegExp(`candidate:[^\\n"]* ${address.replaceAll('.', '\\.')} ${port} typ (\\w+)`).exec(
    signalled.join('\n'),
  )
  return found?.[1] ?? 'prflx'
}

/** What an agent is told to ask: nothing where there is no NAT, and only what its router lets through. */
function serversFor({ udpBlocked }: NatPath, address: string | undefined): NonNullable<StartAgent['servers']> {
  if (!address) return []
  const turn = (transport: string) => ({ url: `turn:${address}:3478?transport=${transport}`, ...account })
  return udpBlocked ? [turn('tcp')] : [{ url: `stun:${address}:3478` }, turn('udp')]
}
