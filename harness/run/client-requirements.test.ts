import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capability, presumed } from '../suite/requirements.ts'
import { unmetByClient } from './client-requirements.ts'

const lacks = { requests: 'leaves requests to its user' }

test('a capability is there where the manifest names it; the manifest says why it is not', () => {
  assert.equal(unmetByClient(capability('requests'), 'starttls', new Set(['requests'])), undefined)
  assert.equal(unmetByClient(capability('requests'), 'starttls', new Set(), lacks), lacks.requests)
  assert.match(unmetByClient(capability('requests'), 'starttls', new Set()) ?? '', /"requests"/)
})

test('what is presumed is there unless the manifest says that it lacks it', () => {
  assert.equal(unmetByClient(presumed('requests'), 'starttls', new Set()), undefined)
  assert.equal(unmetByClient(presumed('requests'), 'starttls', new Set(), lacks), lacks.requests)
})
