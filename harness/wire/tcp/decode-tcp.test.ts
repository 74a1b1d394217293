import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CapturedPacket } from '../captured-packet.ts'
import { linkTypes } from '../link-type.ts'
import { decodeTcp } from './decode-tcp.ts'
import { TcpSynthesizer } from './tcp-synthesizer.ts'

function samples(addresses: [string, string], linkType: 1 | 101): Uint8Array[] {
  const packets: CapturedPacket[] = []
  const tcp = new TcpSynthesizer({
    client: { address: addresses[0], port: 40_000 },
    server: { address: addresses[1], port: 5222 },
    linkType,
    emit: (packet) => packets.push(packet),
  })
  tcp.open(0)
  tcp.data('client', Buffer.from('<presence/>'), 0)
  tcp.finish('server', 0)
  return packets.map((packet) => packet.data)
}

const [v4 = new Uint8Array()] = samples(['127.0.0.1', '127.0.0.2'], 101).slice(3)
const [v6 = new Uint8Array()] = samples(['::1', '::2'], 101).slice(3)

test('a packet that was cut keeps the length that it had', () => {
  const cut = decodeTcp(linkTypes.raw, v4.subarray(0, 44))
  assert.equal(cut?.payload.length, 4)
  assert.equal(cut?.payloadLength, 11)
})

test('padding behind the packet is no payload', () => {
  assert.equal(decodeTcp(linkTypes.raw, Buffer.concat([v4, Buffer.alloc(9)]))?.payload.length, 11)
})

test('the sender of a capture that has no lengths yet (segmentation offload) is read to the end', () => {
  const offloaded = Uint8Array.from(v4)
  offloaded[2] = offloaded[3] = 0
  assert.equal(decodeTcp(linkTypes.raw, offloaded)?.payloadLength, 11)
})

test('IPv6 extension headers are passed over', () => {
  const hopByHop = Uint8Array.of(60, 0, 1, 4, 0, 0, 0, 0)
  const destinationOptions = Uint8Array.of(6, 1, 1, 12, ...Array<number>(12).fill(0))
  const extended = Buffer.concat([v6.subarray(0, 40), hopByHop, destinationOptions, v6.subarray(40)])
  extended.writeUInt16BE(extended.length - 40, 4)
  extended[6] = 0
  assert.equal(Buffer.from(decodeTcp(linkTypes.raw, extended)?.payload ?? []).toString(), '<presence/>')
})

test('what is no TCP segment is undefined', () => {
  const changed = (at: number, value: number) => Uint8Array.from(v4).fill(value, at, at + 1)
  const hostile: [string, Uint8Array][] = [
    ['no bytes', new Uint8Array(0)],
    ['IP version 5', changed(0, 0x55)],
    ['an IP header of 16 bytes', changed(0, 0x44)],
    ['an IP header longer than the packet', changed(0, 0x4f).subarray(0, 50)],
    ['a total length within the header', changed(3, 19)],
    ['UDP', changed(9, 17)],
    ['a later fragment', changed(7, 1)],
    ['a TCP header of 16 bytes', changed(32, 0x40)],
    ['a TCP header longer than the segment', changed(32, 0xf0)],
    ['half a TCP header', v4.subarray(0, 39)],
  ]
  for (const [name, bytes] of hostile) assert.equal(decodeTcp(linkTypes.raw, bytes), undefined, name)
  assert.equal(decodeTcp(147, v4), undefined, 'a link type that is not read')
})

test('a hundred thousand mutated packets never throw, and are read in no time', () => {
  const seeds: [number, Uint8Array[]][] = [
    [linkTypes.raw, samples(['127.0.0.1', '127.0.0.2'], 101)],
    [linkTypes.raw, samples(['::1', '::2'], 101)],
    [linkTypes.ethernet, samples(['127.0.0.1', '127.0.0.2'], 1)],
    [linkTypes.ethernet, samples(['::1', '::2'], 1)],
  ]
  const others = [linkTypes.linuxSll, linkTypes.linuxSll2, linkTypes.null, linkTypes.loop]
  let random = 1
  const next = (below: number) => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
    return (random >>> 8) % below
  }
  const start = performance.now()
  let read = 0
  for (let round = 0; round < 100_000; round++) {
    const [linkType, packets] = seeds[round % 4] as [number, Uint8Array[]]
    const bytes = Uint8Array.from(packets[next(packets.length)] as Uint8Array)
    for (let i = next(6); i >= 0; i--) bytes[next(bytes.length)] = next(256)
    const mutated = next(3) === 0 ? bytes.subarray(0, next(bytes.length + 1)) : bytes
    const segment = decodeTcp(next(10) === 0 ? (others[next(4)] as number) : linkType, mutated)
    if (segment === undefined) continue
    read++
    assert.ok(segment.payload.length <= segment.payloadLength)
  }
  const took = performance.now() - start
  assert.ok(read > 10_000, `only ${read} were readable`)
  assert.ok(took < 5000, `${Math.round(took)} ms`)
})
