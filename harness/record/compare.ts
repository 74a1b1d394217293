import { didYouMean } from '../plan/nearest.ts'
import { UsageError } from '../plan/usage-error.ts'
import type { CaseResult, CatalogueCase, CellResult, Results, Verdict } from './results-schema.ts'

/** One of the two sides: the results, and of them one implementation, or all. */
export interface Side {
  results: Results
  /** `prosody@0.11.9`, or `prosody` where the run has one version of it. */
  implementation?: string
  /** How the user wrote it. */
  name: string
}

/** What became of a case from base to head. */
export const changes = ['worse', 'better', 'flaky', 'unclear', 'changed', 'new', 'gone'] as const
export type Change = (typeof changes)[number]

/** A case that differs. */
export interface Difference {
  id: string
  change: Change
  from?: Verdict
  to?: Verdict
  /** How it behaved, where the two sides tell that apart. */
  how?: { from?: string; to?: string }
  specification?: string
  section?: string
  level?: string
  statement?: string
  security?: boolean
  /** `1 of 3`: how many attempts of head passed, where they differ. */
  passed?: string
  /** What the side that is not a pass said. */
  message?: string
}

/** Two cells that were laid side by side. */
export interface ComparedCells {
  base: string
  head: string
  same: number
  differences: Difference[]
}

export interface Comparison {
  base: { name: string; run: string }
  head: { name: string; run: string }
  cells: ComparedCells[]
  /** Cells that only one side has. */
  cellsNew: string[]
  cellsGone: string[]
  totals: Record<Change | 'same', number>
}

/**
 * What got better, worse, flaky, new or gone from base to head. Cells are laid side by side by their ids; those that are
 * left, by implementation and environment, whatever the version, where that is plain: a run against the last release.
 *
 * @throws UsageError when a side names an implementation that its run does not have, or nothing can be compared
 */
export function compare(base: Side, head: Side): Comparison {
  const pairs = pairCells(base, head)
  const catalogue = new Map([...base.results.catalogue, ...head.results.catalogue].map((one) => [one.id, one]))
  const cells = pairs.both.map(([one, other]) => compareCells(one, other, catalogue))
  const totals = { ...Object.fromEntries(changes.map((change) => [change, 0])), same: 0 } as Comparison['totals']
  for (const cell of cells) {
    totals.same += cell.same
    for (const { change } of cell.differences) totals[change]++
  }
  if (cells.length === 0) {
    throw new UsageError(
      `nothing to compare: ${base.name} has ${listed(base.results)}, ${head.name} has ${listed(head.results)}; name two with RUN:ID@VERSION or --implementation A --with B`,
    )
  }
  return {
    base: { name: base.name, run: base.results.run.id },
    head: { name: head.name, run: head.results.run.id },
    cells,
    cellsNew: pairs.onlyHead.map(({ id }) => id),
    cellsGone: pairs.onlyBase.map(({ id }) => id),
    totals,
  }
}

const listed = (results: Results) => results.cells.map(({ id }) => id).join(', ') || 'no cells'

interface Pairs {
  both: [CellResult, CellResult][]
  onlyBase: CellResult[]
  onlyHead: CellResult[]
}

function pairCells(base: Side, head: Side): Pairs {
  const bases = new Set(cellsOf(base))
  const heads = new Set(cellsOf(head))
  const both: Pairs['both'] = []
  const pair = (key: (cell: CellResult) => string) => {
    const grouped = Map.groupBy(heads, key)
    for (const [name, ones] of Map.groupBy(bases, key)) {
      const [one] = ones
      const [other, ...more] = grouped.get(name) ?? []
      if (!one || ones.length > 1 || !other || more.length > 0) continue
      both.push([one, other])
      bases.delete(one)
      heads.delete(other)
    }
  }
  const environment = (cell: CellResult) => JSON.stringify(Object.entries(cell.environment).sort())
  const tuple = (cell: CellResult) => cell.implementations.map(({ id, role }) => `${id} ${role}`).join()
  pair(({ id }) => id)
  pair((cell) => `${tuple(cell)} ${environment(cell)}`)
  // Two sides that were named are compared even where they are two implementations, or ran in two ways.
  if (base.implementation !== undefined || head.implementation !== undefined) {
    const roles = (cell: CellResult) => cell.implementations.map(({ role }) => role).join()
    pair((cell) => `${roles(cell)} ${cell.environment.transport ?? ''}`)
    if (both.length === 0) pair(roles)
  }
  return { both, onlyBase: [...bases], onlyHead: [...heads] }
}

