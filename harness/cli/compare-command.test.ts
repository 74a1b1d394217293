import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSide } from './compare-command.ts'

const exists = (path: string) => ['runs/latest', 'runs/a:b', 'out.json'].includes(path)

test('a side is a run, a run and an implementation, or an implementation of the newest run', () => {
  assert.deepEqual(parseSide('out.json', exists), { path: 'out.json' })
  assert.deepEqual(parseSide('runs/a:b', exists), { path: 'runs/a:b' })
  assert.deepEqual(parseSide('runs/latest:prosody@0.11.9', exists), {
    path: 'runs/latest',
    implementation: 'prosody@0.11.9',
  })
  assert.deepEqual(parseSide('prosody@0.11.9', exists), { path: 'runs/latest', implementation: 'prosody@0.11.9' })
})

test('a run that is not there is told', () => {
  assert.throws(() => parseSide('runs/nothing', exists), /there is no such run directory/)
  assert.throws(() => parseSide('prosody', () => false), /there is no runs\/latest/)
})
