import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embedJson } from './embed-json.ts'

test('nothing closes the element or opens a comment, and it reads back as it was', () => {
  const value = { text: '</script><!--<script>', more: '\u2028&amp;' }
  assert.doesNotMatch(embedJson(value), /</)
  assert.deepEqual(JSON.parse(embedJson(value)), value)
})
