import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutputTail } from './output-tail.ts'

test('keeps the last lines, however much came before', () => {
  const tail = new OutputTail(100, 3)
  for (let line = 0; line < 10_000; line++) tail.add(`line ${line}\n`)
  assert.equal(tail.text(), 'line 9997\nline 9998\nline 9999')
})

test('cuts a line that does not end', () => {
  const tail = new OutputTail(10, 3)
  tail.add(Buffer.from('x'.repeat(1000)))
  assert.equal(tail.text(), 'x'.repeat(10))
})

test('is empty where nothing came', () => {
  assert.equal(new OutputTail().text(), '')
})
