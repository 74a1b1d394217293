import type { Cell } from '../plan/plan.ts'
import type { ChildJobOptions, JobEnd } from './child-job.ts'
import type { Job, JobEvent } from './job.ts'

/** What is left to run of a cell. */
export interface CellWork {
  cell: Cell
  cases: Job['cases']
}

/** How many times in a row a job's process may die without having finished a case. */
const deathsWithoutProgress = 3

/** Starts a process for a job; `runChildJob`, or a test's own. */
export type StartJob = (cases: Job['cases'], lanes: number, onEvent: ChildJobOptions['onEvent']) => Promise<JobEnd>

interface Running {
  id: string
  attempt: number
  startedAt: number
}

/**
 * Runs what is left of a cell, in as many processes as it takes. A process that dies costs the case that killed it: where
 * several ran at that moment, they run again one at a time to find it, then the rest goes on. Emits no `done`.
 *
 * @param lanes cases at the same time
 */
export async function runCell(work: CellWork, lanes: number, start: StartJob, onEvent: (event: JobEvent) => void) {
  const left = new Map(work.cases.map(({ id, attempts }) => [id, new Set(attempts)]))
  let suspects: string[] = []
  let deaths = 0
  while (left.size > 0) {
    const running = new Map<string, Running>()
    let progress = false
    let broken = false
    const finish = (event: Extract<JobEvent, { type: 'case-finished' }>) => {
      const attempts = left.get(event.id)
      // A process that tells the same attempt twice, or one that nobody asked for, is not believed.
      if (!attempts?.delete(event.attempt)) return
      if (attempts.size === 0) left.delete(event.id)
      onEvent(event)
    }
    const cases = [...left]
      .filter(([id]) => suspects.length === 0 || suspects.includes(id))
      .map(([id, attempts]) => ({ id, attempts: [...attempts] }))
    const end = await start(cases, suspects.length > 0 ? 1 : lanes, (event) => {
      switch (event.type) {
        case 'case-started':
          running.set(`${event.id} ${event.attempt}`, { id: event.id, attempt: event.attempt, startedAt: Date.now() })
          return onEvent(event)
        case 'case-finished':
          running.delete(`${event.id} ${event.attempt}`)
          progress = true
          return finish(event)
        case 'cell-error':
          broken = true
          return onEvent(event)
        case 'done':
          return
        default:
          return onEvent(event)
      }
    })
    if (end.kind === 'stopped' || broken) return
    if (end.kind === 'done') {
      const message = 'the job ended without having run this case: has its suite changed meanwhile?'
      for (const { id, attempts } of cases)
        for (const attempt of attempts) finish(failed(id, attempt, Date.now(), message))
      suspects = []
      continue
    }
    if (running.size === 1) {
      for (const { id, attempt, startedAt } of running.values()) finish(failed(id, attempt, startedAt, tell(end)))
      progress = true
    }
    suspects = running.size > 1 ? [...running.values()].map(({ id }) => id) : suspects.filter((id) => left.has(id))
    deaths = progress ? 0 : deaths + 1
    if (deaths >= deathsWithoutProgress) {
      const message = `the job's process ${end.reason}, ${deaths} times without having finished a case`
      return onEvent({ type: 'cell-error', message, ...(end.output ? { log: end.output } : {}) })
    }
  }
}

const failed = (id: string, attempt: number, startedAt: number, message: string) => ({
  type: 'case-finished' as const,
  id,
  attempt,
  outcome: { verdict: 'error' as const, startedAt, durationMs: Date.now() - startedAt, message },
})

const tell = ({ reason, output }: { reason: string; output: string }) =>
  `the job's process ${reason} while this case ran${output ? `; the last it printed:\n${output}` : ''}`
