import type { CatalogueCase } from '../record/results-schema.ts'
import type { Cell } from './plan.ts'
import { UsageError } from './usage-error.ts'

/** One of `of` parts of a run, counted from 1. */
export interface Shard {
  index: number
  of: number
}

/** @throws UsageError when it is not `I/N` with 1 ≤ I ≤ N. */
export function parseShard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  const shard = { index: Number(index), of: Number(of) }
  if (!(shard.index >= 1 && shard.index <= shard.of)) {
    throw new UsageError(`--shard ${text}: takes I/N with I from 1 to N, e.g. 2/4`)
  }
  return shard
}

/** How far from the even cut, as a part of a shard, a cut may move so that it does not go through a cell. */
const tolerance = 0.1

/**
 * The part of the cells that a shard runs. Shards are disjoint and complete, whatever order the cells come in. The
 * cells are laid end to end and cut evenly; a cut that falls near the edge of a cell moves there, and none parts a
 * case from its control.
 */
export function shardCells(cells: Cell[], catalogue: CatalogueCase[], shard: Shard): Cell[] {
  const groupOf = controlGroups(catalogue)
  const sorted = [...cells].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const total = sorted.reduce((sum, cell) => sum + cell.cases.length, 0)
  const [from, to] = [shard.index - 1, shard.index].map((edge) => cutAt(edge, shard.of, total, sorted)) as [
    number,
    number,
  ]
  let position = 0
  return sorted.flatMap((cell) => {
    const first = new Map<string, number>()
    cell.cases.forEach((id, index) => {
      if (!first.has(groupOf(id))) first.set(groupOf(id), position + index)
    })
    const kept = cell.cases.filter((id) => {
      const at = first.get(groupOf(id)) ?? 0
      return at >= from && at < to
    })
    position += cell.cases.length
    return kept.length > 0 ? [{ ...cell, cases: kept }] : []
  })
}

function cutAt(edge: number, of: number, total: number, cells: Cell[]): number {
  if (edge === 0) return 0
  if (edge === of) return total
  const even = Math.round((edge * total) / of)
  let boundary = 0
  let best = even
  let distance = (tolerance * total) / of
  for (const cell of cells) {
    boundary += cell.cases.length
    if (Math.abs(boundary - even) <= distance) {
      best = boundary
      distance = Math.abs(boundary - even)
    }
  }
  return best
}

/** A case, its control, and whatever else has that control, go by the control's id. */
function controlGroups(catalogue: CatalogueCase[]): (id: string) => string {
  const controls = new Map(catalogue.map((one) => [one.id, one.control]))
  return (id) => {
    let group = id
    for (let steps = 0; steps < 10; steps++) group = controls.get(group) ?? group
    return group
  }
}
