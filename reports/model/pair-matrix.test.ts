import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CellResult } from '../../harness/record/results-schema.ts'
import { arrangePairs } from './pair-matrix.ts'
import { cellOf } from './testing.ts'

const agent = (id: string) => ({ id, name: id, version: '1', family: id, role: 'ice-agent' })

const pair = (one: string, two: string, more: Partial<CellResult> = {}): CellResult =>
  cellOf(one, { 'rfc8445/12.1/x': 'pass' }, { implementations: [agent(one), agent(two)], ...more })

describe('the matrix of pairs', () => {
  it('has a row for each controlling and a column for each controlled agent', () => {
    const [matrix] = arrangePairs([pair('b', 'a'), pair('a', 'b'), pair('a', 'a')])
    assert.deepEqual(
      matrix?.agents.map(({ name }) => name),
      ['a', 'b'],
    )
    assert.deepEqual(
      matrix?.rows.map((row) => row.map((square) => square?.verdict)),
      [
        ['pass', 'pass'],
        ['pass', undefined],
      ],
    )
  })

  it('names the implementation whose doing a stage is', () => {
    const [matrix] = arrangePairs([
      pair('a', 'b', { stages: { checks: { verdict: 'fail', blame: 'controlled', reason: 'silence' } } }),
    ])
    assert.deepEqual(matrix?.rows[0]?.[1]?.stages, [
      { name: 'checks', verdict: 'fail', blame: { name: 'b', role: 'controlled' }, reason: 'silence' },
    ])
  })

  it('shows what came of the cases that were for the two', () => {
    const cell = pair('a', 'a', { cases: [] })
    for (const verdict of ['pass', 'unsupported'] as const) {
      cell.cases.push({ id: verdict, verdict, expected: true, attempts: [] })
    }
    assert.equal(arrangePairs([cell])[0]?.rows[0]?.[0]?.verdict, 'pass')
  })

  it('is one for each kind of NAT, without one first', () => {
    const matrices = arrangePairs([
      pair('a', 'a', { environment: { nat: 'full-cone' } }),
      pair('a', 'a', { environment: { nat: 'none' } }),
    ])
    assert.deepEqual(
      matrices.map(({ nat }) => nat),
      ['none', 'full-cone'],
    )
  })

  it('is none where no cell has two implementations', () => {
    assert.deepEqual(arrangePairs([cellOf('a 1', {})]), [])
  })
})
