import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readAccounts, readSelection } from './selection-options.ts'

describe('accounts', () => {
  test('are a JID, a colon and a password that may hold anything', () => {
    assert.deepEqual(readAccounts(['romeo@example.org:se:cr et', 'a@[::1]:x'], ''), [
      { jid: 'romeo@example.org', password: 'se:cr et' },
      { jid: 'a@[::1]', password: 'x' },
    ])
  })

  test('come from the environment where the command line has none: one a line, or parted by spaces', () => {
    const two = [
      { jid: 'a@b', password: 'x y' },
      { jid: 'c@d', password: 'z' },
    ]
    assert.deepEqual(readAccounts(undefined, 'a@b:x y\nc@d:z\n'), two)
    assert.deepEqual(readAccounts(undefined, 'a@b:x c@d:z').length, 2)
    assert.deepEqual(readAccounts(['e@f:g'], 'a@b:x')[0]?.jid, 'e@f')
    assert.deepEqual(readAccounts(undefined, undefined), [])
  })

  test('that are wrong are told without the password', () => {
    for (const wrong of ['romeo:secret', 'romeo@example.org', 'romeo@example.org/phone', ':secret']) {
      assert.throws(
        () => readAccounts([wrong], ''),
        (error: Error) => /takes JID:PASSWORD/.test(error.message) && !error.message.includes('secret'),
      )
    }
  })
})

describe('a target', () => {
  test('is xmpp: or xmpps:, a domain, and maybe a port', () => {
    for (const target of [
      'xmpp://example.org',
      'xmpps://example.org:5223',
      'xmpp://[::1]:5222',
      'xmpp://bücher.example/',
    ]) {
      assert.ok(readSelection({ target }).target)
    }
    for (const target of [
      'example.org',
      'http://example.org',
      'xmpp://',
      'xmpp://a b',
      'xmpp://a:b',
      'xmpp://u@example.org',
    ]) {
      assert.throws(() => readSelection({ target }), /--target .*takes xmpp:\/\/domain/)
    }
  })

  test('is what accounts are for', () => {
    assert.throws(() => readSelection({ account: ['a@b:c'] }), /goes with --target/)
  })
})
