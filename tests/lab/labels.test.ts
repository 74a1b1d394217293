import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { label, ownerIsGone, ownLabels } from '../../harness/lab/docker/labels.ts'

const mine = ownLabels({ runId: 'r', cellId: 'c' }, 'iut')

test('a resource of a process that runs has an owner', () => {
  assert.equal(mine[label.run], 'r')
  assert.equal(ownerIsGone(mine), false)
})

test('a process that ended, or another one that got its number, owns nothing', () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  assert.equal(ownerIsGone({ ...mine, [label.pid]: String(pid) }), true)
  assert.equal(ownerIsGone({ ...mine, [label.pid]: 'nonsense' }), true)
  if (process.platform === 'linux') assert.equal(ownerIsGone({ ...mine, [label.started]: '1' }), true)
})

test('a machine that was started anew has no owners left; of another machine nothing can be told', () => {
  assert.equal(ownerIsGone({ ...mine, [label.boot]: 'before' }), true)
  assert.equal(ownerIsGone({ ...mine, [label.host]: 'elsewhere.test', [label.pid]: '1' }), false)
})
