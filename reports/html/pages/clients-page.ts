import { topics } from '../../../harness/record/results-schema.ts'
import type { Column, Panel } from '../../model/columns.ts'
import { tally } from '../../model/tally.ts'
import { anchorOf, hrefOf, pages } from '../links.ts'
import { type Matrix, matrixHead } from '../matrix.ts'
import { render } from '../render.ts'
import { frameOf, type Site } from '../site.ts'
import { cellErrorSquare, type Square, tallySquare, verdictFilters } from '../square.ts'
import { statementRow } from '../statement-row.ts'

/** The panel of clients; undefined where none was under test. */
export const clientPanel = ({ indexed }: Site): Panel | undefined =>
  indexed.panels.find(({ role }) => role === 'xmpp-client')

/** Every statement about clients × clients, by what it is about: what each one does, and how. */
export function clientsPage(site: Site, panel: Panel): string {
  const { indexed } = site
  const asked = indexed.cases.filter((entry) => panel.columns.some(({ cell }) => indexed.result(cell, entry.id)))
  const results = panel.columns.flatMap(({ cell }) => asked.flatMap(({ id }) => indexed.result(cell, id) ?? []))
  const square = (column: Column, ids: string[], name: string, href?: string): Square => {
    const counted = tally(ids.flatMap((id) => indexed.result(column.cell, id) ?? []))
    if (counted.total === 0 && column.cell.error) return cellErrorSquare(column, '')
    return tallySquare(counted, { column: anchorOf(column.cell.id), name: `${column.name}, ${name}`, href })
  }
  const sections = [...topics, undefined].flatMap((topic) => {
    const members = asked.filter((entry) => entry.topic === topic)
    if (members.length === 0) return []
    const title = topic ?? 'Other'
    const ids = members.map(({ id }) => id)
    return [
      {
        title,
        squares: panel.columns.map((column) => square(column, ids, title)),
        rows: members.map((entry) =>
          statementRow(indexed, panel, entry, { root: '', lead: `${entry.specification} § ${entry.section}` }),
        ),
      },
    ]
  })
  const all = asked.map(({ id }) => id)
  const matrix: Matrix = {
    ...matrixHead(panel, ''),
    rowHead: 'Statement',
    totals: panel.columns.map((column) =>
      square(column, all, 'everything', hrefOf(pages.implementation(column.cell.id))),
    ),
    sections,
  }
  return render('clients', {
    ...frameOf(site, 'clients', { title: 'Clients', root: '', crumbs: [{ text: 'Clients' }], searches: 'statements' }),
    matrices: [matrix],
    count: asked.length,
    security: asked.filter((entry) => entry.security).length,
    filters: verdictFilters(tally(results)),
    levels: ['MUST', 'SHOULD', 'MAY', 'none'].filter((level) => asked.some((entry) => entry.level === level)),
    hasSecurity: asked.some((entry) => entry.security),
    hasBaseline: site.hasBaseline,
  })
}
