import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findProgram } from './find-program.ts'

test('finds the first program that is there and may be run', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-path-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const name of ['one', 'two', 'plain']) await writeFile(join(folder, name), '')
  for (const name of ['one', 'two']) await chmod(join(folder, name), 0o755)
  const path = `/nowhere::${folder}`
  assert.equal(await findProgram(['none', 'two', 'one'], path), join(folder, 'two'))
  assert.equal(await findProgram(['plain', 'none'], path), undefined)
  assert.equal(await findProgram(['one'], ''), undefined)
})
