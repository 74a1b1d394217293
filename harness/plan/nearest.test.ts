import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean, editDistance, nearest } from './nearest.ts'

test('distance counts insertions, deletions, changes and swaps of neighbours', () => {
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('prosody', 'prosody'), 0)
  assert.equal(editDistance('prosdoy', 'prosody'), 1)
  assert.equal(editDistance('ejaberd', 'ejabberd'), 1)
  assert.equal(editDistance('kitten', 'sitting'), 3)
})

test('the nearest come first, and what is far is not offered', () => {
  assert.deepEqual(nearest('prosdy', ['ejabberd', 'prosody', 'jackal']), ['prosody'])
  assert.deepEqual(nearest('zzzzzz', ['ejabberd', 'prosody']), [])
  assert.deepEqual(nearest('0280', ['xep-0280', 'xep-0313']), ['xep-0280'])
})

test('the question names one, two or three, or is left out', () => {
  assert.equal(didYouMean('jackl', ['jackal', 'prosody']), '; did you mean jackal?')
  assert.equal(didYouMean('aab', ['aaa', 'aac', 'zzz']), '; did you mean aaa or aac?')
  assert.equal(didYouMean('qqqq', ['jackal']), '')
})
