import path from 'node:path'
import type { Verdict } from '../record/results-schema.ts'
import type { Case, Suite } from '../suite/define-suite.ts'
import { ExpectationError, HarnessError, Inconclusive, NothingCame } from '../suite/verdict-errors.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { evidenceFolder, writeEvidence } from './evidence.ts'
import { Health } from './health.ts'
import type { AttemptOutcome, Job, JobEvent } from './job.ts'
import { CaseTimeout, clientCaseTimeoutMs, compileCase, runCompiled } from './mocha-case.ts'
import { Tails } from './tails.ts'
import { type Judgement, judge } from './verdict.ts'
import type { Stage, World } from './world.ts'

interface Task {
  test: Case
  specification: string
  attempt: number
  /** False for a control that the selection left out: it runs, and is not reported. */
  reported: boolean
}

/** An attempt that has its verdict and not yet its evidence. */
interface Ran {
  outcome: AttemptOutcome
  /** The IUT went down while it ran beside others: it proves nothing and runs again, alone. */
  suspect: boolean
  /** Undoes what the case did and writes its evidence. */
  complete(): Promise<Pick<AttemptOutcome, 'evidence' | 'files'>>
}

/** Milliseconds of the IUT's log that are shown before and after a case. */
const logMarginMs = 20

/** Runs the cases of one cell in its world, several at a time, and tells what comes of each. */
export class JobRunner {
  readonly #job: Job
  readonly #world: World
  readonly #emit: (event: JobEvent) => void
  readonly #tests: Map<string, { test: Case; specification: string }>
  readonly #health: Health
  readonly #verdicts = new Map<string, Promise<Verdict>>()
  /** Cases that ran while the IUT died and may not be to blame: each runs again, alone. */
  readonly #suspects: Task[] = []
  readonly #tails = new Tails()
  #stopped = false

