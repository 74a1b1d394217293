import type { JournalEntry } from './journal.ts'
import type { PlanFile } from './plan-file.ts'

/** The attempts that a plan asks for and a journal does not have yet, by cell, in the plan's order. */
export function remainingCases(
  plan: PlanFile,
  entries: JournalEntry[],
): Map<string, { id: string; attempts: number[] }[]> {
  const done = new Set(
    entries.flatMap((entry) => (entry.type === 'case-finished' ? [`${entry.cell} ${entry.id} ${entry.attempt}`] : [])),
  )
  const all = Array.from({ length: plan.repeat }, (_, index) => index + 1)
  return new Map(
    plan.cells.flatMap((cell) => {
      const cases = cell.cases
        .map((id) => ({ id, attempts: all.filter((attempt) => !done.has(`${cell.id} ${id} ${attempt}`)) }))
        .filter(({ attempts }) => attempts.length > 0)
      return cases.length > 0 ? [[cell.id, cases] as const] : []
    }),
  )
}
