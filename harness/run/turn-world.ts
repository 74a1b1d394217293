import { type RunningTurnServer, startTurnServer } from '../lab/docker/turn-server.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'
import type { Death } from '../lab/lab.ts'
import { capabilitiesOf } from '../plan/registry.ts'
import type { Case } from '../suite/define-suite.ts'
import type { Requirement } from '../suite/requirements.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import type { Job } from './job.ts'
import { scratchFolder } from './server-world.ts'
import { createTurnStage, type TurnStage } from './turn-fixtures.ts'
import type { World } from './world.ts'

/** The accounts that every image of a TURN server has. */
const accounts = {
  own: { username: 'romeo', password: 'assay-turn-secret' },
  other: { username: 'juliet', password: 'assay-turn-secret' },
}

/** How long a server may take to answer a Binding request before it counts as hanging, milliseconds. */
const aliveTimeoutMs = 3_000

/** A TURN server that all cases of a cell share: each has clients, and so allocations, of its own. */
export class TurnWorld implements World {
  readonly claims: string[]
  readonly #running: RunningTurnServer
  readonly #capabilities: Set<string>
  readonly #lacks: Record<string, string>
  readonly #used = new Set<string>()

  private constructor(running: RunningTurnServer, { manifest, variant }: { manifest: Manifest; variant: Variant }) {
    this.#running = running
    this.#capabilities = capabilitiesOf(manifest, variant)
    this.#lacks = { ...manifest.lacks, ...variant.lacks }
    this.claims = [...this.#capabilities].sort()
  }

  /** @throws LabError when the server does not start. */
  static async create(
    job: Job,
    described: { manifest: Manifest; variant: Variant },
    tell: (text: string) => void = () => {},
  ): Promise<TurnWorld> {
    const { runId, cell } = job
    const scratchDir = scratchFolder(job)
    return new TurnWorld(
      await startTurnServer({ ...described, runId, cellId: cell.id, scratchDir, onProgress: tell }),
      described,
    )
  }

  get provenance(): Record<string, string> {
    return this.#running.provenance
  }

  unmet(requirement: Requirement): string | undefined {
    if (requirement.kind !== 'capability') return requirement.reason
    const { name, reason, presumed } = requirement
    if (presumed) return this.#lacks[name]
    return this.#capabilities.has(name) ? undefined : (this.#lacks[name] ?? reason)
  }

  async stage(_test: Case, recorder: CaseRecorder): Promise<TurnStage> {
    const { server, ownAddress } = this.#running
    return createTurnStage({ server, address: ownAddress, accounts, recorder, used: this.#used })
  }

  log(from: number, to: number): Promise<string> {
    return this.#running.log(from, to)
  }

  onDeath(listener: (death: Death) => void): void {
    this.#running.onDeath(listener)
  }

  responds(): Promise<boolean> {
    return this.#running.answers(aliveTimeoutMs)
  }

  restart(): Promise<void> {
    return this.#running.restart()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]()
  }
}
