import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Verdict } from '../../harness/record/results-schema.ts'
import { tally } from './tally.ts'

const of = (...verdicts: Verdict[]) => tally(verdicts.map((verdict) => ({ verdict })))

test('the headline is the gravest verdict', () => {
  assert.equal(of('pass', 'warn', 'fail').headline, 'fail')
  assert.equal(of('pass', 'inconclusive').headline, 'inconclusive')
  assert.equal(of().headline, undefined)
})

test('passes beat cases that did not run, but nothing that did not run is a pass', () => {
  assert.equal(of('pass', 'unsupported').headline, 'pass')
  assert.equal(of('unsupported', 'unsupported').headline, 'unsupported')
})

test('it can be said in a sentence', () => {
  assert.equal(of('pass', 'fail', 'pass', 'warn').sentence, '1 fail, 1 warn, 2 pass of 4')
  assert.equal(of().sentence, 'not run')
})
