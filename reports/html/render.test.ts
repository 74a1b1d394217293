import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexResults } from '../model/index-results.ts'
import { cellOf, resultsOf } from '../model/testing.ts'
import { specificationPage } from './pages/specification-page.ts'

function pageWith(statement: string) {
  const results = resultsOf([cellOf('prosody 1', { 'x/1/a': 'pass' })])
  for (const entry of results.catalogue) entry.statement = statement
  const indexed = indexResults(results)
  const [specification] = indexed.specifications
  assert.ok(specification)
  return specificationPage(
    { runDirectory: '/runs/1', out: '/runs/1/report', indexed, hasBaseline: false },
    specification,
  )
}

test('what stands between backticks in a statement is code', () => {
  assert.ok(pageWith('names a domain in `from`').includes('names a domain in <code>from</code>'))
})

test('everything in a statement is escaped, also between backticks', () => {
  const html = pageWith('`<script>` <img> \u202E')
  assert.ok(html.includes('<code>&lt;script&gt;</code> &lt;img&gt; ‹U+202E›'))
})
