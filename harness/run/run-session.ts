import { join } from 'node:path'
import type { Cell, Target } from '../plan/plan.ts'
import { Journal, type JournalEntry, readJournal } from '../record/journal.ts'
import type { PlanFile } from '../record/plan-file.ts'
import type { Redactor } from '../record/redact.ts'
import { remainingCases } from '../record/remaining.ts'
import type { RunDirectory } from '../record/run-directory.ts'
import type { Patience } from './child-job.ts'
import { DiskFullError, isDiskFull, tellsOfFullDisk } from './disk-full.ts'
import type { JobEvent } from './job.ts'
import { endLeftovers, markedEnvironment } from './leftovers.ts'
import { schedule } from './scheduler.ts'

/** What a progress display is told. */
export interface Progress {
  /** Attempts that are left, by cell id. */
  begin(left: Map<string, number>): void
  cellStarted(cell: Cell): void
  event(cell: Cell, event: JobEvent): void
  cellEnded(cell: Cell): void
  /** The run was asked to stop. */
  stopping(): void
  /** Nothing more will come; the display is put away. */
  end(): void | Promise<void>
}

export interface SessionOptions {
  directory: RunDirectory
  plan: PlanFile
  jobs: number
  redactor: Redactor
  target?: Target
  stop: AbortSignal
  kill: AbortSignal
  progress: Progress
  module?: URL
  patience?: Partial<Patience>
}

/** How a session of a run ended. */
export interface SessionEnd {
  reason: Extract<JournalEntry, { type: 'ended' }>['reason']
  /** Lines of the journal that could not be read when the session began. */
  torn: number[]
  /** How many attempts had been done before. */
  before: number
}

/** Runs what a journal does not have yet, and writes it there. */
export async function runSession(options: SessionOptions): Promise<SessionEnd> {
  const { directory, plan, redactor, progress } = options
  const path = join(directory.path, 'journal.ndjson')
  const { entries, torn } = await readJournal(path)
  const remaining = remainingCases(plan, entries)
  const journal = new Journal(path)
  const write = (entry: JournalEntry) => journal.append(redactor.value(entry))
  let reason: SessionEnd['reason'] = 'finished'
  try {
    write({ at: Date.now(), type: 'begun', pid: process.pid })
    const work = plan.cells.flatMap((cell) => {
      const cases = remaining.get(cell.id)
      return cases ? [{ cell, cases }] : []
    })
    progress.begin(
      new Map(work.map(({ cell, cases }) => [cell.id, cases.reduce((sum, one) => sum + one.attempts.length, 0)])),
    )
    const runnable = work.filter(({ cell }) => plan.unavailable[cell.id] === undefined)
    for (const { cell } of work) {
      const message = plan.unavailable[cell.id]
      if (message === undefined) continue
      write({ at: Date.now(), cell: cell.id, type: 'cell-error', message })
      progress.event(cell, { type: 'cell-error', message })
    }
    const { tidy } = await schedule(runnable, {
      runId: directory.id,
      runDirectory: directory.path,
      seed: plan.seed,
      ...(options.target ? { target: options.target } : {}),
      ...(plan.client === undefined ? {} : { client: plan.client }),
      jobs: options.jobs,
      ...(options.module ? { module: options.module } : {}),
      ...(options.patience ? { patience: options.patience } : {}),
      stop: options.stop,
      kill: options.kill,
      environment: markedEnvironment(directory.id),
      onCellStarted: (cell) => progress.cellStarted(cell),
      onEvent: (cell, event) => {
        if (tellsOfFullDisk(event, directory.path)) throw new DiskFullError()
        if (event.type === 'disk-full') throw new DiskFullError(event.message)
        if (event.type !== 'done') write({ at: Date.now(), cell: cell.id, ...event })
        progress.event(cell, event)
      },
      onCellEnded: (cell) => progress.cellEnded(cell),
    })
    if (options.stop.aborted || options.kill.aborted) reason = 'stopped'
    if (!tidy && runnable.some(({ cell }) => cell.environment.runtime === 'docker')) await removeLabs(directory.id)
    write({ at: Date.now(), type: 'ended', reason })
  } catch (error) {
    if (!isDiskFull(error)) throw error
    reason = 'disk-full'
  } finally {
    journal.close()
    await endLeftovers(directory.id)
  }
  const before = entries.filter((entry) => entry.type === 'case-finished').length
  return { reason, torn, before }
}

/** What killed processes left in the engine. Where it does not answer, `assay clean` does it later. */
async function removeLabs(runId: string): Promise<void> {
  const { cleanRun } = await import('../lab/docker/clean.ts')
  await cleanRun(runId).catch(() => undefined)
}
