import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hexDump } from './hex-dump.ts'

test('bytes are shown with offset, hexadecimal and ASCII', () => {
  assert.equal(hexDump('\xff\xfe<a>'), `0000  ff fe 3c 61 3e${' '.repeat(33)}  ..<a>`)
  assert.equal(hexDump('x'.repeat(17)).split('\n').length, 2)
})
