import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions } from './versions.ts'

test('numbers are compared as numbers', () => {
  const sorted = ['13.0.7', '0.12.3', '24.12', '13.0.1', '0.11.9', '13.0', '26.07'].sort(compareVersions)
  assert.deepEqual(sorted, ['0.11.9', '0.12.3', '13.0', '13.0.1', '13.0.7', '24.12', '26.07'])
})
