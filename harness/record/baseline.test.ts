import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UsageError } from '../plan/usage-error.ts'
import { judge, parseBaseline, unknownEntries } from './baseline.ts'
import type { Verdict } from './results-schema.ts'

const entry = {
  implementation: 'boat',
  case: 'xep-0280/*',
  verdict: 'fail',
  reason: 'known since spring',
  link: 'https://boat.example/issues/1',
  expires: '2026-12-31',
}
const cell = (version = '1.0', environment: Record<string, string> = { runtime: 'docker' }) => ({
  implementations: [{ id: 'boat', name: 'Boat', version, family: 'boats', role: 'xmpp-server' }],
  environment,
})
const parse = (...entries: object[]) => parseBaseline(JSON.stringify({ entries }), 'known.json')
const judged = (verdict: Verdict, more: object = {}, where = cell()) => {
  const { expected, expectation } = judge(where, 'xep-0280/7/a', verdict, parse({ ...entry, ...more }), '2026-06-01')
  return [expected, expectation?.state]
}

describe('a baseline', () => {
  test('excuses a known failure', () => {
    assert.deepEqual(judged('fail'), [true, 'kept'])
    const { expectation } = judge(cell(), 'xep-0280/7/a', 'fail', parse(entry), '2026-06-01')
    assert.equal(expectation?.reason, 'known since spring')
  })

  test('reports a known failure that passes', () => {
    assert.deepEqual(judged('pass'), [false, 'passes'])
    assert.deepEqual(judged('warn'), [false, 'passes'])
  })

  test('excuses until the last day, and no day longer', () => {
    assert.deepEqual(judged('fail', { expires: '2026-06-01' }), [true, 'kept'])
    assert.deepEqual(judged('fail', { expires: '2026-05-31' }), [false, 'expired'])
    assert.deepEqual(judged('pass', { expires: '2026-05-31' }), [true, 'expired'])
  })

  test('excuses nothing but the verdict, implementation, case and environment that it names', () => {
    assert.deepEqual(judged('error'), [false, undefined])
    assert.deepEqual(judged('inconclusive'), [false, undefined])
    assert.deepEqual(judged('unsupported'), [true, undefined])
    assert.deepEqual(judged('fail', { implementation: 'boat@1.0' }), [true, 'kept'])
    assert.deepEqual(judged('fail', { implementation: 'boat@2.0' }), [false, undefined])
    assert.deepEqual(judged('fail', { case: 'xep-0313/*' }), [false, undefined])
    assert.deepEqual(judged('fail', { environment: { transport: 'websocket' } }), [false, undefined])
    const websocket = cell('1.0', { runtime: 'embedded', transport: 'websocket' })
    assert.deepEqual(judged('fail', { environment: { transport: 'websocket' } }, websocket), [true, 'kept'])
  })

  test('without an entry: pass, warn and unsupported are expected, the rest is not', () => {
    const expected = (['pass', 'warn', 'unsupported', 'fail', 'inconclusive', 'error'] as const).map(
      (verdict) => judge(cell(), 'x', verdict, [], '2026-06-01').expected,
    )
    assert.deepEqual(expected, [true, true, true, false, false, false])
  })
})

describe('a baseline file', () => {
  const refuses = (text: string, message: RegExp) =>
    assert.throws(
      () => parseBaseline(text, 'known.json'),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    )

  test('names the entry and the field that is wrong', () => {
    const { reason: _, ...without } = entry
    refuses(JSON.stringify({ entries: [entry, without] }), /known\.json: entry 2: reason: /)
    refuses(JSON.stringify([{ ...entry, reason: '' }]), /entry 1: reason: must say why/)
    refuses(JSON.stringify([{ ...entry, link: 'later' }]), /link: must be a link/)
    refuses(JSON.stringify([{ ...entry, expires: 'never' }]), /expires: must be a date/)
    refuses(JSON.stringify([{ ...entry, expires: '2026-02-30' }]), /expires: is no date/)
    refuses(JSON.stringify([{ ...entry, verdict: 'pass' }]), /verdict: /)
    refuses(JSON.stringify([{ ...entry, verdikt: 'fail' }]), /verdikt/)
  })

  test('that is something else is refused', () => {
    refuses('{', /is not JSON/)
    refuses('{"known": []}', /must be \{ "entries"/)
    refuses('null', /must be \{ "entries"/)
  })

  test('may name what is not there, and that is told', () => {
    const known = parse(
      entry,
      { ...entry, implementation: 'baot', case: 'xep-0280/7/b' },
      { ...entry, case: 'xep-9/*' },
    )
    assert.deepEqual(unknownEntries(known, ['xep-0280/7/a'], ['boat', 'boat@1.0']), [
      'entry 2: no case xep-0280/7/b; did you mean xep-0280/7/a?',
      'entry 2: no implementation baot; did you mean boat?',
      'entry 3: no case xep-9/*',
    ])
  })
})
