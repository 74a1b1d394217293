import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sampleFinish, samplePlan, sampleProvenance } from '../../tests/support/sample-plan.ts'
import { compare, type Side } from './compare.ts'
import { assembleResults } from './results.ts'
import type { CellResult, Results, Verdict } from './results-schema.ts'

/** Results of cells like `boat@1.0+websocket`, each with what its cases came to. */
function resultsOf(cells: Record<string, Record<string, Verdict | Verdict[]>>): Results {
  const ids = [...new Set(Object.values(cells).flatMap((cases) => Object.keys(cases)))]
  const made = assembleResults({
    provenance: sampleProvenance,
    plan: samplePlan(ids),
    entries: [],
    today: '2026-06-01',
  })
  return {
    ...made,
    cells: Object.entries(cells).map(([id, cases]): CellResult => {
      const [, name = '', version = '', transport] = /^(.+)@([^+]+)(?:\+(.+))?$/.exec(id) ?? []
      return {
        id,
        implementations: [{ id: name, name, version, family: name, role: 'xmpp-server' }],
        environment: { runtime: 'docker', ...(transport ? { transport } : {}) },
        cases: Object.entries(cases).map(([caseId, came]) => {
          const verdicts = [came].flat()
          const plan = samplePlan([caseId], { repeat: verdicts.length })
          const entries = [
            { at: 1, type: 'begun' as const, pid: 1 },
            ...verdicts.map((verdict, index) => sampleFinish(caseId, verdict, index + 1)),
          ]
          const [result] =
            assembleResults({ provenance: sampleProvenance, plan, entries, today: '2026-06-01' }).cells[0]?.cases ?? []
          assert.ok(result)
          return result
        }),
      }
    }),
  }
}
const side = (results: Results, implementation?: string): Side => ({
  name: 'run',
  results,
  ...(implementation ? { implementation } : {}),
})
const change = (from: Verdict | Verdict[], to: Verdict | Verdict[]) =>
  compare(side(resultsOf({ 'boat@1': { a: from } })), side(resultsOf({ 'boat@1': { a: to } }))).cells[0]?.differences[0]
    ?.change

describe('comparing a case', () => {
  const table: [Verdict, Verdict, string | undefined][] = [
    ['pass', 'pass', undefined],
    ['pass', 'warn', 'worse'],
    ['pass', 'fail', 'worse'],
    ['warn', 'fail', 'worse'],
    ['fail', 'warn', 'better'],
    ['fail', 'pass', 'better'],
    ['unsupported', 'pass', 'better'],
    ['unsupported', 'fail', 'worse'],
    ['pass', 'unsupported', 'worse'],
    ['fail', 'unsupported', 'changed'],
    ['pass', 'inconclusive', 'worse'],
    ['fail', 'inconclusive', 'unclear'],
    ['inconclusive', 'pass', 'better'],
    ['inconclusive', 'fail', 'worse'],
    ['pass', 'error', 'unclear'],
    ['error', 'fail', 'unclear'],
    ['unsupported', 'inconclusive', 'unclear'],
  ]
  for (const [from, to, expected] of table) {
    test(`${from} → ${to} is ${expected ?? 'the same'}`, () => assert.equal(change(from, to), expected))
  }

  test('that has become flaky is flaky, whatever its worst verdict', () => {
    assert.equal(change(['pass', 'pass'], ['pass', 'fail']), 'flaky')
    assert.equal(change(['pass', 'fail'], ['pass', 'pass']), 'better')
    assert.equal(change(['pass', 'fail'], ['fail', 'pass']), undefined)
  })

  test('tells which are new and which are gone', () => {
    const { cells, totals } = compare(
      side(resultsOf({ 'boat@1': { a: 'pass', b: 'pass' } })),
      side(resultsOf({ 'boat@1': { b: 'pass', c: 'fail' } })),
    )
    assert.deepEqual(
      cells[0]?.differences.map(({ id, change: of }) => [id, of]),
      [
        ['c', 'new'],
        ['a', 'gone'],
      ],
    )
    assert.deepEqual([totals.new, totals.gone, totals.same, totals.worse], [1, 1, 1, 0])
  })
})

describe('which cells are laid side by side', () => {
  const two = resultsOf({ 'boat@1': { a: 'fail' }, 'boat@2': { a: 'pass' }, 'raft@1': { a: 'pass' } })
  const pairs = (base: Side, head: Side) => compare(base, head).cells.map((cell) => `${cell.base} ${cell.head}`)

  test('those of one id', () => {
    assert.deepEqual(pairs(side(two), side(two)), ['boat@1 boat@1', 'boat@2 boat@2', 'raft@1 raft@1'])
  })

  test('the only ones of an implementation, whatever the version; the rest is new or gone', () => {
    const head = resultsOf({ 'raft@2': { a: 'pass' }, 'boat@2': { a: 'pass' } })
    assert.deepEqual(pairs(side(two), side(head)), ['boat@2 boat@2', 'raft@1 raft@2'])
    assert.deepEqual(compare(side(two), side(head)).cellsGone, ['boat@1'])
  })

  test('two versions, or two implementations, of one run', () => {
    const { cells } = compare(side(two, 'boat@1'), side(two, 'boat@2'))
    assert.deepEqual([cells[0]?.base, cells[0]?.head, cells[0]?.differences[0]?.change], ['boat@1', 'boat@2', 'better'])
    assert.deepEqual(pairs(side(two, 'boat@1'), side(two, 'raft')), ['boat@1 raft@1'])
  })

  test('by transport, where there are several', () => {
    const clients = resultsOf({ 'x@1+starttls': {}, 'x@1+websocket': {}, 'y@1+websocket': {} })
    assert.deepEqual(pairs(side(clients, 'x'), side(clients, 'y')), ['x@1+websocket y@1+websocket'])
  })

  test('one that is not there, or not plain, is refused with what there is', () => {
    assert.throws(() => compare(side(two, 'baot@1'), side(two)), /run has no baot@1; did you mean boat@1/)
    assert.throws(
      () => compare(side(two, 'boat'), side(two, 'raft')),
      /several versions of boat: name one of boat@1, boat@2/,
    )
    assert.throws(
      () => compare(side(resultsOf({ 'a@1': {} })), side(resultsOf({ 'b@1': {} }))),
      /nothing to compare: run has a@1/,
    )
  })
})
