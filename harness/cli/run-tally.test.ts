import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobEvent } from '../run/job.ts'
import { RunTally } from './run-tally.ts'

const finished = (id: string, verdict: 'pass' | 'fail'): JobEvent => ({
  type: 'case-finished',
  id,
  attempt: 1,
  outcome: { verdict, startedAt: 0, durationMs: 0 },
})

test('counts what came and what is left, a cell and all', () => {
  const tally = new RunTally()
  tally.begin(
    new Map([
      ['a', 3],
      ['b', 2],
    ]),
  )
  assert.equal(tally.line(), '5 left')
  for (const event of [finished('x', 'pass'), finished('y', 'fail')]) tally.event('a', event)
  assert.deepEqual(
    [tally.line(), tally.cellLine('a'), tally.cellLine('b')],
    ['3 left, 1 pass, 1 fail', '1 pass, 1 fail', ''],
  )
  tally.event('b', { type: 'cell-error', message: 'no image' })
  assert.equal(tally.line(), '1 left, 1 pass, 1 fail, 2 error')
  tally.event('a', finished('z', 'pass'))
  assert.ok(tally.over())
})

test('knows what runs now, and what the lab last said', () => {
  const tally = new RunTally()
  tally.begin(new Map([['a', 2]]))
  tally.event('a', { type: 'lab', text: 'building' })
  tally.event('a', { type: 'case-started', id: 'x', attempt: 1 })
  assert.deepEqual([tally.cells.get('a')?.lab, [...(tally.cells.get('a')?.running ?? [])]], ['building', ['x']])
  tally.event('a', finished('x', 'pass'))
  assert.equal(tally.cells.get('a')?.running.size, 0)
})
