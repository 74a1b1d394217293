import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CapturedPacket } from '../captured-packet.ts'
import { linkTypes } from '../link-type.ts'
import { pcapFile } from '../pcap/pcap-writer.ts'
import { encodeStun } from '../stun/encode-stun.ts'
import { TcpSynthesizer } from '../tcp/tcp-synthesizer.ts'
import { readMessages, readTrace } from './read-trace.ts'

const id = Uint8Array.from({ length: 12 }, (_, index) => index)
const binding = encodeStun({ class: 'request', method: 1, transactionId: id })
const allocate = encodeStun({ class: 'request', method: 3, transactionId: id })
const rtp = (sequence: number) => Uint8Array.of(0x80, 111, 0, sequence, 0, 0, 0, 1, 0, 0, 0, 7, 1, 2, 3)
const framed = (...messages: Uint8Array[]) =>
  Buffer.concat(messages.map((one) => Buffer.concat([Uint8Array.of(one.length >> 8, one.length), one])))
const channel = (data: Uint8Array) =>
  Buffer.concat([Uint8Array.of(0x40, 1, 0, data.length), data, Buffer.alloc(-data.length & 3)])

/** What a client sends over TCP, in segments of a size. */
function sent(bytes: Uint8Array, segmentSize: number): CapturedPacket[] {
  const packets: CapturedPacket[] = []
  const connection = new TcpSynthesizer({
    client: { address: '2001:db8::1', port: 1000 },
    server: { address: '2001:db8::2', port: 3478 },
    emit: (packet) => packets.push(packet),
    segmentSize,
    initialSequence: { client: 0xfffffff0, server: 5 }, // soon over its end
  })
  connection.open(1_700_000_000_000_000)
  connection.data('client', bytes, 1_700_000_000_000_100)
  connection.finish('client', 1_700_000_000_000_200)
  connection.finish('server', 1_700_000_000_000_200)
  return packets
}

async function read(packets: CapturedPacket[]): Promise<string[]> {
  const found: string[] = []
  for await (const { body, relayed } of readMessages({ name: 'test', bytes: pcapFile(linkTypes.raw, packets) })) {
    const what = body.kind === 'stun' ? `stun ${body.method}` : body.kind === 'rtp' ? `rtp ${body.sequence}` : body.kind
    found.push(relayed ? `relayed ${what}` : what)
  }
  return found
}

const ice = framed(binding, rtp(1), rtp(2), new Uint8Array(0), binding, rtp(3))
const iceFound = ['stun 1', 'rtp 1', 'rtp 2', 'stun 1', 'rtp 3']
const turn = Buffer.concat([allocate, channel(rtp(1)), channel(binding), allocate])
const turnFound = ['stun 3', 'channel-data', 'relayed rtp 1', 'channel-data', 'relayed stun 1', 'stun 3']
const sizes = [1, 2, 3, 7, 20, 50, 1460]

describe('framing', () => {
  test('ICE in frames of RFC 4571, however it is cut into segments', async () => {
    for (const size of sizes) assert.deepEqual(await read(sent(ice, size)), iceFound, `segments of ${size}`)
  })

  test('TURN without frames, with ChannelData padded', async () => {
    for (const size of sizes) assert.deepEqual(await read(sent(turn, size)), turnFound, `segments of ${size}`)
  })

  test('anything else is counted', async () => {
    const text = Buffer.from('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n')
    const { flows, messages } = await readTrace({ name: 'test', bytes: pcapFile(linkTypes.raw, sent(text, 10)) })
    assert.equal(messages.length, 0)
    assert.deepEqual(
      flows.map(({ kind, transport, bytes }) => [kind, transport, bytes]),
      [['other', 'tcp', text.length]],
    )
  })

  test('behind ConnectionBind another framing may follow (RFC 6062)', async () => {
    const bytes = Buffer.concat([allocate, ice])
    assert.deepEqual(await read(sent(bytes, 1460)), ['stun 3', ...iceFound])
  })

  test('a capture that joins late finds the frames', async () => {
    const segments = sent(framed(...Array.from({ length: 8 }, (_, index) => rtp(index))), 17).slice(3)
    assert.deepEqual((await read(segments)).slice(-4), ['rtp 4', 'rtp 5', 'rtp 6', 'rtp 7'])
  })
})

describe('segments', () => {
  const packets = sent(ice, 20)

  test('out of order, doubled, overlapping', async () => {
    const data = packets.filter(({ data }) => data.length > 64)
    const opening = packets.slice(0, 3)
    assert.deepEqual(await read([...opening, ...data.toReversed()]), iceFound)
    assert.deepEqual(await read([...opening, ...data.flatMap((one) => [one, one, ...data])]), iceFound)
    const others = sent(ice, 33).filter(({ data }) => data.length > 64)
    assert.deepEqual(await read([...opening, data[0] as CapturedPacket, ...others, ...data]), iceFound)
  })

  test('what the capture lacks is told, and reading goes on where a message begins', async () => {
    const whole = sent(framed(binding, rtp(1), binding), 10)
    const lossy = whole.filter((_, index) => index !== 10)
    const bytes = pcapFile(linkTypes.raw, lossy)
    const { notes, messages } = await readTrace({ name: 'test', bytes })
    assert.deepEqual(notes, ['test: 10 bytes are missing from TCP streams, at 1 places.'])
    assert.equal(messages.length, 1)
  })

  test('a second connection between the same ports begins anew', async () => {
    assert.deepEqual(await read([...sent(ice, 20), ...sent(turn, 20)]), [...iceFound, ...turnFound])
  })
})