function cellsOf({ results, implementation, name }: Side): CellResult[] {
  if (implementation === undefined) return results.cells
  const cells = results.cells.filter(
    (cell) =>
      cell.id === implementation ||
      cell.implementations.some(({ id, version }) => implementation === id || implementation === `${id}@${version}`),
  )
  const known = [
    ...new Set(results.cells.flatMap((cell) => cell.implementations.map(({ id, version }) => `${id}@${version}`))),
  ]
  if (cells.length === 0) {
    throw new UsageError(
      `${name} has no ${implementation}${didYouMean(implementation, known)}; it has ${known.join(', ')}`,
    )
  }
  const versions = new Set(
    cells.flatMap((cell) =>
      cell.implementations.filter(({ id }) => id === implementation).map(({ version }) => version),
    ),
  )
  if (versions.size > 1) {
    const choices = [...versions].map((version) => `${implementation}@${version}`)
    throw new UsageError(`${name} has several versions of ${implementation}: name one of ${choices.join(', ')}`)
  }
  return cells
}

function compareCells(base: CellResult, head: CellResult, catalogue: Map<string, CatalogueCase>): ComparedCells {
  const before = new Map(base.cases.map((one) => [one.id, one]))
  const after = new Map(head.cases.map((one) => [one.id, one]))
  const differences = [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const difference = compareCase(id, before.get(id), after.get(id))
    return difference ? [{ ...difference, ...toldOf(catalogue.get(id)) }] : []
  })
  differences.sort((a, b) => changes.indexOf(a.change) - changes.indexOf(b.change))
  const ids = new Set([...before.keys(), ...after.keys()])
  return { base: base.id, head: head.id, same: ids.size - differences.length, differences }
}

function toldOf(one: CatalogueCase | undefined): Partial<Difference> {
  if (!one) return {}
  const { specification, section, level, statement, security } = one
  return { specification, section, level, statement, ...(security ? { security } : {}) }
}

function compareCase(
  id: string,
  before: CaseResult | undefined,
  after: CaseResult | undefined,
): Difference | undefined {
  if (!before || !after) {
    return before
      ? { id, change: 'gone', from: before.verdict }
      : after && { id, change: 'new', to: after.verdict, ...(after.message ? { message: after.message } : {}) }
  }
  const change = after.flaky && !before.flaky ? 'flaky' : changeOf(before, after)
  if (!change) return undefined
  const message = after.verdict === 'pass' ? before.message : after.message
  const how =
    before.how === after.how
      ? undefined
      : { ...(before.how ? { from: before.how } : {}), ...(after.how ? { to: after.how } : {}) }
  return {
    id,
    change,
    from: before.verdict,
    to: after.verdict,
    ...(how ? { how } : {}),
    ...(after.flaky ? { passed: `${after.passed} of ${after.attempts.length}` } : {}),
    ...(message ? { message } : {}),
  }
}

/** What was found out, from best to worst; what says nothing of the implementation has no rank. */
const rank: Partial<Record<Verdict, number>> = { pass: 0, warn: 1, fail: 2 }

function changeOf(before: CaseResult, after: CaseResult): Change | undefined {
  const [from, to] = [before.verdict, after.verdict]
  if (from === to) return from === 'fail' && before.how !== after.how ? 'changed' : undefined
  const [was, is] = [rank[from], rank[to]]
  if (was !== undefined && is !== undefined) return is < was ? 'better' : 'worse'
  if (from === 'error' || to === 'error') return 'unclear'
  // A feature that came is better only where it works; one that went is worse only where it worked.
  if (from === 'unsupported') return is === undefined ? 'unclear' : is < 2 ? 'better' : 'worse'
  if (to === 'unsupported') return was === undefined ? 'unclear' : was < 2 ? 'worse' : 'changed'
  if (from === 'inconclusive') return is === 0 || is === 1 ? 'better' : 'worse'
  return was === 2 ? 'unclear' : 'worse'
}
