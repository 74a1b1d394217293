import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LaneShares } from './lane-shares.ts'

describe('lanes', () => {
  test('a cell for every eight jobs, each with its even share', () => {
    const shares = new LaneShares(16, 7)
    assert.equal(shares.cellsAtOnce, 2)
    assert.deepEqual([shares.take(), shares.take()], [8, 8])
  })

  test('nothing of what does not divide is left idle', () => {
    const shares = new LaneShares(20, 7)
    assert.deepEqual([shares.take(), shares.take(), shares.take()], [6, 7, 7])
  })

  test('one job is one cell and one case at a time', () => {
    const shares = new LaneShares(1, 7)
    assert.deepEqual([shares.cellsAtOnce, shares.take()], [1, 1])
  })

  test('a single cell gets all', () => {
    assert.equal(new LaneShares(8, 1).take(), 8)
  })

  test('the last cell gets what the others have given back', () => {
    const shares = new LaneShares(16, 3)
    const [first, second] = [shares.take(), shares.take()]
    shares.giveBack(first)
    shares.giveBack(second)
    assert.equal(shares.take(), 16)
  })

  test('whatever the order, never more than there are jobs, and never none', () => {
    for (let jobs = 1; jobs <= 40; jobs++) {
      for (let cells = 1; cells <= 12; cells++) {
        const shares = new LaneShares(jobs, cells)
        const open: number[] = []
        for (let begun = 0; begun < cells; begun++) {
          if (open.length === shares.cellsAtOnce) shares.giveBack(open.splice(begun % open.length, 1)[0] ?? 0)
          open.push(shares.take())
          const sum = open.reduce((a, b) => a + b)
          assert.ok(sum <= jobs && Math.min(...open) >= 1, `${jobs} jobs, ${cells} cells: ${open}`)
        }
      }
    }
  })
})
