import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hrefBetween, hrefOf, insideRun, pages } from './links.ts'

test('pages are named after what they show', () => {
  assert.equal(pages.specification('RFC 6120'), 'spec/rfc6120.html')
  assert.equal(pages.case('xep-0280/7/received'), 'case/xep-0280_7_received.html')
  assert.equal(pages.implementation('stanza@12.22.1+websocket'), 'impl/stanza@12.22.1+websocket.html')
})

test('a path out of the run directory is none', () => {
  assert.equal(insideRun('/runs/1', 'evidence/a/b'), '/runs/1/evidence/a/b')
  for (const path of ['../2/results.json', '/etc/passwd', 'evidence/../../2', '.']) {
    assert.equal(insideRun('/runs/1', path), undefined, path)
  }
})

test('addresses are relative, each part encoded', () => {
  assert.equal(
    hrefBetween('/runs/1/report/case', '/runs/1/evidence/a@1+b/#?.log'),
    '../../evidence/a%401%2Bb/%23%3F.log',
  )
  assert.equal(hrefOf('case/javascript:x'), 'case/javascript%3Ax')
})
