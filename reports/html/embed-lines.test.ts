import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embedLines } from './embed-lines.ts'

test('nothing closes the element or opens a comment, and it reads back as it was', () => {
  const value = { text: '</script><!--<script>', more: '\u2028&amp;\\<' }
  assert.doesNotMatch(embedLines(JSON.stringify(value)), /</)
  assert.deepEqual(JSON.parse(embedLines(JSON.stringify(value))), value)
})
