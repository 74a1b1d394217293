import path from 'node:path'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { type Account, LabError, type RunningServer } from '../lab/lab.ts'
import { capabilitiesOf } from '../plan/registry.ts'
import type { Case } from '../suite/define-suite.ts'
import type { Requirement } from '../suite/requirements.ts'
import { Inconclusive } from '../suite/verdict-errors.ts'
import type { Mistake } from '../tester/mistakes.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { RawStream } from '../tester/xmpp-client/raw-stream.ts'
import { CaptureSplitter } from '../wire/capture-splitter.ts'
import { AccountKeeper } from './account-keeper.ts'
import { AccountPool } from './account-pool.ts'
import { claimList, probeClaims, type ServerClaims, unmetByClaims } from './claims.ts'
import type { Job } from './job.ts'
import { serverFixtures } from './server-fixtures.ts'
import type { Stage, World } from './world.ts'

/** How long a server may take to answer a stream header before it counts as hanging, milliseconds. */
const aliveTimeoutMs = 3_000

/** A server that all cases of a cell share. */
export class ServerWorld implements World {
  readonly claims: string[]
  readonly #server: RunningServer
  readonly #pool: AccountPool | undefined
  /** Looks after the accounts of a target, which all cases share. */
  readonly #keeper: AccountKeeper | undefined
  readonly #targetAccounts: Account[]
  readonly #claims: ServerClaims
  readonly #capture: CaptureSplitter | undefined
  readonly #lacks: Record<string, string>
  readonly #capabilities: Set<string>

  private constructor(
    server: RunningServer,
    job: Job,
    claims: ServerClaims,
    pool: AccountPool | undefined,
    described: { manifest: Manifest; variant: Variant } | undefined,
  ) {
    this.#server = server
    this.#pool = pool
    this.#targetAccounts = targetAccounts(job)
    this.#keeper = job.target && new AccountKeeper(server.endpoints, job.target.accounts)
    this.#claims = claims
    this.claims = claimList(claims)
    this.#capture = server.packets && new CaptureSplitter(server.packets)
    this.#lacks = { ...described?.manifest.lacks, ...described?.variant.lacks }
    this.#capabilities = described
      ? capabilitiesOf(described.manifest, described.variant)
      : capabilitiesOfTarget(server, claims)
  }

  /**
   * Starts (or, for a target, finds) the server of a job and asks what it claims.
   *
   * @throws LabError when it cannot be started or the probe cannot log in.
   */
  static async create(
    job: Job,
    start: () => Promise<RunningServer>,
    described: { manifest: Manifest; variant: Variant } | undefined,
  ): Promise<ServerWorld> {
    const server = await start()
    try {
      const pool = job.target ? undefined : new AccountPool(server)
      const account = pool ? await pool.take() : targetAccounts(job)[0]
      if (!account) throw new LabError('a target needs at least one --account jid:password')
      const claims = await probeClaims(server.endpoints, account).catch((cause) => {
        const step = pool
          ? 'the server was started but could not be asked what it supports'
          : `${server.endpoints.domain} was found but could not be asked what it supports, as ${account.jid}`
        throw new LabError(`${step}: ${cause.message}`, { cause })
      })
      return new ServerWorld(server, job, claims, pool, described)
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  get mostLanes(): number | undefined {
    return this.#keeper !== undefined ? 1 : undefined
  }

  get provenance(): Record<string, string> {
    return this.#server.provenance
  }

  unmet(requirement: Requirement): string | undefined {
    if (requirement.kind === 'capability') {
      const { name, reason } = requirement
      return this.#capabilities.has(name) ? undefined : (this.#lacks[name] ?? reason)
    }
    return unmetByClaims(this.#claims, requirement)
  }

  /** @param mistake makes the case meet a server with this mistake, to show that it would notice */
  async stage(test: Case, recorder: CaseRecorder, mistake?: Mistake): Promise<Stage> {
    const taken: Account[] = []
    const { fixtures, undo } = serverFixtures({
      endpoints: this.#server.endpoints,
      services: this.#claims.services,
      recorder,
      mistake,
      takeAccount: async (name, nodeOwner) => {
        if (this.#pool) return nodeOwner ? this.#pool.takeNodeOwner() : this.#pool.take()
        const account = this.#nextAccount(taken, readsWholeArchive.test(test.id))
        if (!account) {
          throw new Inconclusive(
            `needs an account for "${name}", and only ${taken.length} of the target were given by --account`,
          )
        }
        taken.push(account)
        const used = await this.#keeper?.remember(account)
        if (used && readsWholeArchive.test(test.id)) throw new Inconclusive(used)
        return account
      },
    })
    const end = async () => {
      await undo()
      await this.#keeper?.restore(taken)
    }
    return { fixtures, capture: this.#capture, end }
  }

  /** An account of the target that this case does not have yet; where it matters, one that no case has used. */
  #nextAccount(taken: Account[], unused: boolean): Account | undefined {
    const left = this.#targetAccounts.filter(({ jid }) => !taken.some((account) => account.jid === jid))
    return (unused && left.find(({ jid }) => !this.#keeper?.isUsed(jid))) || left[0]
  }

  log(from: number, to: number): Promise<string> {
    return this.#server.log(from, to)
  }

  onDeath(listener: Parameters<RunningServer['onDeath']>[0]): void {
    this.#server.onDeath(listener)
  }

  async responds(): Promise<boolean> {
    const { endpoints } = this.#server
    const recorder = new CaseRecorder().connection('alive')
    const transport = endpoints.starttls === undefined ? 'direct-tls' : 'starttls'
    try {
      const stream = await RawStream.connect(endpoints, recorder, { transport })
      try {
        await stream.write(stream.channel.header({ to: endpoints.domain }))
        await stream.header(aliveTimeoutMs)
        return true
      } finally {
        stream.destroy()
      }
    } catch {
      return false
    }
  }

  restart(): Promise<void> {
    return this.#server.restart()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}

/** Cases that read an account's archive from its beginning, which no one can empty again. */
const readsWholeArchive = /^xep-0313\//

/** What a target can be asked is what it can be reached by, and what it says of itself. */
const capabilitiesOfTarget = ({ endpoints }: RunningServer, { features }: ServerClaims): Set<string> =>
  new Set([
    ...(endpoints.starttls ? ['starttls'] : []),
    ...(endpoints.directTls ? ['direct-tls'] : []),
    ...(endpoints.websocket ? ['websocket'] : []),
    // XEP-0160 §4
    ...(features.server.has('msgoffline') ? ['offline'] : []),
  ])

const targetAccounts = (job: Job): Account[] =>
  job.target?.accounts.map(({ jid, password }) => {
    const [local = '', domain = ''] = jid.split('@')
    return { jid, local, domain, password }
  }) ?? []

/** Where a job's lab may keep files that are not evidence. */
export const scratchFolder = (job: Job): string => path.join(job.runDirectory, 'scratch', job.cell.id)
