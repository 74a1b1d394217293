import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Verdict } from '../../harness/record/results-schema.ts'
import { indexResults } from './index-results.ts'
import { sortBreakers } from './sort-breakers.ts'
import { cellOf, resultsOf } from './testing.ts'

/** Who breaks a statement on which these came to these verdicts. */
function breakers(verdicts: Record<string, Verdict>) {
  const cells = Object.entries(verdicts).map(([name, verdict]) => cellOf(name, { 'x/1/a': verdict }))
  const [found] = sortBreakers(indexResults(resultsOf(cells)))
  return found && [found.kind, found.culprit]
}

test('what everybody keeps is not broken', () => {
  assert.equal(breakers({ 'prosody 1': 'pass', 'ejabberd 1': 'unsupported' }), undefined)
})

test('one version alone: its bug, also where only its own family answered', () => {
  assert.deepEqual(breakers({ 'prosody 1': 'fail', 'prosody 2': 'pass', 'ejabberd 1': 'pass' }), [
    'version',
    'prosody 1',
  ])
  assert.deepEqual(breakers({ 'prosody 1': 'fail', 'prosody 2': 'pass' }), ['version', 'prosody 1'])
})

test('several versions of one code base: its habit', () => {
  assert.deepEqual(breakers({ 'prosody 1': 'fail', 'prosody 2': 'warn', 'ejabberd 1': 'pass' }), ['family', 'prosody'])
})

test('everybody who answered: a text that nobody keeps', () => {
  const verdicts: Record<string, Verdict> = { 'prosody 1': 'fail', 'ejabberd 1': 'warn', 'jackal 1': 'unsupported' }
  assert.deepEqual(breakers(verdicts), ['everybody', undefined])
})

test('two families of three', () => {
  assert.deepEqual(breakers({ 'prosody 1': 'fail', 'ejabberd 1': 'fail', 'jackal 1': 'pass' }), ['some', undefined])
})

test('one family that nobody can be compared with proves nothing', () => {
  assert.deepEqual(breakers({ 'prosody 1': 'fail', 'prosody 2': 'fail', 'ejabberd 1': 'error' }), ['alone', 'prosody'])
})

test('one version of a client over several transports is still one version', () => {
  const cells = ['starttls', 'websocket'].map((transport) =>
    cellOf('stanza 1', { 'x/1/a': 'fail' }, { environment: { transport } }),
  )
  const other = cellOf('strophe 1', { 'x/1/a': 'pass' })
  assert.equal(sortBreakers(indexResults(resultsOf([...cells, other])))[0]?.kind, 'version')
})
