import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CaseResult, Results } from './results-schema.ts'
import { withholdSecurity } from './withhold.ts'

const result = (id: string, verdict: CaseResult['verdict']): CaseResult => ({
  id,
  verdict,
  how: 'believed',
  expected: false,
  attempts: [{ verdict, durationMs: 1, startedAt: 1 }],
  message: 'expected that it gives up, got it went online',
  difference: { expected: 'a', actual: 'b' },
  evidence: `evidence/${id}`,
  files: ['transcript.ndjson'],
  replay: `assay run --case ${id}`,
})
const cell = (id: string, version: string, cases: CaseResult[]) => ({
  id: `${id}@${version}`,
  implementations: [{ id, name: id, version, family: id, role: 'xmpp-client' }],
  environment: {},
  cases,
})
const results = (...cells: ReturnType<typeof cell>[]) =>
  ({
    catalogue: ['gate', 'lock', 'colour'].map((id) => ({ id, ...(id === 'colour' ? {} : { security: true }) })),
    cells,
    totals: {},
  }) as unknown as Results

describe('withholding security cases', () => {
  const broken = cell('one', '1', [result('gate', 'fail'), result('lock', 'pass'), result('colour', 'fail')])
  const right = cell('two', '1', [result('gate', 'pass'), result('lock', 'pass')])
  const told = withholdSecurity(results(broken, right), '2027-01-31')

  test('leaves nothing of them where one is broken, not even of those that hold', () => {
    const withheld = { verdict: 'withheld', expected: true, attempts: [], message: 'withheld until 2027-01-31' }
    assert.deepEqual(told.cells[0]?.cases.slice(0, 2), [
      { id: 'gate', ...withheld },
      { id: 'lock', ...withheld },
    ])
  })

  test('keeps the others, and implementations that break none', () => {
    assert.equal(told.cells[0]?.cases[2]?.message, 'expected that it gives up, got it went online')
    assert.deepEqual(told.cells[1], right)
  })

  test('counts what is shown', () => {
    assert.deepEqual(
      { pass: told.totals.pass, fail: told.totals.fail, withheld: told.totals.withheld },
      { pass: 2, fail: 1, withheld: 2 },
    )
  })

  test('covers the same implementation in every cell, and leaves the unsupported as it is', () => {
    const other = {
      ...cell('one', '1', [result('gate', 'pass'), result('lock', 'unsupported')]),
      id: 'one@1+websocket',
    }
    const cases = withholdSecurity(results(broken, other), '2027-01-31').cells[1]?.cases
    assert.deepEqual(
      cases?.map(({ verdict }) => verdict),
      ['withheld', 'unsupported'],
    )
  })

  test('changes nothing where no security case is broken', () => {
    assert.deepEqual(withholdSecurity(results(right), '2027-01-31').cells, [right])
  })
})
