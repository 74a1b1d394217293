import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { z } from 'zod'
import { DriverPool } from '../lab/embedded/driver-pool.ts'
import { iceKinds } from '../lab/ice-agent.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { LabError } from '../lab/lab.ts'
import { capabilitiesOf } from '../plan/registry.ts'
import type { Case } from '../suite/define-suite.ts'
import type { Requirement } from '../suite/requirements.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import { askableOf } from './client-requirements.ts'
import { driverDescription } from './driver-description.ts'
import { type DriverSource, openDriverSource } from './driver-source.ts'
import { createIceStage, type IceStage } from './ice-fixtures.ts'
import type { Job } from './job.ts'
import { scratchFolder } from './server-world.ts'
import type { World } from './world.ts'

/** How long the first process of a cell may take to introduce itself, milliseconds. */
const introductionMs = 60_000
const warmProcesses = 2
/** Most cases wait more than they work. */
const mostLanes = 4 * availableParallelism()

interface Parts {
  source: DriverSource
  pool: DriverPool
  described: { manifest: Manifest; variant: Variant }
  description: z.infer<typeof driverDescription>
  scratch: string
}

/** The world of an ICE agent's cell: warm processes of its driver, and for each case a scripted peer of its own. */
export class IceWorld implements World {
  readonly claims: string[]
  readonly provenance: Record<string, string>
  readonly mostLanes = mostLanes
  readonly #parts: Parts
  readonly #capabilities: Set<string>
  readonly #lacks: Record<string, string>

  private constructor(parts: Parts) {
    const { manifest, variant } = parts.described
    this.#parts = parts
    const declared = capabilitiesOf(manifest, variant)
    this.#capabilities = new Set([...declared, ...askableOf(parts.description)])
    this.#lacks = { ...manifest.lacks, ...variant.lacks }
    this.claims = [...declared].sort()
    this.provenance = {
      ...parts.source.provenance,
      driver: [parts.description.name, parts.description.version].filter(Boolean).join(' '),
      verbs: parts.description.verbs.join(' '),
    }
  }

  /**
   * Opens the lab of an agent, starts its driver and asks what it can do.
   *
   * @param tell told what is going on in the lab
   * @throws LabError when there is no lab, or the driver does not start or does not speak the protocol.
   */
  static async create(
    job: Job,
    described: { manifest: Manifest; variant: Variant },
    tell: (text: string) => void = () => {},
  ): Promise<IceWorld> {
    const scratch = scratchFolder(job)
    const processes = Math.min(mostLanes, job.lanes) + warmProcesses
    const source = await openDriverSource({
      described,
      runId: job.runId,
      cellId: job.cell.id,
      scratch,
      processes,
      tell,
    })
    const pool = new DriverPool(source.start, Math.min(warmProcesses, job.cases.length))
    try {
      const first = pool.take()
      const description = driverDescription.parse(await first.request('initialize', {}, introductionMs))
      await first.end()
      return new IceWorld({ source, pool, described, description, scratch })
    } catch (cause) {
      await source[Symbol.asyncDispose]()
      await pool[Symbol.asyncDispose]()
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new LabError(`the driver of ${described.manifest.id} cannot be worked: ${message}`, { cause })
    }
  }

  unmet(requirement: Requirement): string | undefined {
    if (requirement.kind !== 'capability') return requirement.reason
    const { name, reason } = requirement
    if (requirement.presumed) return this.#lacks[name]
    const has = name === 'sdp' ? this.#kind !== 'raw-ice' : this.#capabilities.has(name)
    return has ? undefined : (this.#lacks[name] ?? reason)
  }

  async stage(_test: Case, recorder: CaseRecorder): Promise<IceStage> {
    const { address, clientAddress } = this.#parts.source
    return createIceStage({
      kind: this.#kind,
      capabilities: this.#capabilities,
      recorder,
      dataTells: this.#lacks['ice-connected'] !== undefined,
      take: () => this.#parts.pool.take(),
      address: { peer: address.listen, agent: await clientAddress() },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.source[Symbol.asyncDispose]()
    await this.#parts.pool[Symbol.asyncDispose]()
    await rm(this.#parts.scratch, { recursive: true, force: true })
  }

  get #kind() {
    const kind = iceKinds.find((one) => this.#capabilities.has(one))
    if (!kind) throw new LabError(`${this.#parts.described.manifest.id} says nothing of what it exchanges: ${iceKinds}`)
    return kind
  }
}
