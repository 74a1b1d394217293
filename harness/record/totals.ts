import { type CellResult, verdicts } from './results-schema.ts'

/** How many cases came to each verdict, over all cells. Verdicts that nothing came to are there with 0. */
export function totalsOf(cells: Pick<CellResult, 'cases'>[]): Record<string, number> {
  const totals: Record<string, number> = Object.fromEntries(verdicts.map((verdict) => [verdict, 0]))
  for (const cell of cells) for (const { verdict } of cell.cases) totals[verdict] = (totals[verdict] ?? 0) + 1
  return totals
}
