import { UsageError } from '../plan/usage-error.ts'
import { type CaseResult, type CellResult, type Results, schemaName } from './results-schema.ts'
import { totalsOf } from './totals.ts'

/** Results of one of the runs that are put together. */
export interface Part {
  /** How the user wrote it. */
  name: string
  results: Results
}

/** What came of putting runs together, and what the user should know of it. */
export interface Merged {
  results: Results
  /** Folder of evidence → the part that it comes from, by index. */
  evidence: Map<string, number>
  warnings: string[]
}

/**
 * Puts shards (or runs of different implementations) together. A case that two parts have in the same cell must be the
 * same verdict for verdict, or they cannot be one run.
 *
 * @param id of the run that comes of it
 * @throws UsageError naming the parts that contradict each other and the case
 */
export function merge(parts: Part[], id: string, now = new Date()): Merged {
  const [first] = parts
  if (!first) throw new UsageError('merge: name the run directories to put together')
  const cells = new Map<string, CellResult>()
  const owners = new Map<string, string>()
  const evidence = new Map<string, number>()
  for (const [index, { name, results }] of parts.entries()) {
    for (const cell of results.cells) {
      const known = cells.get(cell.id)
      if (known) refuseOther(known, cell, name)
      const merged = known ?? { ...cell, cases: [] }
      if (known && cell.error && !known.error) merged.error = cell.error
      const fresh = cell.cases.filter((one) => isFresh(cell, one, merged, owners, name))
      for (const one of fresh) {
        owners.set(`${cell.id} ${one.id}`, name)
        if (one.evidence !== undefined) evidence.set(one.evidence, index)
      }
      cells.set(cell.id, {
        ...merged,
        cases: [...merged.cases, ...fresh],
        durationMs: Math.max(merged.durationMs ?? 0, cell.durationMs ?? 0),
      })
    }
  }
  const catalogue = mergeById(parts, ({ results }) => results.catalogue, 'case')
  const specifications = mergeById(parts, ({ results }) => results.specifications, 'specification')
  const order = new Map(catalogue.map((one, index) => [one.id, index]))
  const sorted = [...cells.values()]
    .map((cell) => ({ ...cell, cases: cell.cases.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0)) }))
    .sort((a, b) => a.id.localeCompare(b.id))
  const warnings = missingShards(parts)
  for (const { name, results } of parts) if (!results.complete) warnings.push(`${name} was cut short; resume it first`)
  const { shard: _, finishedAt: __, ...run } = first.results.run
  return {
    results: {
      schema: schemaName,
      run: { ...run, id, finishedAt: now.toISOString(), mergedFrom: parts.map(({ results }) => results.run.id) },
      specifications: specifications.sort((a, b) => a.id.localeCompare(b.id)),
      catalogue,
      cells: sorted,
      totals: totalsOf(sorted),
      durationMs: Math.max(...parts.map(({ results }) => results.durationMs)),
      complete: warnings.length === 0,
    },
    evidence,
    warnings,
  }
}

function refuseOther(known: CellResult, cell: CellResult, name: string) {
  const tell = (one: CellResult) =>
    JSON.stringify([
      one.implementations.map(({ id, version, role }) => [id, version, role]),
      Object.entries(one.environment).sort(),
    ])
  if (tell(known) !== tell(cell)) throw new UsageError(`merge: cell ${cell.id} is something else in ${name}`)
}

function isFresh(
  cell: CellResult,
  one: CaseResult,
  merged: CellResult,
  owners: Map<string, string>,
  name: string,
): boolean {
  const known = merged.cases.find(({ id }) => id === one.id)
  if (!known) return true
  const tell = ({ verdict, attempts }: CaseResult) => JSON.stringify([verdict, attempts])
  if (tell(known) === tell(one)) return false
  const other = owners.get(`${cell.id} ${one.id}`)
  throw new UsageError(
    `merge: ${other} and ${name} both ran ${one.id} in ${cell.id} (${known.verdict} and ${one.verdict}): they are not parts of one run`,
  )
}

function mergeById<T extends { id: string }>(parts: Part[], of: (part: Part) => T[], what: string): T[] {
  const known = new Map<string, T>()
  for (const part of parts) {
    for (const one of of(part)) {
      const other = known.get(one.id)
      if (other && JSON.stringify(other) !== JSON.stringify(one)) {
        throw new UsageError(
          `merge: ${what} ${one.id} is something else in ${part.name}: the parts come of different versions of the suites`,
        )
      }
      known.set(one.id, one)
    }
  }
  return [...known.values()]
}

function missingShards(parts: Part[]): string[] {
  const shards = parts.flatMap(({ results }) => (results.run.shard === undefined ? [] : [results.run.shard]))
  const totals = new Set(shards.map((shard) => shard.split('/')[1]))
  if (totals.size > 1) return [`the parts are shards of different splits: ${shards.join(', ')}`]
  const [of] = totals
  if (of === undefined) return []
  const missing = Array.from({ length: Number(of) }, (_, index) => `${index + 1}/${of}`).filter(
    (one) => !shards.includes(one),
  )
  return missing.length > 0 ? [`shard ${missing.join(', ')} is missing`] : []
}