  constructor(job: Job, world: World, suites: Suite[], emit: (event: JobEvent) => void) {
    this.#job = job
    this.#world = world
    this.#emit = emit
    this.#tests = new Map(
      suites.flatMap((suite) =>
        suite.cases.map((test) => [test.id, { test: withSuite(test, suite), specification: suite.specification }]),
      ),
    )
    this.#health = new Health(world, (text) => emit({ type: 'lab', text }))
  }

  /** Runs all that is left of the job. Throws LabError when the IUT cannot be brought back. */
  async run(): Promise<void> {
    const tasks = this.#tasks()
    const lane = async () => {
      for (let task = tasks.shift(); task && !this.#stopped; task = tasks.shift()) await this.#settle(task)
    }
    const lanes = Math.max(1, Math.min(this.#job.lanes, this.#world.mostLanes ?? this.#job.lanes))
    await Promise.all(Array.from({ length: lanes }, lane))
    for (const task of this.#suspects) if (!this.#stopped) await this.#settle(task)
    await this.#tails.done()
  }

  /** Starts no further case. */
  stop(): void {
    this.#stopped = true
  }

  /** Controls come first, so that no lane waits for a case that is still in the queue. */
  #tasks(): Task[] {
    const controls = new Set([...this.#tests.values()].map(({ test }) => test.control))
    const tasks = this.#job.cases.flatMap(({ id, attempts }) => {
      const found = this.#tests.get(id)
      return found ? attempts.map((attempt) => ({ ...found, attempt, reported: true })) : []
    })
    return [...tasks.filter(({ test }) => controls.has(test.id)), ...tasks.filter(({ test }) => !controls.has(test.id))]
  }

  /** Runs a case and returns its verdict; its evidence is completed while the lane goes on. */
  async #settle(task: Task): Promise<Verdict> {
    const { test, attempt, reported } = task
    const verdict = Promise.withResolvers<Verdict>()
    if (!this.#verdicts.has(test.id)) this.#verdicts.set(test.id, verdict.promise)
    const unmet = this.#unmet(test)
    const refused = unmet ? undefined : await this.#controlRefuses(test)
    await this.#health.ready()
    if (reported) this.#emit({ type: 'case-started', id: test.id, attempt })
    const report = (outcome: AttemptOutcome) => {
      if (reported) this.#emit({ type: 'case-finished', id: test.id, attempt, outcome })
    }
    if (unmet) {
      report({ verdict: 'unsupported', message: unmet, startedAt: Date.now(), durationMs: 0 })
      verdict.resolve('unsupported')
      return 'unsupported'
    }
    const ran = await this.#attempt(task, refused)
    const complete = async () => {
      const evidence = await ran.complete()
      if (!ran.suspect) report({ ...ran.outcome, ...evidence })
    }
    // Where cases share accounts, what one did is undone before the next begins.
    await this.#tails.add(complete, ran.suspect || this.#world.mostLanes === 1)
    if (ran.suspect) {
      this.#suspects.push(task)
      this.#verdicts.delete(test.id)
      verdict.resolve('inconclusive')
      return 'inconclusive'
    }
    verdict.resolve(ran.outcome.verdict)
    return ran.outcome.verdict
  }

  /** Why a case cannot be asked of the IUT: it asks no less than its control does. */
  #unmet({ requires = [], control }: Case): string | undefined {
    const own = requires.map((requirement) => this.#world.unmet(requirement)).find((reason) => reason)
    const controlled = control === undefined ? undefined : this.#tests.get(control)
    return own ?? (controlled && this.#unmet(controlled.test))
  }

  async #attempt({ test, specification, attempt }: Task, refused: string | undefined): Promise<Ran> {
    const startedAt = Date.now()
    const started = performance.now()
    const recorder = new CaseRecorder(this.#job.target && { secrets: this.#job.target.accounts })
    const watch = this.#health.watch()
    let stage: Stage | undefined
    let judgement: Judgement
    try {
      if (refused) throw new Inconclusive(refused)
      stage = await this.#world.stage(test, recorder)
      const { fixtures } = stage
      const thrown = await runCompiled(compileCase(test, specification, () => test.body(fixtures as never)))
      judgement = judge(test, thrown instanceof CaseTimeout ? tooLong(thrown) : thrown)
      if (mayBeDown(thrown)) await this.#health.check()
    } catch (error) {
      judgement = judge(test, error)
    }
    if (stage?.stages) this.#emit({ type: 'stages', id: test.id, attempt, stages: stage.stages })
    const fault = await stage?.fault?.()
    if (fault) judgement = judge(test, new HarnessError(fault))
    else if (stage?.how) judgement.how ??= stage.how
    const durationMs = Math.round(performance.now() - started)
    const down = watch.end()
    if (down && down !== 'suspect') judgement = { verdict: 'fail', how: down.how, message: down.message }
    const complete = async (): Promise<Pick<AttemptOutcome, 'evidence' | 'files'>> => {
      const flows = stage?.capture && recorder.flows.map((flow) => claim(stage, flow))
      await stage?.end()
      const folder = evidenceFolder(this.#job.cell.id, test.id, attempt)
      const capture = stage?.capture && flows ? { splitter: stage.capture, flows } : undefined
      const files = await writeEvidence(path.join(this.#job.runDirectory, folder), recorder, capture, {
        ...(await stage?.evidence?.()),
        'iut.log': (await this.#world.log?.(startedAt - logMarginMs, startedAt + durationMs + logMarginMs)) ?? '',
      })
      return { evidence: folder, files }
    }
    return { outcome: { ...judgement, startedAt, durationMs }, suspect: down === 'suspect', complete }
  }

  /** Why the control says that this case proves nothing; undefined where it passed or there is none. */
  async #controlRefuses(test: Case): Promise<string | undefined> {
    if (!test.control) return undefined
    const control = this.#tests.get(test.control)
    if (!control) throw new HarnessError(`${test.id} names the control ${test.control}, which does not exist`)
    const verdict = await (this.#verdicts.get(test.control) ??
      this.#settle({ ...control, attempt: 1, reported: false }))
    return verdict === 'pass' ? undefined : `its control ${test.control} came to ${verdict}`
  }
}

/** A case that hangs although the IUT is well is the case's own fault. */
const tooLong = (timeout: CaseTimeout): HarnessError =>
  new HarnessError(`${timeout.message}, and every wait in it is bounded: look at the case`)

/** A case inherits what its suite requires. */
const withSuite = (test: Case, suite: Suite): Case => ({
  ...test,
  ...(suite.role === 'xmpp-client' || suite.role === 'ice-agent'
    ? { timeoutMs: Math.max(test.timeoutMs ?? 0, clientCaseTimeoutMs) }
    : {}),
  requires: [...(suite.requires ?? []), ...(test.requires ?? [])],
})

const claim = (stage: Stage | undefined, flow: CaseRecorder['flows'][number]) => {
  if (!stage?.capture) throw new HarnessError('no capture to claim from')
  return stage.capture.claim(flow, { since: flow.since })
}

const mayBeDown = (thrown: unknown): boolean =>
  thrown !== undefined && (!(thrown instanceof ExpectationError) || thrown instanceof NothingCame)
