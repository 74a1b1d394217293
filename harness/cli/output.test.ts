import assert from 'node:assert/strict'
import { test } from 'node:test'
import { harmless } from './output.ts'

test('what a terminal would obey is made visible', () => {
  assert.equal(
    harmless('a\u001b]0;title\u0007\r\u009b31m\tb\nc é 漢'),
    'a\ufffd]0;title\ufffd\ufffd\ufffd31m\tb\nc é 漢',
  )
})
