import pLimit from 'p-limit'
import type { Target } from '../plan/plan.ts'
import { type CellWork, runCell } from './cell-runner.ts'
import { defaultPatience, type Patience, runChildJob } from './child-job.ts'
import type { JobEvent } from './job.ts'
import { LaneShares } from './lane-shares.ts'

export interface ScheduleOptions {
  runId: string
  /** Absolute. */
  runDirectory: string
  seed: string
  target?: Target
  client?: string
  /** How many cases may run at the same time, over all cells. */
  jobs: number
  /** What a job's process runs. */
  module?: URL
  patience?: Partial<Patience>
  /** Stops gracefully: nothing new begins, running cases may end. */
  stop: AbortSignal
  /** Ends all processes at once. */
  kill: AbortSignal
  /** Environment of the jobs' processes. */
  environment?: NodeJS.ProcessEnv
  onCellStarted?(cell: CellWork['cell'], lanes: number): void
  /** An error that it throws stops the run. */
  onEvent(cell: CellWork['cell'], event: JobEvent): void
  onCellEnded?(cell: CellWork['cell']): void
}

/** Cases of a pair's cell: all its candidates at once, and one by one. */
const lanesOfPair = 2

const jobProcess = new URL('./job-process.ts', import.meta.url)

/**
 * Runs cells, pairs behind all others and the longest first, each in processes of its own, never more than `jobs` cases at the same time.
 *
 * @returns whether every process did its work; one that was killed or stopped may not have taken its lab down
 * @throws what `onEvent` threw, after all processes are gone
 */
export async function schedule(work: CellWork[], options: ScheduleOptions): Promise<{ tidy: boolean }> {
  let tidy = true
  let shares = new LaneShares(options.jobs, 0)
  const patience = { ...defaultPatience, ...options.patience }
  const failure = new AbortController()
  const stop = AbortSignal.any([options.stop, failure.signal])
  const guarded = (call: () => void) => {
    if (failure.signal.aborted) return
    try {
      call()
    } catch (error) {
      failure.abort(error)
    }
  }
  const longestFirst = [...work].sort((a, b) => attemptsOf(b) - attemptsOf(a))
  const runOne = async (one: CellWork) => {
    if (stop.aborted || options.kill.aborted) return
    const lanes = shares.take()
    guarded(() => options.onCellStarted?.(one.cell, lanes))
    const start = async (cases: CellWork['cases'], width: number, onEvent: (event: JobEvent) => void) => {
      const end = await runChildJob(
        {
          runId: options.runId,
          runDirectory: options.runDirectory,
          cell: one.cell,
          cases,
          lanes: Math.max(1, Math.min(width, cases.length)),
          seed: options.seed,
          ...(options.target ? { target: options.target } : {}),
          ...(options.client === undefined ? {} : { client: options.client }),
        },
        {
          module: options.module ?? jobProcess,
          patience,
          stop,
          kill: options.kill,
          environment: options.environment ?? process.env,
          onEvent: (event) => guarded(() => onEvent(event)),
        },
      )
      // One that was stopped may have been in the middle of making its lab.
      if (end.kind !== 'done' || options.kill.aborted) tidy = false
      return end
    }
    try {
      await runCell(one, lanes, start, (event) => options.onEvent(one.cell, event))
    } catch (error) {
      failure.abort(error)
    } finally {
      shares.giveBack(lanes)
      guarded(() => options.onCellEnded?.(one.cell))
    }
  }
  for (const isPair of [false, true]) {
    const group = longestFirst.filter(({ cell }) => cell.implementations.length > 1 === isPair)
    // A pair has few cases, and waits most of its time: many are worked at once.
    shares = new LaneShares(options.jobs, group.length, isPair ? lanesOfPair : undefined)
    const limit = pLimit(shares.cellsAtOnce)
    await Promise.all(group.map((one) => limit(runOne, one)))
  }
  if (failure.signal.aborted) throw failure.signal.reason
  return { tidy }
}

const attemptsOf = (work: CellWork) => work.cases.reduce((sum, { attempts }) => sum + attempts.length, 0)
