import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listsHash } from './lists-hash.ts'

test('the hash of the lists is the one of the example in XEP-0474 §6.3, in whatever order they are announced', () => {
  const types = ['tls-server-end-point', 'tls-exporter']
  const hash = 'G6k/rBLDqgOhRRaCuuatSDFkJ08='
  assert.equal(listsHash('sha1', ['SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS'], types), hash)
  assert.equal(listsHash('sha1', ['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1'], types.toReversed()), hash)
})

test('types that are not announced leave no trace in the hash', () => {
  assert.notEqual(listsHash('sha256', ['PLAIN'], undefined), listsHash('sha256', ['PLAIN'], []))
})
