import type { CaseResult, CatalogueCase } from '../../harness/record/results-schema.ts'
import type { Column } from './columns.ts'
import type { IndexedResults } from './index-results.ts'

/** Who breaks a statement, from the narrowest to the widest. `alone`: nobody else was asked, so nothing follows. */
export const breakerKinds = ['version', 'family', 'some', 'everybody', 'alone'] as const
export type BreakerKind = (typeof breakerKinds)[number]

/** A statement that somebody breaks. */
export interface BrokenStatement {
  entry: CatalogueCase
  kind: BreakerKind
  /** Who breaks it, where it is one: `Prosody 0.11.9`, `Prosody`. */
  culprit?: string
  broken: { column: Column; result: CaseResult }[]
  /** Columns in which it was exercised and held. */
  held: Column[]
  /** Columns in which it came to neither. */
  unanswered: { column: Column; result: CaseResult }[]
}

/**
 * Sorts statements by who breaks them: one version alone (its bug), one family (its habit), everybody (a text that
 * nobody keeps), the rest.
 */
export function sortBreakers(indexed: IndexedResults): BrokenStatement[] {
  return indexed.panels.flatMap(({ columns }) => indexed.cases.flatMap((entry) => judge(entry, columns, indexed) ?? []))
}

function judge(entry: CatalogueCase, columns: Column[], indexed: IndexedResults): BrokenStatement | undefined {
  const broken: BrokenStatement['broken'] = []
  const held: Column[] = []
  const unanswered: BrokenStatement['unanswered'] = []
  for (const column of columns) {
    const result = indexed.result(column.cell, entry.id)
    if (!result) continue
    if (result.verdict === 'fail' || result.verdict === 'warn') broken.push({ column, result })
    else if (result.verdict === 'pass') held.push(column)
    else unanswered.push({ column, result })
  }
  const [one] = broken
  if (!one) return undefined
  const breakers = broken.map(({ column }) => column)
  const answered = new Set([...breakers, ...held].map((column) => column.family))
  const families = new Set(breakers.map((column) => column.family))
  const versions = new Set(breakers.map((column) => column.implementation))
  const common = { entry, broken, held, unanswered }
  if (answered.size === 1 && held.length === 0) return { ...common, kind: 'alone', culprit: one.column.family }
  if (versions.size === 1) return { ...common, kind: 'version', culprit: versionName(one.column) }
  if (families.size === 1) return { ...common, kind: 'family', culprit: one.column.family }
  return { ...common, kind: held.length === 0 ? 'everybody' : 'some' }
}

const versionName = ({ cell }: Column): string =>
  cell.implementations.map((one) => `${one.name} ${one.version}`).join(' × ')
