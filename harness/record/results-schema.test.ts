import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { resultsJsonSchema } from './results-schema.ts'

const published = new URL('../../docs/results.schema.json', import.meta.url)

test('the published JSON Schema is that of the code (ASSAY_UPDATE=1 writes it anew)', async () => {
  const current = `${JSON.stringify(resultsJsonSchema(), null, 2)}\n`
  if (process.env.ASSAY_UPDATE === '1') await writeFile(published, current)
  assert.deepEqual(JSON.parse(await readFile(published, 'utf8')), JSON.parse(current))
})
