import type { CatalogueCase, CellResult, Level, Results, Verdict } from '../../harness/record/results-schema.ts'

/** A cell of one implementation for tests: `family version` and what each case came to. */
export function cellOf(name: string, verdicts: Record<string, Verdict>, cell: Partial<CellResult> = {}): CellResult {
  const [family = '', version = ''] = name.split(' ')
  return {
    id: `${family}@${version}${cell.environment ? `+${Object.values(cell.environment).join('+')}` : ''}`,
    implementations: [{ id: family, name: family, version, family, role: 'xmpp-server' }],
    environment: {},
    cases: Object.entries(verdicts).map(([id, verdict]) => ({ id, verdict, expected: true, attempts: [] })),
    ...cell,
  }
}

/** Results of these cells for tests; the catalogue is what they were asked. */
export function resultsOf(cells: CellResult[], levels: Record<string, Level> = {}): Results {
  const ids = [...new Set(cells.flatMap((cell) => cell.cases.map(({ id }) => id)))]
  return {
    schema: 'assay/results/1',
    run: {
      id: 'test',
      startedAt: '2026-01-01T00:00:00Z',
      assay: '0',
      commandLine: [],
      seed: '1',
      node: '',
      kernel: '',
      platform: '',
      cores: 1,
      jobs: 1,
      repeat: 1,
    },
    specifications: [],
    catalogue: ids.map((id): CatalogueCase => {
      const [specification = '', section = ''] = id.split('/')
      const level = levels[id] ?? 'MUST'
      return { id, suite: '', specification, version: '', section, url: '', level, statement: id, role: 'xmpp-server' }
    }),
    cells,
    totals: {},
    durationMs: 0,
    complete: true,
  }
}
