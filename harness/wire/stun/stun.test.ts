// The samples are the figures of RFC 5769, §2.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeStun, xorAddressValue } from './encode-stun.ts'
import { checkFingerprint, checkIntegrity, checkIntegritySha256, longTermKey, shortTermKey } from './stun-integrity.ts'
import { attributeOf, decodeStun, looksLikeStun, type StunMessage, stunType } from './stun-message.ts'
import { attributeName, stunAttributes } from './stun-names.ts'
import { mappedAddressOf, numberOf, textOf, tieBreakerOf } from './stun-values.ts'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s+/g, ''), 'hex'))
const key = shortTermKey('VOkJxbRl1RmTxUk/WvJxBt')

const request = bytes(`
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff
  80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249
  c1b571a2 80280004 e57a3bcf`)
const responseV4 = bytes(`
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96`)
const responseV6 = bytes(`
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014 0002a147 0113a9fa
  a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c`)
const longTerm = bytes(`
  00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000 0015001c
  662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e 6f726700 00080014
  f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666`)

const read = (given: Uint8Array): StunMessage => {
  const message = decodeStun(given)
  assert.ok(message.kind === 'stun', JSON.stringify(message))
  return message
}
const value = (message: StunMessage, type: number) => {
  const attribute = attributeOf(message, type)
  assert.ok(attribute, attributeName(type))
  return attribute
}

describe('the figures of RFC 5769', () => {
  test('a request with short-term credentials', () => {
    const message = read(request)
    assert.deepEqual([message.class, message.method, message.transactionId], ['request', 1, 'b7e7a701bc34d686fa87dfae'])
    assert.deepEqual(
      message.attributes.map(({ type }) => attributeName(type)),
      ['SOFTWARE', 'PRIORITY', 'ICE-CONTROLLED', 'USERNAME', 'MESSAGE-INTEGRITY', 'FINGERPRINT'],
    )
    assert.equal(textOf(value(message, stunAttributes.SOFTWARE)), 'STUN test client')
    assert.equal(textOf(value(message, stunAttributes.USERNAME)), 'evtj:h6vY')
    assert.equal(numberOf(value(message, stunAttributes.PRIORITY)), 0x6e0001ff)
    assert.equal(tieBreakerOf(value(message, stunAttributes.ICE_CONTROLLED)), 0x932ff9b151263b36n)
    assert.equal(checkIntegrity(message, key), 'right')
    assert.equal(checkFingerprint(message), 'right')
  })

  test('responses that map an address of IPv4 and of IPv6', () => {
    for (const [given, address] of [
      [responseV4, '192.0.2.1'],
      [responseV6, '2001:db8:1234:5678:11:2233:4455:6677'],
    ] as const) {
      const message = read(given)
      assert.equal(message.class, 'success')
      assert.deepEqual(mappedAddressOf(message), { address, port: 32853 })
      assert.equal(checkIntegrity(message, key), 'right')
      assert.equal(checkFingerprint(message), 'right')
    }
  })

  test('a request with long-term credentials', () => {
    const message = read(longTerm)
    const username = textOf(value(message, stunAttributes.USERNAME))
    const realm = textOf(value(message, stunAttributes.REALM))
    assert.equal(checkIntegrity(message, longTermKey({ username, realm, password: 'TheMatrIX' })), 'right')
    assert.equal(checkFingerprint(message), 'missing')
  })
})

describe('what is checked can be wrong', () => {
  test('another password, a changed byte, a fingerprint that is not the last', () => {
    assert.equal(checkIntegrity(read(request), shortTermKey('another')), 'wrong')
    for (const at of [9, 30, 60]) {
      const changed = request.slice()
      changed[at] = (changed[at] as number) ^ 1
      assert.equal(checkIntegrity(read(changed), key), 'wrong', `byte ${at}`)
      assert.equal(checkFingerprint(read(changed)), 'wrong', `byte ${at}`)
    }
    const behind = read(Uint8Array.from([...bytes('0001005c'), ...request.subarray(4), ...bytes('80220000')]))
    assert.equal(checkFingerprint(behind), 'wrong')
  })
})

describe('encoding', () => {
  const transactionId = bytes('b7e7a701bc34d686fa87dfae')

  test('what was encoded is read back, right in every check', () => {
    const mapped = { address: '2001:db8::7', port: 5 }
    const message = read(
      encodeStun({
        class: 'success',
        method: 9,
        transactionId,
        fields: [
          { type: stunAttributes.XOR_MAPPED_ADDRESS, value: xorAddressValue(mapped, transactionId) },
          { type: stunAttributes.NOMINATION, value: 7 },
          { type: 0xc0de, value: 'abc' },
        ],
        key,
        sha256Key: key,
      }),
    )
    assert.deepEqual([message.class, message.method], ['success', 9])
    assert.deepEqual(mappedAddressOf(message), mapped)
    assert.equal(numberOf(value(message, 0xc001)), 7)
    assert.equal(textOf(value(message, 0xc0de)), 'abc')
    assert.equal(attributeName(0xc0de), '0xC0DE')
    assert.equal(checkIntegrity(message, key), 'right')
    assert.equal(checkIntegritySha256(message, key), 'right')
    assert.equal(checkFingerprint(message), 'right')
  })

  test('class and method share their field', () => {
    for (let method = 0; method < 0x1000; method++) {
      const type = stunType('error', method)
      const message = decodeStun(Uint8Array.from([type >> 8, type & 255, 0, 0, ...bytes('2112a442'), ...transactionId]))
      assert.ok(message.kind === 'stun' && message.method === method && message.class === 'error')
    }
  })
})

describe('bytes that are no message', () => {
  test('each is told, and none throws', () => {
    const reasons = [
      [request.subarray(0, 19), /no header/],
      [request.subarray(0, 100), /claims 88 bytes/],
      [Uint8Array.from([0x40, ...request.subarray(1)]), /first two bits/],
      [Uint8Array.from([0, 1, 0, 0x57, ...request.subarray(4)]), /multiple of 4/],
      [Uint8Array.from([...request.subarray(0, 22), 0xff, 0xff, ...request.subarray(24)]), /reaches behind/],
    ] as const
    for (const [given, reason] of reasons) {
      const message = decodeStun(given)
      assert.ok(message.kind === 'malformed')
      assert.match(message.reason, reason)
    }
    assert.equal(looksLikeStun(request), true)
    assert.equal(looksLikeStun(Uint8Array.from([0x80, ...request.subarray(1)])), false)
  })
})
