import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTargetUri } from './target-uri.ts'

test('a target is a domain, a port and whether TLS comes first', () => {
  assert.deepEqual(parseTargetUri('xmpp://Example.org'), { domain: 'example.org', port: undefined, directTls: false })
  assert.deepEqual(parseTargetUri('xmpps://example.org:5223'), { domain: 'example.org', port: 5223, directTls: true })
})

for (const wrong of ['example.org', 'http://example.org', 'xmpp://', 'xmpp://a:0', 'xmpp://a:70000', 'xmpp://u@a']) {
  test(`"${wrong}" is refused with the form that is wanted`, () => {
    assert.throws(() => parseTargetUri(wrong), /xmpp:\/\/domain\[:port\]/)
  })
}
