import type { CatalogueCase } from '../../harness/record/results-schema.ts'
import type { Panel } from '../model/columns.ts'
import type { IndexedResults } from '../model/index-results.ts'
import { anchorOf, hrefOf, pages } from './links.ts'
import { type Row, rowVerdicts } from './matrix.ts'
import { cellErrorSquare, resultSquare } from './square.ts'

/** The row of one statement: what each implementation of a panel came to, and how it behaved. */
export function statementRow(
  indexed: IndexedResults,
  panel: Panel,
  entry: CatalogueCase,
  { root, lead }: { root: string; lead: string },
): Row {
  const href = root + hrefOf(pages.case(entry.id))
  const squares = panel.columns.map((column) => {
    const anchor = anchorOf(column.cell.id)
    const square = { column: anchor, name: column.name, href: `${href}#${anchor}` }
    if (column.cell.error && column.cell.cases.length === 0) return cellErrorSquare(column, root)
    return resultSquare(indexed.result(column.cell, entry.id), square)
  })
  return {
    lead,
    title: entry.statement,
    note: entry.id,
    href,
    level: entry.level,
    security: entry.security,
    verdicts: rowVerdicts(squares),
    squares,
  }
}
