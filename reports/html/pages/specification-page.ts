import type { Specification } from '../../../harness/record/results-schema.ts'
import type { Panel } from '../../model/columns.ts'
import { safeUrl } from '../../model/safe-url.ts'
import { tally } from '../../model/tally.ts'
import { anchorOf, hrefOf, pages } from '../links.ts'
import { type Matrix, matrixHead } from '../matrix.ts'
import { render } from '../render.ts'
import { frameOf, type Site } from '../site.ts'
import { cellErrorSquare, tallySquare, verdictFilters } from '../square.ts'
import { statementRow } from '../statement-row.ts'

/** The page of one specification: its cases, section by section, × implementations. */
export function specificationPage(site: Site, specification: Specification): string {
  const { indexed } = site
  const cases = indexed.casesOf(specification.id)
  const results = indexed.results.cells.flatMap((cell) => cases.flatMap(({ id }) => indexed.result(cell, id) ?? []))
  return render('specification', {
    ...frameOf(site, 'specification', {
      title: `${specification.id} ${specification.title}`,
      root: '../',
      crumbs: [{ text: specification.category }, { text: specification.id }],
      searches: 'cases',
    }),
    specification,
    url: safeUrl(cases[0]?.url.replace(/#.*$/, '')),
    filters: verdictFilters(tally(results)),
    count: cases.length,
    matrices: indexed.panels.flatMap((panel) => specificationMatrix(site, specification.id, panel) ?? []),
    levels: ['MUST', 'SHOULD', 'MAY', 'none'].filter((level) => cases.some((entry) => entry.level === level)),
    hasSecurity: cases.some((entry) => entry.security),
    hasBaseline: site.hasBaseline,
  })
}

function specificationMatrix({ indexed }: Site, id: string, panel: Panel): Matrix | undefined {
  const cases = indexed
    .casesOf(id)
    .filter((entry) => panel.columns.some((column) => indexed.result(column.cell, entry.id)))
  if (cases.length === 0) return undefined
  const rows = cases.map((entry) => statementRow(indexed, panel, entry, { root: '../', lead: `§ ${entry.section}` }))
  return {
    ...matrixHead(panel, '../'),
    rowHead: 'Statement',
    totals: panel.columns.map((column) => {
      const counted = tally(cases.flatMap((entry) => indexed.result(column.cell, entry.id) ?? []))
      const href = `../${hrefOf(pages.implementation(column.cell.id))}`
      if (column.cell.error && column.cell.cases.length === 0) return cellErrorSquare(column, '../')
      return tallySquare(counted, { column: anchorOf(column.cell.id), name: column.name, href })
    }),
    sections: [{ title: '', rows }],
  }
}
