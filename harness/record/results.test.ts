import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sampleFinish as finish, samplePlan, sampleProvenance } from '../../tests/support/sample-plan.ts'
import type { JournalEntry } from './journal.ts'
import type { PlanFile } from './plan-file.ts'
import { remainingCases } from './remaining.ts'
import { assembleResults } from './results.ts'
import { resultsSchema } from './results-schema.ts'

const begun: JournalEntry = { at: 100, type: 'begun', pid: 1 }
const ended = (reason: 'finished' | 'stopped', at = 200): JournalEntry => ({ at, type: 'ended', reason })

function results(
  plan: PlanFile,
  entries: JournalEntry[],
  baseline: Parameters<typeof assembleResults>[0]['baseline'] = [],
) {
  const made = assembleResults({ provenance: sampleProvenance, plan, entries, baseline, today: '2026-06-01' })
  assert.deepEqual(resultsSchema.parse(made), made, 'results keep to their schema')
  return made
}
const casesOf = (made: ReturnType<typeof results>) => made.cells[0]?.cases ?? []

describe('results from a journal', () => {
  test('say what each case came to, with totals and the command that runs it again', () => {
    const made = results(samplePlan(['a', 'b']), [
      begun,
      finish('a', 'pass'),
      finish('b', 'fail', 1, 'no'),
      ended('finished'),
    ])
    assert.deepEqual(
      casesOf(made).map(({ id, verdict, expected, message }) => [id, verdict, expected, message]),
      [
        ['a', 'pass', true, undefined],
        ['b', 'fail', false, 'no'],
      ],
    )
    assert.equal(casesOf(made)[0]?.replay, 'npx assay run --implementation boat@1.0 --case a')
    assert.deepEqual(made.totals, { pass: 1, fail: 1, warn: 0, unsupported: 0, inconclusive: 0, error: 0 })
    assert.equal(made.complete, true)
    assert.equal(made.durationMs, 100)
  })

  test('call a case that never ran an error in a finished run, and leave it out of one that was cut short', () => {
    const plan = samplePlan(['a', 'b'])
    assert.deepEqual(
      casesOf(results(plan, [begun, finish('a', 'pass'), ended('finished')])).map(({ verdict }) => verdict),
      ['pass', 'error'],
    )
    for (const tail of [[], [ended('stopped')]]) {
      const cut = results(plan, [begun, finish('a', 'pass'), ...tail])
      assert.deepEqual([casesOf(cut).length, cut.complete], [1, false])
    }
  })

  test('give the reason of a cell that could not be run to each of its cases, until a later session runs them', () => {
    const plan = samplePlan(['a', 'b'])
    const failure: JournalEntry = { at: 101, cell: 'boat@1.0', type: 'cell-error', message: 'no image', log: 'step 1' }
    const broken = results(plan, [begun, finish('a', 'pass'), failure, ended('finished')])
    assert.deepEqual(broken.cells[0]?.error, { message: 'no image', log: 'step 1' })
    assert.match(casesOf(broken)[1]?.message ?? '', /did not run: no image/)
    const mended = results(plan, [
      begun,
      failure,
      ended('finished'),
      begun,
      finish('a', 'pass'),
      finish('b', 'pass'),
      ended('finished'),
    ])
    assert.equal(mended.cells[0]?.error, undefined)
    assert.equal(mended.totals.pass, 2)
  })

  test('combine attempts: the worst, flaky where they differ, k of n', () => {
    const plan = samplePlan(['a', 'b'], { repeat: 3 })
    const made = results(plan, [
      begun,
      ...[1, 2, 3].map((attempt) =>
        finish('a', attempt === 2 ? 'fail' : 'pass', attempt, attempt === 2 ? 'once' : undefined),
      ),
      ...[3, 1, 2].map((attempt) => finish('b', 'pass', attempt)),
      ended('finished'),
    ])
    const [a, b] = casesOf(made)
    assert.deepEqual([a?.verdict, a?.flaky, a?.passed, a?.message], ['fail', true, 2, 'once'])
    assert.deepEqual([b?.verdict, b?.flaky, b?.passed, b?.attempts.length], ['pass', undefined, 3, 3])
  })

  test('count an attempt once, whoever wrote it twice', () => {
    const made = results(samplePlan(['a']), [begun, finish('a', 'pass'), finish('a', 'fail'), ended('finished')])
    assert.deepEqual([casesOf(made)[0]?.verdict, casesOf(made)[0]?.attempts.length], ['pass', 1])
  })

  test('believe a hostile case only where its control passes', () => {
    for (const verdict of ['pass', 'fail', 'warn'] as const) {
      const plan = samplePlan(['control', 'hostile'])
      const made = results(plan, [
        begun,
        finish('control', 'fail'),
        finish('hostile', verdict, 1, 'it fell'),
        ended('finished'),
      ])
      assert.equal(casesOf(made)[1]?.verdict, 'inconclusive')
      assert.match(casesOf(made)[1]?.message ?? '', /its control control came to fail.*seen: it fell/)
      assert.equal(made.totals.inconclusive, 1)
    }
    const right = results(samplePlan(['control', 'hostile']), [
      begun,
      finish('control', 'pass'),
      finish('hostile', 'fail'),
      ended('finished'),
    ])
    assert.equal(casesOf(right)[1]?.verdict, 'fail')
  })

  test('add up the sessions of a resumed run, without the time between', () => {
    const entries: JournalEntry[] = [begun, ended('stopped', 150), { ...begun, at: 1000 }, ended('finished', 1030)]
    assert.equal(results(samplePlan(['a']), entries).durationMs, 80)
  })
})

describe('what is left to run', () => {
  test('is every attempt without a verdict, also one that had begun', () => {
    const plan = samplePlan(['a', 'b', 'c'], { repeat: 2 })
    const begunCase: JournalEntry = { at: 1, cell: 'boat@1.0', type: 'case-started', id: 'c', attempt: 1 }
    const left = remainingCases(plan, [
      finish('a', 'pass', 1),
      finish('a', 'error', 2),
      finish('b', 'pass', 2),
      begunCase,
    ])
    assert.deepEqual(left.get('boat@1.0'), [
      { id: 'b', attempts: [1] },
      { id: 'c', attempts: [1, 2] },
    ])
    assert.equal(remainingCases(samplePlan(['a']), [finish('a', 'fail')]).size, 0)
  })
})
