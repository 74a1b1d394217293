import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table } from './table.ts'

test('columns line up, numbers to the right', () => {
  const text = table(
    ['cell', 'pass', 'why'],
    [
      ['a', 7, 'x'],
      ['long name', 130, ''],
    ],
  )
  assert.equal(text, ['cell       pass  why', 'a             7  x', 'long name   130'].join('\n'))
})

test('lines are cut to the terminal', () => {
  assert.equal(table(['a', 'b'], [['12345', '1234567890']], 10).split('\n')[1], '12345  12…')
})
