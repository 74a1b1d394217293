// Two versions of one server that really differ, and what `assay compare` says of them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { dockerTest } from '../support/docker-test.ts'

const bin = path.join(import.meta.dirname, '../../bin/assay.js')
const scratch = mkdtempSync(path.join(tmpdir(), 'assay-compare-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

function assay(...args: string[]) {
  const options = { encoding: 'utf8', env: { ...process.env, CI: '1' }, maxBuffer: 1 << 28 } as const
  return spawnSync(process.execPath, [bin, ...args], options)
}

interface Told {
  cells: {
    base: string
    head: string
    same: number
    differences: { id: string; change: string; from?: string; to?: string }[]
  }[]
  totals: Record<string, number>
}

dockerTest('what a newer version has learned is told case by case, and back again it is lost', async () => {
  const directory = path.join(scratch, 'run')
  const versions = ['prosody@0.11.9', 'prosody@13.0.7']
  const cases = ['rfc7677/*', 'xep-0313/4.3*', 'xep-0199/*']
  const ran = assay(
    'run',
    '--implementation',
    ...versions,
    '--case',
    ...cases,
    '--no-report',
    '--show',
    '--out',
    directory,
  )
  assert.equal(ran.status, 0, ran.stderr)
  const [base = '', head = ''] = versions.map((version) => `${directory}:${version}`)

  const forwards = assay('compare', base, head, '--json')
  assert.equal(forwards.status, 0, forwards.stderr)
  const { cells, totals } = JSON.parse(forwards.stdout) as Told
  assert.equal(cells.length, 1)
  const [cell] = cells
  assert.deepEqual([cell?.base, cell?.head], versions)
  const learned = cell?.differences.find(({ id }) => id === 'rfc7677/3/exchange')
  assert.deepEqual([learned?.change, learned?.from, learned?.to], ['better', 'unsupported', 'pass'])
  assert.ok((totals.better ?? 0) > 3)
  assert.equal(totals.worse, 0)
  // What both do well is no difference.
  assert.ok(!cell?.differences.some(({ id }) => id.startsWith('xep-0199/')))
  assert.ok((cell?.same ?? 0) >= 7)

  const backwards = assay('compare', head, base)
  assert.equal(backwards.status, 1, 'something got worse')
  assert.match(backwards.stdout, /Worse \(\d+\)[\s\S]*rfc7677\/3\/exchange\s+pass → unsupported/)

  const itself = assay('compare', head, head, '--json')
  assert.equal(itself.status, 0)
  assert.deepEqual((JSON.parse(itself.stdout) as Told).cells[0]?.differences, [])
})
