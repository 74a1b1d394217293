import type { CellResult, Verdict } from '../../harness/record/results-schema.ts'
import { isPair, verdictOfPair } from './pair-matrix.ts'

/** What came of one pair behind one kind of NAT. */
export interface NatSquare {
  cell: CellResult
  verdict?: Verdict
  /** By which candidates the two talk, and after what time; undefined where that was not seen. */
  path?: { verdict: Verdict; reason: string }
}

/** Pairs × what stands between them. */
export interface NatMatrix {
  nats: string[]
  rows: { name: string; squares: (NatSquare | undefined)[] }[]
}

/** From what hinders nobody to what lets only a relay through; others behind them, by name. */
const order = [
  'none',
  'routed',
  'lossy',
  'full-cone',
  'port-restricted',
  'double',
  'symmetric',
  'symmetric-both',
  'udp-blocked',
]
const rank = (nat: string) => (order.indexOf(nat) + order.length) % order.length

/** One table of all pairs that were asked behind NATs; undefined where there was but one kind of network. */
export function arrangeNats(cells: CellResult[]): NatMatrix | undefined {
  const pairs = cells.filter(isPair)
  const natOf = ({ environment }: CellResult) => environment.nat ?? 'none'
  const nats = [...new Set(pairs.map(natOf))].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  if (nats.length < 2) return undefined
  const nameOf = ({ implementations }: CellResult) =>
    implementations.map(({ name, version }) => `${name} ${version}`).join(' → ')
  const rows = [...Map.groupBy(pairs, nameOf)].map(([name, members]) => ({
    name,
    squares: nats.map((nat) => {
      const cell = members.find((one) => natOf(one) === nat)
      return cell && squareOf(cell)
    }),
  }))
  return { nats, rows }
}

function squareOf(cell: CellResult): NatSquare {
  const verdict = verdictOfPair(cell)
  const path = cell.stages?.path
  return {
    cell,
    ...(verdict ? { verdict } : {}),
    ...(path?.reason ? { path: { verdict: path.verdict, reason: path.reason } } : {}),
  }
}
