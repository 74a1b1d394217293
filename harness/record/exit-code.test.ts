import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleFinish, samplePlan, sampleProvenance } from '../../tests/support/sample-plan.ts'
import type { BaselineEntry } from './baseline.ts'
import { exitCodeOf } from './exit-code.ts'
import { assembleResults } from './results.ts'
import type { Verdict } from './results-schema.ts'

function code(attempts: Verdict[][], baseline: Partial<BaselineEntry>[] = [], failOnFlaky = false) {
  const ids = attempts.map((_, index) => `case-${index}`)
  const results = assembleResults({
    provenance: sampleProvenance,
    plan: samplePlan(ids, { repeat: attempts[0]?.length ?? 1 }),
    entries: [
      { at: 1, type: 'begun', pid: 1 },
      ...attempts.flatMap((verdicts, index) =>
        verdicts.map((verdict, nth) => sampleFinish(`case-${index}`, verdict, nth + 1)),
      ),
      { at: 2, type: 'ended', reason: 'finished' },
    ],
    baseline: baseline.map((one) => ({
      implementation: 'boat',
      case: '*',
      verdict: 'fail',
      reason: 'r',
      link: 'https://x.example/',
      expires: '2026-12-31',
      ...one,
    })),
    today: '2026-06-01',
  })
  return exitCodeOf(results, { failOnFlaky })
}

test('0 where everything is as expected', () => {
  assert.equal(code([['pass'], ['warn'], ['unsupported']]), 0)
  assert.equal(code([['fail'], ['fail']], [{}]), 0)
  assert.equal(code([]), 0)
})

test('1 for a failure that nobody expected, and for a case that found nothing out', () => {
  assert.equal(code([['pass'], ['fail']]), 1)
  assert.equal(code([['pass'], ['inconclusive']]), 1)
  assert.equal(code([['fail']], [{ expires: '2026-01-01' }]), 1)
})

test('0 for a known failure that passes: it is reported', () => {
  assert.equal(code([['pass']], [{}]), 0)
  assert.equal(code([['warn']], [{}]), 0)
})

test('3 for an error, whatever else there is', () => {
  assert.equal(code([['error']]), 3)
  assert.equal(code([['fail'], ['error']]), 3)
  assert.equal(code([['error']], [{ verdict: 'error' }]), 0)
})

test('4 for flaky cases, where that was asked and nothing is worse', () => {
  const flaky: Verdict[] = ['pass', 'warn']
  assert.equal(code([flaky]), 0)
  assert.equal(code([flaky], [], true), 4)
  assert.equal(code([flaky, ['fail', 'fail']], [], true), 1)
  assert.equal(code([['pass', 'fail']], [{}], true), 4)
})
