import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleResults } from '../../tests/report/sample-run.ts'
import { toBadge } from './to-badge.ts'

const cellOf = (id: string) => {
  const cell = sampleResults().cells.find((one) => one.id === id)
  assert.ok(cell)
  return cell
}

test('a badge counts passes of what was exercised', () => {
  assert.match(toBadge(cellOf('prosody@13.0.7')), /aria-label="assay: \d+\/\d+ pass, \d+ fail"/)
})

test('a cell that did not run is not green', () => {
  const badge = toBadge(cellOf('ejabberd@24.12'), '<x>')
  assert.match(badge, /not run/)
  assert.doesNotMatch(badge, /#1c6b3c|<x>/)
})
