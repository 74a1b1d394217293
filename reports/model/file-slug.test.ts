import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileSlug } from './file-slug.ts'

test('ids of cases and cells stay readable', () => {
  assert.equal(fileSlug('xep-0280/7/received-message-is-copied'), 'xep-0280_7_received-message-is-copied')
  assert.equal(fileSlug('stanza@12.22.1+websocket'), 'stanza@12.22.1+websocket')
})

test('no two ids share a name, not even by case, slashes or what was left out', () => {
  const ids = ['a/b', 'a_b', 'A/b', 'a b', 'a\u0000b', 'a"b', '../a', '..', '', 'x'.repeat(300), 'x'.repeat(301)]
  assert.equal(new Set(ids.map((id) => fileSlug(id).toLowerCase())).size, ids.length)
})

test('no name leaves its folder or needs quoting', () => {
  for (const id of ['../../etc/passwd', '/', '<script>', 'con:', 'ünï', '-rf', '.hidden']) {
    assert.match(fileSlug(id), /^[a-z0-9~][a-z0-9._@+~-]*$/, id)
  }
})
