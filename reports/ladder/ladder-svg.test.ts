import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ladder, LadderRow } from '../../harness/diagnose/ladder/ladder.ts'
import { ladderSvg } from './ladder-svg.ts'

const row = (own: Partial<LadderRow>): LadderRow => ({
  kind: 'request',
  from: 0,
  to: 1,
  at: 1.5,
  label: 'Binding request',
  detail: ['USERNAME: a:b'],
  packet: 7,
  nominates: false,
  findings: [],
  ...own,
})

const ladder = (...rows: LadderRow[]): Ladder => ({
  columns: [
    { agent: 'A', address: '192.0.2.1:1', role: 'controlling' },
    { agent: 'B', address: '192.0.2.2:2', role: 'controlled' },
  ],
  rows,
  left: 0,
})

test('each row is an arrow with its attributes on hovering', () => {
  const svg = ladderSvg(ladder(row({}), row({ kind: 'success', from: 1, to: 0, label: 'Binding success' })))
  assert.equal(svg.match(/<line class="arrow"/g)?.length, 2)
  assert.match(svg, /<title>packet 7, 1\.5 ms\nBinding request\nUSERNAME: a:b<\/title>/)
  assert.match(svg, /class="row success"/)
})

test('what colour tells, shape tells too: nominations a star, errors a cross, findings a numbered flag', () => {
  const svg = ladderSvg(ladder(row({ nominates: true }), row({ kind: 'error' }), row({ findings: [3] })), {
    links: true,
  })
  assert.match(svg, /★ Binding request/)
  assert.match(svg, /<path class="cross"/)
  assert.match(svg, /<a href="#finding-3"><g class="flag">/)
  assert.doesNotMatch(ladderSvg(ladder(row({ findings: [3] }))), /<a /)
})

test('text from the wire is no markup', () => {
  const svg = ladderSvg(ladder(row({ detail: ['USERNAME: </title><script>\u202e'], label: '<b>' })))
  assert.doesNotMatch(svg, /<script|<b>|\u202e/)
})

test('a ladder without rows, or with rows left out, is drawn as well', () => {
  assert.match(ladderSvg({ ...ladder(), left: 12 }), /12 more rows are left out/)
  assert.match(ladderSvg({ columns: [], rows: [], left: 0 }), /^<svg/)
})
