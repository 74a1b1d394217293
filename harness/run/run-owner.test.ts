import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { leaveRun, runningIn, takeRun } from './run-owner.ts'

test('a run is going on as long as its process lives, or writes from elsewhere', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-owner-'))
  t.after(() => rm(folder, { recursive: true }))
  const change = async (values: Record<string, string>) => {
    const known = JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8'))
    await writeFile(join(folder, 'owner.json'), JSON.stringify({ ...known, ...values }))
  }
  assert.equal(await runningIn(folder), undefined)
  await takeRun(folder, 'r')
  assert.equal(await runningIn(folder), `process ${process.pid}`)
  await change({ 'dev.assay.started': '1' })
  assert.equal(await runningIn(folder), undefined, 'another process has its number now')

  await takeRun(folder, 'r')
  await change({ 'dev.assay.host': 'elsewhere' })
  assert.equal(await runningIn(folder), undefined, 'it never wrote')
  await writeFile(join(folder, 'journal.ndjson'), '')
  assert.equal(await runningIn(folder), `process ${process.pid} of elsewhere`)
  const before = new Date(Date.now() - 10 * 60_000)
  await utimes(join(folder, 'journal.ndjson'), before, before)
  assert.equal(await runningIn(folder), undefined, 'it has been silent for long')

  await takeRun(folder, 'r')
  await leaveRun(folder)
  assert.equal(await runningIn(folder), undefined)
  await writeFile(join(folder, 'owner.json'), '{"torn')
  assert.equal(await runningIn(folder), undefined)
})
