import { mkdir, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { DriverPool } from '../lab/embedded/driver-pool.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { LabError } from '../lab/lab.ts'
import { capabilitiesOf } from '../plan/registry.ts'
import type { Case } from '../suite/define-suite.ts'
import type { Requirement } from '../suite/requirements.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import { type CertificateStore, createCertificateStore } from '../tester/xmpp-server/certificate-kinds.ts'
import type { ServerTransport } from '../tester/xmpp-server/scripted-server.ts'
import { type ClientStage, createClientStage } from './client-fixtures.ts'
import { askableOf, unmetByClient } from './client-requirements.ts'
import { driverCommand } from './driver-command.ts'
import type { Job } from './job.ts'
import { scratchFolder } from './server-world.ts'
import type { World } from './world.ts'

/** The XMPP domain of the scripted server. */
export const labDomain = 'assay.test'

/** What a driver says of itself: drivers/PROTOCOL.md, `initialize`. */
export const driverDescription = z.object({
  name: z.string(),
  version: z.string().optional(),
  verbs: z.array(z.string()),
  events: z.array(z.string()),
})

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
  readonly #certificates: CertificateStore
  readonly #pool: DriverPool
  readonly #capabilities: Set<string>
  readonly #lacks: Record<string, string>
  readonly #scratch: string

  private constructor(parts: {
    transport: ServerTransport
    certificates: CertificateStore
    pool: DriverPool
    described: { manifest: Manifest; variant: Variant }
    description: z.infer<typeof driverDescription>
    scratch: string
  }) {
    const { manifest, variant } = parts.described
    this.#transport = parts.transport
    this.#certificates = parts.certificates
    this.#pool = parts.pool
    this.#scratch = parts.scratch
    const declared = capabilitiesOf(manifest, variant)
    this.#capabilities = new Set([...declared, ...askableOf(parts.description)])
    this.#lacks = { ...manifest.lacks, ...variant.lacks }
    this.claims = [...declared].sort()
    this.provenance = {
      ...(variant.source.kind === 'npm' ? { package: `${variant.source.package}@${variant.version}` } : {}),
      driver: parts.description.name,
      verbs: parts.description.verbs.join(' '),
      node: process.version,
      openssl: process.versions.openssl,
    }
  }

  /**
   * Starts the driver of a client and asks what it can do.
   *
   * @throws LabError when it does not start or does not speak the protocol.
   */
  static async create(job: Job, described: { manifest: Manifest; variant: Variant }): Promise<ClientWorld> {
    const transport = job.cell.environment.transport as ServerTransport
    const scratch = path.join(scratchFolder(job))
    await mkdir(scratch, { recursive: true })
    const certificates = await createCertificateStore(labDomain, '127.0.0.1')
    const caFile = path.join(scratch, 'ca.pem')
    await writeFile(caFile, certificates.caPem)
    const pool = new DriverPool(driverCommand(described, caFile, tmpdir()), Math.min(warmProcesses, job.cases.length))
    try {
      const first = pool.take()
      const description = driverDescription.parse(await first.request('initialize', {}, 20_000))
      await first.end()
      return new ClientWorld({ transport, certificates, pool, described, description, scratch })
    } catch (cause) {
      await pool[Symbol.asyncDispose]()
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new LabError(`the driver of ${described.manifest.id} cannot be worked: ${message}`, { cause })
    }
  }

  unmet(requirement: Requirement): string | undefined {
    return unmetByClient(requirement, this.#transport, this.#capabilities, this.#lacks)
  }

  stage(test: Case, recorder: CaseRecorder): Promise<ClientStage> {
    return createClientStage({
      domain: labDomain,
      transport: this.#transport,
      certificates: this.#certificates,
      recorder,
      mechanisms: mechanismsFor(test.id),
      driver: this.#pool.take(),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
    await rm(this.#scratch, { recursive: true, force: true })
  }
}

/**
 * Cases that ask nothing about logging in are offered PLAIN alone, inside TLS: some libraries derive SCRAM's keys in
 * JavaScript, and spend four times as long on it as on everything else.
 */
export function mechanismsFor(caseId: string): readonly string[] | undefined {
  const aboutLogin = /^(rfc(5802|7590)\/|xep-0368\/|rfc6120\/(5|6|13)\.|rfc6120\/4\.9\.3\.19\/|rfc7395\/(3\.6\.1|6)\/)/
  return aboutLogin.test(caseId) ? undefined : ['PLAIN']
}
