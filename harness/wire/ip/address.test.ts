import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, normalAddress, parseAddress } from './address.ts'

test('each address has one spelling (RFC 5952, section 4)', () => {
  const spellings: [string, string][] = [
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:7f00:1', '127.0.0.1'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::1%eth0', 'fe80::1'],
  ]
  for (const [given, normal] of spellings) {
    assert.equal(normalAddress(given), normal)
    assert.equal(formatAddress(parseAddress(normal)), normal)
  }
})

test('what is no address is refused by name', () => {
  assert.throws(() => normalAddress('localhost'), new TypeError('not an IP address: localhost'))
})
