import assert from 'node:assert/strict'
import { test } from 'node:test'
import { safeUrl } from './safe-url.ts'

test('addresses of the web pass', () => {
  assert.equal(safeUrl('https://xmpp.org/extensions/xep-0280.html#s'), 'https://xmpp.org/extensions/xep-0280.html#s')
})

test('everything else is no link', () => {
  const others = [
    'javascript:alert(1)',
    ' JaVaScRiPt:x',
    'java\nscript:x',
    'data:text/html,x',
    'file:///etc',
    '//x',
    '',
    'x',
  ]
  for (const url of others) assert.equal(safeUrl(url), undefined, url)
})
