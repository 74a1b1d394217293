import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fits, isPattern } from './glob.ts'

test('a star stands for anything, slashes too', () => {
  assert.ok(fits('xep-0280/*', 'xep-0280/7/received-message-is-copied'))
  assert.ok(fits('*', ''))
  assert.ok(fits('rfc6120/4.?/a', 'rfc6120/4.3/a'))
  assert.ok(!fits('xep-0280/*', 'xep-0281/7/x'))
})

test('everything else stands for itself', () => {
  assert.ok(!fits('rfc6120/4.3/a', 'rfc6120/4x3/a'))
  assert.ok(fits('a+b(c)', 'a+b(c)'))
  assert.ok(!isPattern('rfc6120/4.3/a'))
  assert.ok(isPattern('rfc6120/*'))
})
