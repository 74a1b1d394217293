import type { CaseResult, CellResult, Results } from './results-schema.ts'
import { totalsOf } from './totals.ts'

/**
 * Results as they may be shown to everybody before a date: of an implementation that breaks a case marked `security`, no
 * verdict of such a case is told. Those that hold are withheld too: otherwise the gaps would name the breach.
 *
 * @param until the day from which everything is shown, `YYYY-MM-DD`
 */
export function withholdSecurity(results: Results, until: string): Results {
  const security = new Set(results.catalogue.filter((one) => one.security).map(({ id }) => id))
  const breaks = ({ id, verdict }: CaseResult) => security.has(id) && (verdict === 'fail' || verdict === 'warn')
  // Cells of one implementation (its transports) share their faults.
  const broken = new Set(
    results.cells.filter(({ cases }) => cases.some(breaks)).flatMap((cell) => implementationsOf(cell)),
  )
  const told = (one: CaseResult): CaseResult =>
    security.has(one.id) && one.verdict !== 'unsupported'
      ? { id: one.id, verdict: 'withheld', expected: true, attempts: [], message: `withheld until ${until}` }
      : one
  const cells = results.cells.map((cell) =>
    implementationsOf(cell).some((id) => broken.has(id)) ? { ...cell, cases: cell.cases.map(told) } : cell,
  )
  return { ...results, cells, totals: totalsOf(cells) }
}

const implementationsOf = ({ implementations }: CellResult): string[] =>
  implementations.map(({ id, version }) => `${id}@${version}`)
