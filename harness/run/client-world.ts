import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { z } from 'zod'
import { DnsServer } from '../lab/dns/dns-server.ts'
import { DriverPool } from '../lab/embedded/driver-pool.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { LabError } from '../lab/lab.ts'
import { capabilitiesOf } from '../plan/registry.ts'
import type { Case } from '../suite/define-suite.ts'
import type { Requirement } from '../suite/requirements.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import type { ServerTransport } from '../tester/xmpp-server/scripted-server.ts'
import { type ClientStage, createClientStage } from './client-fixtures.ts'
import { askableOf, unmetByClient } from './client-requirements.ts'
import { driverDescription } from './driver-description.ts'
import { type DriverSource, labDomain, openDriverSource } from './driver-source.ts'
import type { Job } from './job.ts'
import { domainFor } from './probe-network.ts'
import { scratchFolder } from './server-world.ts'
import type { World } from './world.ts'

export { labDomain }

/** How long the first process of a cell may take to introduce itself, milliseconds: the machine may be busy with others. */
const introductionMs = 60_000

/** How many processes are started ahead: enough that none is waited for, few enough that little is thrown away. */
const warmProcesses = 2

/** Each case starts a process that keeps a core busy: more at once would only wait for one another. */
const mostLanes = 2 * availableParallelism()

/** The world of a client cell: warm processes of its driver, and for each case a scripted server of its own. */
export class ClientWorld implements World {
  readonly claims: string[]
  readonly provenance: Record<string, string>
  readonly mostLanes = mostLanes
  readonly #transport: ServerTransport
  readonly #source: DriverSource
  readonly #dns: DnsServer
  readonly #pool: DriverPool
  readonly #capabilities: Set<string>
  readonly #lacks: Record<string, string>
  readonly #scratch: string

  private constructor(parts: {
    transport: ServerTransport
    source: DriverSource
    dns: DnsServer
    pool: DriverPool
    described: { manifest: Manifest; variant: Variant }
    description: z.infer<typeof driverDescription>
    scratch: string
  }) {
    const { manifest, variant } = parts.described
    this.#transport = parts.transport
    this.#source = parts.source
    this.#dns = parts.dns
    this.#pool = parts.pool
    this.#scratch = parts.scratch
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
   * Opens the lab of a client, starts its driver and asks what it can do.
   *
   * @param tell told what is going on in the lab
   * @throws LabError when there is no lab, or the driver does not start or does not speak the protocol.
   */
  static async create(
    job: Job,
    described: { manifest: Manifest; variant: Variant },
    tell: (text: string) => void = () => {},
  ): Promise<ClientWorld> {
    const transport = job.cell.environment.transport as ServerTransport
    const scratch = scratchFolder(job)
    const { runId, cell } = job
    const processes = Math.min(mostLanes, job.lanes) + warmProcesses
    const source = await openDriverSource({ described, runId, cellId: cell.id, scratch, processes, tell })
    const dns = await DnsServer.start().catch(async (error: unknown) => {
      await source[Symbol.asyncDispose]()
      throw error
    })
    source.useNames?.({ host: '127.0.0.1', port: dns.port })
    const pool = new DriverPool(source.start, Math.min(warmProcesses, job.cases.length))
    try {
      const first = pool.take()
      const description = driverDescription.parse(await first.request('initialize', {}, introductionMs))
      await first.end()
      return new ClientWorld({ transport, source, dns, pool, described, description, scratch })
    } catch (cause) {
      await source[Symbol.asyncDispose]()
      await pool[Symbol.asyncDispose]()
      await dns[Symbol.asyncDispose]()
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new LabError(`the driver of ${described.manifest.id} cannot be worked: ${message}`, { cause })
    }
  }

  unmet(requirement: Requirement): string | undefined {
    return unmetByClient(requirement, this.#transport, this.#capabilities, this.#lacks)
  }

  stage(test: Case, recorder: CaseRecorder): Promise<ClientStage> {
    const names = { dns: this.#dns, ...this.#source.places }
    return createClientStage({
      ...domainFor(test, this.#source.certificates, names),
      transport: this.#transport,
      address: this.#source.address,
      recorder,
      mechanisms: this.#lacks.plain === undefined ? mechanismsFor(test) : undefined,
      driver: this.#pool.take(),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A lab that ends its processes at once spares them being asked to end.
    await this.#source[Symbol.asyncDispose]()
    await this.#pool[Symbol.asyncDispose]()
    await this.#dns[Symbol.asyncDispose]()
    await rm(this.#scratch, { recursive: true, force: true })
  }
}

/** SASL mechanisms that a case's client is offered; undefined: all that the tester offers by itself. */
export const mechanismsFor = ({ login }: Pick<Case, 'login'>): readonly string[] | undefined =>
  login ? undefined : ['PLAIN']
