import type { Level } from '../../harness/record/results-schema.ts'
import type { Panel } from '../model/columns.ts'
import { anchorOf, hrefOf, pages } from './links.ts'
import type { Square } from './square.ts'

/** One row of a matrix. */
export interface Row {
  /** First line of the row's heading, and where it leads. */
  title: string
  href: string
  /** Small print before and behind the title. */
  lead?: string
  note?: string
  level?: Level
  security?: boolean
  verdicts: string
  squares: Square[]
}

/** A matrix, as templates draw it: one panel of columns, sections of rows. */
export interface Matrix {
  title: string
  rowHead: string
  id: string
  groups: { title: string; version?: string; span: number; first: string }[]
  columns: { label: string; name: string; href: string; anchor: string; starts: boolean; group: string }[]
  totals: Square[]
  sections: { title: string; note?: string; squares?: Square[]; rows: Row[] }[]
  width: number
}

/** The heading of a matrix: groups above columns. */
export function matrixHead(panel: Panel, root: string): Pick<Matrix, 'groups' | 'columns' | 'title' | 'id' | 'width'> {
  return {
    title: panel.title,
    id: `panel-${panel.role}`,
    width: panel.columns.length + 1,
    groups: panel.groups.map(({ title, version, columns }) => ({
      title,
      version,
      span: columns.length,
      first: anchorOf(columns[0]?.cell.id ?? ''),
    })),
    columns: panel.groups.flatMap(({ title, columns }) =>
      columns.map((column, index) => ({
        label: column.label,
        name: column.name,
        href: root + hrefOf(pages.implementation(column.cell.id)),
        anchor: anchorOf(column.cell.id),
        starts: index === 0,
        group: title,
      })),
    ),
  }
}

/** Every verdict in a row, for filters. */
export const rowVerdicts = (squares: Square[]): string =>
  [...new Set(squares.flatMap((square) => square.verdicts.split(' ').filter(Boolean)))].join(' ')
