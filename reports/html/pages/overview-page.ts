import { type CatalogueCase, categories } from '../../../harness/record/results-schema.ts'
import { type Column, type Panel, pairRole } from '../../model/columns.ts'
import { sortBreakers } from '../../model/sort-breakers.ts'
import { tally } from '../../model/tally.ts'
import { anchorOf, hrefOf, pages } from '../links.ts'
import { type Matrix, matrixHead, type Row, rowVerdicts } from '../matrix.ts'
import { pairMatrices } from '../pair-view.ts'
import { render } from '../render.ts'
import { frameOf, type Site } from '../site.ts'
import { barOf, cellErrorSquare, resultSquare, type Square, tallySquare, verdictFilters } from '../square.ts'

/** The front page: specifications by category × implementations, and every case to search through. */
export function overviewPage(site: Site): string {
  const { indexed, hasBaseline } = site
  const { results } = indexed
  const everything = tally(results.cells.flatMap((cell) => cell.cases))
  const broken = sortBreakers(indexed)
  const dangerous = broken.filter((one) => one.entry.security && one.broken.some((b) => b.result.verdict === 'fail'))
  return render('overview', {
    ...frameOf(site, 'overview', { title: 'Matrix', root: '', searches: 'all cases' }),
    pairs: pairMatrices(site),
    matrices: indexed.panels.filter(({ role }) => role !== pairRole).map((panel) => overviewMatrix(site, panel)),
    filters: verdictFilters(everything),
    bar: everything.total > 0 ? barOf(everything) : undefined,
    counts: {
      verdicts: everything.total.toLocaleString('en'),
      statements: indexed.cases.length,
      specifications: indexed.specifications.length,
      implementations: new Set(indexed.panels.flatMap((p) => p.columns.map((c) => c.implementation))).size,
      broken: broken.length,
      security: dangerous.length,
      flaky: everything.flaky,
      unexpected: hasBaseline ? everything.unexpected : undefined,
      seconds: (results.durationMs / 1000).toFixed(1),
    },
    cellErrors: results.cells
      .filter((cell) => cell.error)
      .map((cell) => ({ id: cell.id, message: cell.error?.message })),
    hasBaseline,
    hasManyPanels: indexed.panels.length > 1,
    cases: indexed.cases.map((entry) => caseRow(site, entry)),
  })
}

function overviewMatrix({ indexed }: Site, panel: Panel): Matrix {
  const square = (column: Column, specifications: string[], name: string, href?: string): Square => {
    const results = specifications
      .flatMap((id) => indexed.casesOf(id))
      .flatMap((entry) => indexed.result(column.cell, entry.id) ?? [])
    const counted = tally(results)
    const anchor = anchorOf(column.cell.id)
    if (counted.total === 0 && column.cell.error) return cellErrorSquare(column, '')
    return tallySquare(counted, {
      column: anchor,
      name: `${column.name}, ${name}`,
      href: href && counted.total > 0 ? `${href}#c=${encodeURIComponent(anchor)}` : undefined,
    })
  }
  const asks = (id: string) =>
    indexed.casesOf(id).filter((entry) => panel.columns.some((column) => indexed.result(column.cell, entry.id)))
  const specifications = indexed.specifications.filter(({ id }) => asks(id).length > 0)
  const all = specifications.map(({ id }) => id)
  const sections = categories.flatMap((category) => {
    const members = specifications.filter((specification) => specification.category === category)
    if (members.length === 0) return []
    const ids = members.map(({ id }) => id)
    const rows = members.map(({ id, title }): Row => {
      const href = hrefOf(pages.specification(id))
      const squares = panel.columns.map((column) => square(column, [id], id, href))
      return { title, lead: id, href, note: String(asks(id).length), verdicts: rowVerdicts(squares), squares }
    })
    return [{ title: category, squares: panel.columns.map((column) => square(column, ids, category)), rows }]
  })
  return {
    ...matrixHead(panel, ''),
    rowHead: 'Specification',
    totals: panel.columns.map((column) => ({
      ...square(column, all, 'everything', undefined),
      href: hrefOf(pages.implementation(column.cell.id)),
    })),
    sections,
  }
}

function caseRow({ indexed }: Site, entry: CatalogueCase) {
  const href = hrefOf(pages.case(entry.id))
  const squares = indexed.panels.flatMap(({ columns }) =>
    columns.flatMap((column) => {
      const result = indexed.result(column.cell, entry.id)
      const anchor = anchorOf(column.cell.id)
      return result ? [resultSquare(result, { column: anchor, name: column.name, href: `${href}#${anchor}` })] : []
    }),
  )
  const specificationTitle = indexed.specifications.find(({ id }) => id === entry.specification)?.title
  return { ...entry, specificationTitle, href, squares, verdicts: rowVerdicts(squares) }
}
