import type { Cell } from '../plan/plan.ts'
import { type BaselineEntry, judge } from './baseline.ts'
import { combineAttempts, isWorse, type RecordedAttempt } from './combine-attempts.ts'
import type { JournalEntry } from './journal.ts'
import type { PlanFile } from './plan-file.ts'
import { replayCommand } from './replay-command.ts'
import {
  type CaseResult,
  type CellResult,
  type CellStages,
  type Provenance,
  type Results,
  schemaName,
} from './results-schema.ts'
import { totalsOf } from './totals.ts'

/** What results are made of. Nothing else goes in: the same run directory gives the same results on any machine. */
export interface RunRecord {
  provenance: Provenance
  plan: PlanFile
  entries: JournalEntry[]
  baseline?: BaselineEntry[]
  /** YYYY-MM-DD, for the expiry of baseline entries. */
  today: string
}

type CellEntry = Extract<JournalEntry, { cell: string }>

/**
 * Results from a journal and its plan. In a run that is finished, a case that never ran is an `error`; in one that was
 * cut short it is left out, and `complete` is false.
 */
export function assembleResults(record: RunRecord): Results {
  const { plan, entries, provenance } = record
  const complete = entries.findLast((entry) => entry.type === 'begun' || entry.type === 'ended')
  const finished = complete?.type === 'ended' && complete.reason === 'finished'
  const byCell = Map.groupBy(
    entries.filter((entry) => 'cell' in entry),
    (entry) => entry.cell,
  )
  const cells = plan.cells.map((cell) => cellResult(record, cell, byCell.get(cell.id) ?? [], finished))
  return {
    schema: schemaName,
    run: provenance,
    specifications: plan.specifications,
    catalogue: plan.catalogue,
    cells,
    totals: totalsOf(cells),
    durationMs: workedFor(entries),
    complete: finished,
  }
}

/** Sum of the sessions (a resumed run has several), each from its `begun` to its last line. */
function workedFor(entries: JournalEntry[]): number {
  let total = 0
  let begun: number | undefined
  let last = 0
  for (const entry of entries) {
    if (entry.type === 'begun') {
      if (begun !== undefined) total += last - begun
      begun = entry.at
    }
    last = Math.max(entry.at, begun ?? 0)
  }
  return begun === undefined ? 0 : total + last - begun
}

function cellResult(record: RunRecord, cell: Cell, entries: CellEntry[], finished: boolean): CellResult {
  const attempts = attemptsOf(entries)
  const failure = entries.findLast((entry) => entry.type === 'cell-error')
  const claims = entries.findLast((entry) => entry.type === 'claims')?.claims
  const provenance = Object.assign({}, ...entries.map((entry) => (entry.type === 'provenance' ? entry.provenance : {})))
  const { plan } = record
  const options = {
    ...(plan.target ? { target: plan.target.uri } : {}),
    ...(plan.client === undefined ? {} : { client: plan.client }),
  }
  const ran: Omit<CaseResult, 'expected'>[] = []
  let short = false
  for (const id of cell.cases) {
    const known = attempts.get(id) ?? []
    if (known.length < plan.repeat) short = true
    if (known.length === 0 && !finished) continue
    const result =
      known.length > 0 ? combineAttempts(known) : { verdict: 'error' as const, attempts: [], message: whyNot(failure) }
    ran.push({ id, ...result, replay: replayCommand(cell, id, options) })
  }
  const controlled = applyControls(ran, plan)
  const times = entries.map((entry) => entry.at)
  return {
    id: cell.id,
    implementations: cell.implementations,
    environment: cell.environment,
    ...stagesOf(entries),
    ...(claims ? { claims } : {}),
    ...(Object.keys(provenance).length > 0 ? { provenance } : {}),
    ...(failure && short ? { error: { message: failure.message, ...(failure.log ? { log: failure.log } : {}) } } : {}),
    cases: controlled.map((one) => ({
      ...one,
      ...judge(cell, one.id, one.verdict, record.baseline ?? [], record.today),
    })),
    ...(times.length > 0 ? { startedAt: times[0] ?? 0, durationMs: workedFor(withBegun(entries)) } : {}),
  }
}

/** The worst that each column came to, over all cases and attempts. */
function stagesOf(entries: CellEntry[]): { stages?: CellStages } {
  const stages: CellStages = {}
  for (const entry of entries) {
    if (entry.type !== 'stages') continue
    for (const [name, result] of Object.entries(entry.stages)) {
      const known = stages[name]
      if (!known || isWorse(result.verdict, known.verdict)) stages[name] = result
    }
  }
  return Object.keys(stages).length > 0 ? { stages } : {}
}

const whyNot = (failure: Extract<CellEntry, { type: 'cell-error' }> | undefined) =>
  failure ? `did not run: ${failure.message}` : 'did not run, and nothing says why: a fault of the harness'

/** Finished attempts by case, each number once: the first that was written counts. */
function attemptsOf(entries: CellEntry[]): Map<string, RecordedAttempt[]> {
  const numbered = new Map<string, Map<number, RecordedAttempt>>()
  for (const entry of entries) {
    if (entry.type !== 'case-finished') continue
    const known = numbered.get(entry.id) ?? new Map<number, RecordedAttempt>()
    if (!known.has(entry.attempt)) known.set(entry.attempt, entry.outcome)
    numbered.set(entry.id, known)
  }
  return new Map(
    [...numbered].map(([id, known]) => [id, [...known].sort(([a], [b]) => a - b).map(([, attempt]) => attempt)]),
  )
}

/** A hostile case says nothing where the same flow, right, does not pass: then it is inconclusive, never a failure. */
function applyControls<R extends Omit<CaseResult, 'expected'>>(cases: R[], plan: PlanFile): R[] {
  const controls = new Map(plan.catalogue.map((one) => [one.id, one.control]))
  const verdicts = new Map(cases.map((one) => [one.id, one.verdict]))
  return cases.map((one) => {
    const control = controls.get(one.id)
    const came = control === undefined ? undefined : verdicts.get(control)
    const judged = one.verdict === 'pass' || one.verdict === 'fail' || one.verdict === 'warn'
    if (!judged || came === undefined || came === 'pass' || came === 'warn') return one
    const message = `its control ${control} came to ${came}, so this says nothing${one.message ? `; seen: ${one.message}` : ''}`
    return { ...one, verdict: 'inconclusive' as const, message }
  })
}

const withBegun = (entries: CellEntry[]): JournalEntry[] => [
  ...(entries[0] ? [{ at: entries[0].at, type: 'begun' as const, pid: 0 }] : []),
  ...entries,
]
