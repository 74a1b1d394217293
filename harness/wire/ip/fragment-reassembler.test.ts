import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { udpSegment } from '../udp/encode-udp.ts'
import { encodeIp } from './encode-ip.ts'
import { FragmentReassembler } from './fragment-reassembler.ts'
import { type IpLocation, locateIp } from './locate-ip.ts'

const source = { address: '192.0.2.1', port: 1000 }
const destination = { address: '192.0.2.2', port: 2000 }
const payload = Uint8Array.from({ length: 3000 }, (_, index) => index)
const datagram = udpSegment({ source, destination, payload })

const fragment = (from: number, to: number, identification = 1) =>
  encodeIp({
    source: source.address,
    destination: destination.address,
    protocol: 17,
    identification,
    payload: datagram.subarray(from, to),
    fragment: { offset: from, more: to < datagram.length },
  })
const parts = [fragment(0, 1000), fragment(1000, 2000), fragment(2000, datagram.length)]

const push = (reassembler: FragmentReassembler, packet: Uint8Array, at = 0) =>
  reassembler.push(packet, locateIp(packet) as IpLocation, at)
const payloadOf = (packet: Uint8Array | undefined) => {
  const found = packet && locateIp(packet)
  assert.ok(packet && found && !found.fragment)
  return Uint8Array.from(packet.subarray(found.payload, found.end))
}

describe('fragments', () => {
  test('in any order, with doubles, of two datagrams at once', () => {
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [2, 2, 0, 0, 1],
    ]
    for (const order of orders) {
      const reassembler = new FragmentReassembler()
      push(reassembler, fragment(0, 1000, 2))
      const found = order.map((index) => push(reassembler, parts[index] as Uint8Array))
      assert.deepEqual(payloadOf(found.at(-1)), datagram, order.join())
      assert.equal(found.filter(Boolean).length, 1)
      assert.deepEqual([reassembler.pending, reassembler.lost], [1, 0])
    }
  })

  test('of IPv6', () => {
    const head = encodeIp({
      source: '2001:db8::1',
      destination: '2001:db8::2',
      protocol: 44,
      payload: new Uint8Array(0),
    })
    const piece = (from: number, to: number) => {
      const bits = from | (to < datagram.length ? 1 : 0)
      const packet = Buffer.concat([
        head,
        Uint8Array.of(17, 0, bits >> 8, bits, 0, 0, 0, 9),
        datagram.subarray(from, to),
      ])
      packet.writeUInt16BE(packet.length - 40, 4)
      return packet
    }
    const reassembler = new FragmentReassembler()
    assert.equal(push(reassembler, piece(1448, datagram.length)), undefined)
    const whole = push(reassembler, piece(0, 1448))
    assert.deepEqual(payloadOf(whole), datagram)
    assert.equal(whole && locateIp(whole)?.protocol, 17)
  })

  test('what overlaps is given up (RFC 5722)', () => {
    const reassembler = new FragmentReassembler()
    push(reassembler, fragment(0, 1000))
    push(reassembler, fragment(992, 2000))
    assert.deepEqual([reassembler.pending, reassembler.lost], [0, 1])
  })

  test('what never becomes whole is given up after a minute, and before it takes much room', () => {
    const reassembler = new FragmentReassembler()
    push(reassembler, fragment(0, 1000, 7), 0)
    push(reassembler, fragment(0, 1000, 8), 59_000_000)
    push(reassembler, fragment(0, 1000, 9), 61_000_000)
    assert.deepEqual([reassembler.pending, reassembler.lost], [2, 1])
    for (let id = 10; id < 5000; id++) push(reassembler, fragment(0, 1000, id), 61_000_000)
    assert.ok(reassembler.pending <= 512)
  })
})
