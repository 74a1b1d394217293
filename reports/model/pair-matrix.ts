import type { CellResult, Verdict } from '../../harness/record/results-schema.ts'

/** How one stage of a pair went. */
export interface PairStage {
  name: string
  verdict: Verdict
  /** The implementation whose doing it is, and its role in the pair. */
  blame?: { name: string; role: string }
  reason?: string
}

/** One square: two agents, in this order. */
export interface PairSquare {
  cell: CellResult
  /** The worst that any case came to; undefined where none ran. */
  verdict?: Verdict
  stages: PairStage[]
}

/** Pairs in one environment: rows are the controlling agents, columns the controlled ones. */
export interface PairMatrix {
  /** What stands between the two: `none`, `symmetric`. */
  nat: string
  agents: { id: string; name: string; version: string }[]
  /** By row, then by column, in the order of `agents`; undefined where a pair was not made. */
  rows: (PairSquare | undefined)[][]
  /** Stages that occur, in the order of a connection. */
  stages: string[]
}

const natural = new Intl.Collator('en', { numeric: true }).compare
/** Of a square: one case that was not for these two says nothing of the other. */
const order: readonly Verdict[] = ['fail', 'error', 'inconclusive', 'warn', 'pass', 'withheld', 'unsupported']

/** Whether a cell is of two implementations. */
export const isPair = (cell: CellResult): boolean => cell.implementations.length === 2

/** Arranges the cells of pairs as matrices, one for each kind of NAT; none first. */
export function arrangePairs(cells: CellResult[]): PairMatrix[] {
  const pairs = cells.filter(isPair)
  return [...Map.groupBy(pairs, ({ environment }) => environment.nat ?? 'none')]
    .sort(([a], [b]) => Number(a !== 'none') - Number(b !== 'none') || natural(a, b))
    .map(([nat, members]) => {
      const known = new Map(
        members.flatMap(({ implementations }) => implementations).map((one) => [keyOf(one), one] as const),
      )
      const agents = [...known]
        .map(([id, { name, version }]) => ({ id, name, version }))
        .sort((a, b) => natural(a.name, b.name) || natural(a.version, b.version))
      const at = new Map(members.map((cell) => [cell.implementations.map(keyOf).join(' '), cell] as const))
      const rows = agents.map((row) =>
        agents.map((column) => {
          const cell = at.get(`${row.id} ${column.id}`)
          return cell && squareOf(cell)
        }),
      )
      return { nat, agents, rows, stages: stagesOf(members) }
    })
}

const keyOf = ({ id, version }: { id: string; version: string }) => `${id}@${version}`

/** The worst that any case of a pair came to, those apart that were not for the two; undefined where none ran. */
export const verdictOfPair = (cell: CellResult): Verdict | undefined =>
  order.find((known) => cell.cases.some((one) => one.verdict === known))

function squareOf(cell: CellResult): PairSquare {
  const verdict = verdictOfPair(cell)
  return { cell, stages: stagesOfPair(cell), ...(verdict ? { verdict } : {}) }
}

/** The stages of a pair's cell with the implementations that are to blame; none of any other cell. */
export function stagesOfPair(cell: CellResult): PairStage[] {
  const [controlling, controlled] = cell.implementations
  return Object.entries(cell.stages ?? {}).map(([name, stage]): PairStage => {
    const { verdict, blame, reason } = stage
    const blamed = blame === 'controlling' ? controlling : blame === 'controlled' ? controlled : undefined
    return {
      name,
      verdict,
      ...(blame && blamed ? { blame: { name: blamed.name, role: blame } } : {}),
      ...(reason === undefined ? {} : { reason }),
    }
  })
}

/** Cells without DTLS have one stage less: the longest list tells the order. */
function stagesOf(cells: CellResult[]): string[] {
  const lists = cells.map(({ stages = {} }) => Object.keys(stages)).sort((a, b) => b.length - a.length)
  return [...new Set(lists.flat())]
}
