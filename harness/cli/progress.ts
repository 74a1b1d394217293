import type { PlanFile } from '../record/plan-file.ts'
import type { RunDirectory } from '../record/run-directory.ts'
import type { Progress } from '../run/run-session.ts'

/** Lines on a log, or a display that redraws itself where a person looks on. */
export async function chooseProgress(directory: RunDirectory, plan: PlanFile): Promise<Progress> {
  const cells = plan.cells.length
  const cases = plan.cells.reduce((sum, cell) => sum + cell.cases.length, 0) * plan.repeat
  const title = `run ${directory.id}: ${cases} cases in ${cells} cells, seed ${plan.seed}`
  if (
    process.stdout.isTTY &&
    process.stderr.columns >= 40 &&
    process.stderr.isTTY &&
    !process.env.CI &&
    process.env.TERM !== 'dumb'
  ) {
    const { TerminalProgress } = await import('./terminal-progress.ts')
    return new TerminalProgress(title)
  }
  const { PlainProgress } = await import('./plain-progress.ts')
  return new PlainProgress(title)
}
