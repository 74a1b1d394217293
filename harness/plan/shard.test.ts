import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CatalogueCase } from '../record/results-schema.ts'
import type { Cell } from './plan.ts'
import { parseShard, shardCells } from './shard.ts'

const cell = (id: string, count: number): Cell => ({
  id,
  implementations: [],
  environment: { runtime: 'docker' },
  cases: Array.from({ length: count }, (_, index) => `case-${index}`),
})
const units = (cells: Cell[]) => cells.flatMap((one) => one.cases.map((id) => `${one.id} ${id}`))
const all = (cells: Cell[], of: number, catalogue: CatalogueCase[] = []) =>
  Array.from({ length: of }, (_, index) => shardCells(cells, catalogue, { index: index + 1, of }))

describe('shards', () => {
  test('are disjoint and complete, for every count', () => {
    const cells = [cell('a', 7), cell('b', 1), cell('c', 23), cell('d', 12)]
    for (let of = 1; of <= 50; of++) {
      const together = all(cells, of).flatMap(units)
      assert.equal(together.length, 43)
      assert.deepEqual(together.toSorted(), units(cells).toSorted())
    }
  })

  test('are the same whatever the order of the cells', () => {
    const cells = [cell('a', 7), cell('b', 9), cell('c', 5)]
    assert.deepEqual(all(cells, 3), all(cells.toReversed(), 3))
  })

  test('keep cells whole where that is fair, and part them where it is not', () => {
    assert.deepEqual(
      all([cell('a', 100), cell('b', 96), cell('c', 104)], 3).map((cells) => cells.map(({ id }) => id)),
      [['a'], ['b'], ['c']],
    )
    const sizes = all([cell('a', 90), cell('b', 10)], 2).map((cells) => units(cells).length)
    assert.deepEqual(sizes, [50, 50])
  })

  test('never part a case from its control', () => {
    const catalogue = cell('a', 20).cases.map((id, index) => (index % 2 === 1 ? { id, control: 'case-0' } : { id }))
    const parts = all([cell('a', 20)], 4, catalogue as CatalogueCase[])
    const holding = parts.filter((cells) => units(cells).some((unit) => /case-\d*[13579]$/.test(unit)))
    assert.equal(holding.length, 1)
    assert.ok(holding[0] && units(holding[0]).includes('a case-0'))
    assert.equal(parts.flatMap(units).length, 20)
  })

  test('more shards than cases leaves some empty', () => {
    assert.equal(all([cell('a', 2)], 5).filter((cells) => cells.length > 0).length, 2)
  })

  test('are named I/N', () => {
    assert.deepEqual(parseShard('2/4'), { index: 2, of: 4 })
    for (const wrong of ['0/4', '5/4', '1', '1/0', 'a/b', '-1/2']) assert.throws(() => parseShard(wrong), /takes I\/N/)
  })
})
