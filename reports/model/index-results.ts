import type {
  CaseResult,
  CatalogueCase,
  CellResult,
  Results,
  Specification,
} from '../../harness/record/results-schema.ts'
import { categories } from '../../harness/record/results-schema.ts'
import { arrangeColumns, type Panel } from './columns.ts'

/** Results with what every page looks up. */
export interface IndexedResults {
  results: Results
  panels: Panel[]
  /** By category, then number. */
  specifications: Specification[]
  /** The cases of a specification, by section. */
  casesOf(specification: string): CatalogueCase[]
  /** Every case, in the order of specifications and sections. */
  cases: CatalogueCase[]
  result(cell: CellResult, id: string): CaseResult | undefined
}

const natural = new Intl.Collator('en', { numeric: true }).compare

/**
 * Indexes results. What a run tells of cases or specifications that its catalogue lacks is not dropped: it gets an entry
 * that says so.
 */
export function indexResults(results: Results): IndexedResults {
  const catalogue = new Map(results.catalogue.map((entry) => [entry.id, entry]))
  const asked = new Set<string>()
  const byCell = new Map<CellResult, Map<string, CaseResult>>()
  for (const cell of results.cells) {
    byCell.set(cell, new Map(cell.cases.map((result) => [result.id, result])))
    for (const { id } of cell.cases) {
      asked.add(id)
      if (!catalogue.has(id)) catalogue.set(id, unknownCase(id, cell.implementations[0]?.role ?? ''))
    }
  }
  // A catalogue may hold cases that the selection did not ask of anyone; they would be empty pages.
  const used = [...catalogue.values()].filter((entry) => asked.has(entry.id))
  const known = new Map(results.specifications.map((specification) => [specification.id, specification]))
  for (const { specification: id, version } of used) {
    if (!known.has(id)) known.set(id, { id, title: '', version, category: 'Other' })
  }
  const bySpecification = Map.groupBy(used, (entry) => entry.specification)
  for (const list of bySpecification.values()) {
    list.sort((a, b) => natural(a.section, b.section) || natural(a.id, b.id))
  }
  const specifications = [...known.values()]
    .filter(({ id }) => bySpecification.has(id))
    .sort((a, b) => categories.indexOf(a.category) - categories.indexOf(b.category) || natural(a.id, b.id))
  return {
    results,
    panels: arrangeColumns(results.cells),
    specifications,
    casesOf: (id) => bySpecification.get(id) ?? [],
    cases: specifications.flatMap(({ id }) => bySpecification.get(id) ?? []),
    result: (cell, id) => byCell.get(cell)?.get(id),
  }
}

const unknownCase = (id: string, role: string): CatalogueCase => ({
  id,
  suite: '',
  specification: id.split('/')[0] || 'unknown',
  version: '',
  section: id.split('/')[1] ?? '',
  url: '',
  level: 'none',
  statement: `${id} (the run's catalogue does not describe this case)`,
  role,
})
