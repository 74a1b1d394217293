import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sampleFinish, samplePlan, sampleProvenance } from '../../tests/support/sample-plan.ts'
import { merge } from './merge.ts'
import { assembleResults } from './results.ts'
import { type Results, resultsSchema, type Verdict } from './results-schema.ts'

const whole = samplePlan(['a', 'b', 'c'])
function part(shard: string, came: Record<string, Verdict>, name = shard) {
  const [cell] = whole.cells
  assert.ok(cell)
  const ids = Object.keys(came)
  const results: Results = assembleResults({
    provenance: { ...sampleProvenance, id: name, shard },
    plan: {
      ...whole,
      cells: [{ ...cell, cases: ids }],
      catalogue: whole.catalogue.filter(({ id }) => ids.includes(id)),
    },
    entries: [
      { at: 1, type: 'begun', pid: 1 },
      ...Object.entries(came).map(([id, verdict]) => sampleFinish(id, verdict)),
      { at: 2, type: 'ended', reason: 'finished' },
    ],
    today: '2026-06-01',
  })
  return { name, results: structuredClone(results) }
}

describe('merging', () => {
  test('makes one run of the shards, in the order of the catalogue', () => {
    const { results, warnings } = merge([part('2/2', { c: 'pass' }), part('1/2', { a: 'pass', b: 'fail' })], 'm')
    assert.deepEqual(resultsSchema.parse(results), results)
    assert.deepEqual(
      results.cells.map(({ id, cases }) => [id, cases.map((one) => one.id).toSorted()]),
      [['boat@1.0', ['a', 'b', 'c']]],
    )
    assert.deepEqual([results.totals.pass, results.totals.fail, results.complete, warnings.length], [2, 1, true, 0])
    assert.deepEqual(results.run.mergedFrom, ['2/2', '1/2'])
    assert.equal(results.run.shard, undefined)
  })

  test('says which shard is missing', () => {
    const { results, warnings } = merge([part('1/3', { a: 'pass' }), part('3/3', { c: 'pass' })], 'm')
    assert.deepEqual([warnings, results.complete], [['shard 2/3 is missing'], false])
    assert.match(merge([part('1/2', {}), part('2/3', {})], 'm').warnings[0] ?? '', /different splits/)
  })

  test('takes what two parts agree on once, and refuses what they do not', () => {
    assert.equal(merge([part('1/1', { a: 'pass' }), part('1/1', { a: 'pass' })], 'm').results.totals.pass, 1)
    assert.throws(
      () => merge([part('1/1', { a: 'pass' }, 'one'), part('1/1', { a: 'fail' }, 'two')], 'm'),
      /one and two both ran a in boat@1\.0 \(pass and fail\)/,
    )
  })

  test('refuses parts of different suites, and cells of one name that are two things', () => {
    const other = part('2/2', { b: 'pass' })
    const changed = part('1/2', { b: 'pass' })
    for (const one of changed.results.catalogue) one.statement = 'something else'
    assert.throws(() => merge([other, changed], 'm'), /case b is something else/)
    const elsewhere = part('1/2', { a: 'pass' })
    for (const cell of elsewhere.results.cells) cell.environment.runtime = 'embedded'
    assert.throws(() => merge([other, elsewhere], 'm'), /cell boat@1\.0 is something else/)
  })
})
