import { type Verdict, verdicts } from '../record/results-schema.ts'
import type { JobEvent } from '../run/job.ts'

/** Counts of one cell while it runs. */
export interface CellTally {
  left: number
  verdicts: Map<Verdict, number>
  running: Set<string>
  /** What the lab last said. */
  lab?: string
  error?: string
}

/** Counts what came and what is left, for progress displays. */
export class RunTally {
  readonly cells = new Map<string, CellTally>()

  begin(left: Map<string, number>): void {
    for (const [id, count] of left) this.cells.set(id, { left: count, verdicts: new Map(), running: new Set() })
  }

  event(cellId: string, event: JobEvent): void {
    const cell = this.cells.get(cellId)
    if (!cell) return
    if (event.type === 'lab') cell.lab = event.text
    if (event.type === 'case-started') cell.running.add(event.id)
    if (event.type === 'case-finished') {
      cell.running.delete(event.id)
      cell.left--
      cell.verdicts.set(event.outcome.verdict, (cell.verdicts.get(event.outcome.verdict) ?? 0) + 1)
    }
    if (event.type === 'cell-error') {
      cell.error = event.message
      cell.verdicts.set('error', (cell.verdicts.get('error') ?? 0) + cell.left)
      cell.left = 0
    }
  }

  over = (): boolean => this.left() === 0

  left = (): number => [...this.cells.values()].reduce((sum, cell) => sum + cell.left, 0)

  /** `12 pass, 1 fail`. */
  cellLine(id: string): string {
    return spell(this.cells.get(id)?.verdicts ?? new Map())
  }

  /** `40 left, 12 pass, 1 fail`. */
  line(): string {
    const sum = new Map<Verdict, number>()
    for (const cell of this.cells.values()) {
      for (const [verdict, count] of cell.verdicts) sum.set(verdict, (sum.get(verdict) ?? 0) + count)
    }
    return [`${this.left()} left`, spell(sum)].filter((text) => text !== '').join(', ')
  }
}

const spell = (counts: Map<Verdict, number>) =>
  verdicts
    .filter((verdict) => counts.has(verdict))
    .map((verdict) => `${counts.get(verdict)} ${verdict}`)
    .join(', ')
