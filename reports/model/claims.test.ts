import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareClaims } from './claims.ts'
import { indexResults } from './index-results.ts'
import { cellOf, resultsOf } from './testing.ts'

function claimsOf(claims: string[], verdicts: Parameters<typeof cellOf>[1]) {
  const indexed = indexResults(resultsOf([cellOf('prosody 1', verdicts, { claims })]))
  const [column] = indexed.panels[0]?.columns ?? []
  assert.ok(column)
  return compareClaims(column, indexed).map((claim) => [claim.specification, claim.broken.map(({ id }) => id)])
}

test('a feature that is claimed and breaks a MUST is a false claim, a broken SHOULD is none', () => {
  const claims = ['server: urn:xmpp:carbons:2', 'stream: sm urn:xmpp:sm:3']
  const verdicts = { 'XEP-0280/7/a': 'fail', 'XEP-0280/7/b': 'pass', 'XEP-0198/4/a': 'warn' } as const
  assert.deepEqual(claimsOf(claims, verdicts), [
    ['XEP-0198', []],
    ['XEP-0280', ['XEP-0280/7/a']],
  ])
})

test('what is not claimed, or not asked, is not compared', () => {
  assert.deepEqual(claimsOf(['server: urn:xmpp:mam:2'], { 'XEP-0280/7/a': 'fail' }), [])
})

test('publish-subscribe of the account is PEP, of a service is not', () => {
  const verdicts = { 'XEP-0060/7/a': 'pass', 'XEP-0163/3/a': 'fail' } as const
  assert.deepEqual(claimsOf(['account: http://jabber.org/protocol/pubsub#publish'], verdicts), [
    ['XEP-0163', ['XEP-0163/3/a']],
  ])
})
