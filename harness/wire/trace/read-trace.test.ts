import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Endpoint } from '../ip/address.ts'
import { linkTypes } from '../link-type.ts'
import { pcapFile } from '../pcap/pcap-writer.ts'
import { pcapngFile } from '../pcap/pcapng-writer.ts'
import { encodeStun, xorAddressValue } from '../stun/encode-stun.ts'
import { stunAttributes } from '../stun/stun-names.ts'
import { sampleLinkTypes, samplePackets } from '../testing/sample-packets.ts'
import { encodeUdp } from '../udp/encode-udp.ts'
import { readMessages, readTrace } from './read-trace.ts'

const a: Endpoint = { address: '192.0.2.1', port: 1000 }
const b: Endpoint = { address: '192.0.2.2', port: 2000 }
const peer: Endpoint = { address: '2001:db8::1', port: 3000 }
const id = Uint8Array.from({ length: 12 }, (_, index) => index)
const start = 1_700_000_000_000_000

type Sent = [from: Endpoint, to: Endpoint, payload: Uint8Array, after: number]

/** A capture of these datagrams, each so many milliseconds after the first. */
const capture = (...sent: Sent[]) => ({
  name: 'test',
  bytes: pcapFile(
    linkTypes.raw,
    sent.map(([source, destination, payload, after]) => {
      const data = encodeUdp({ source, destination, payload })
      return { at: start + after * 1000, length: data.length, data }
    }),
  ),
})
const binding = encodeStun({ class: 'request', method: 1, transactionId: id })
const rtp = (sequence: number, ssrc = 7) =>
  Uint8Array.of(0x80, 111, sequence >> 8, sequence, 0, 0, 0, 1, 0, 0, 0, ssrc, 1, 2, 3)
const record = (type: number, ...body: number[]) =>
  Uint8Array.of(type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 5, 0, body.length, ...body)

describe('datagrams', () => {
  test('STUN and DTLS are kept one by one, media as a flow', async () => {
    const sent: Sent[] = [
      [a, b, binding, 0],
      [b, a, Uint8Array.of(...record(22, 1, 2), ...record(23, 3)), 10],
    ]
    for (let i = 0; i < 5; i++) sent.push([a, b, rtp(65_533 + i), 20 * i + (i > 3 ? 2000 : 0)])
    const trace = await readTrace(capture(...sent))
    assert.deepEqual(trace.captures, [
      { name: 'test', format: 'pcap', packets: 7, firstAt: start, lastAt: start + 2_080_000 },
    ])
    assert.deepEqual(
      trace.messages.map(({ body, packet, source }) => [body.kind, packet, source]),
      [
        ['stun', 1, a],
        ['dtls', 2, b],
      ],
    )
    const [dtls, media] = trace.flows
    assert.deepEqual([dtls?.kind, dtls?.packets, dtls?.bytes], ['dtls-data', 1, 14])
    assert.deepEqual([media?.kind, media?.ssrc, media?.payloadTypes, media?.packets], ['rtp', 7, [111], 5])
    assert.deepEqual(
      media?.bursts.map(({ packets, firstPacket, lastPacket }) => [packets, firstPacket, lastPacket]),
      [
        [4, 3, 6],
        [1, 7, 7],
      ],
    )
  })

  test('what TURN carries is opened, and its peer told once the channel is bound', async () => {
    const bind = (kind: 'request' | 'success') =>
      encodeStun({
        class: kind,
        method: 9,
        transactionId: id,
        fields: [
          { type: stunAttributes.CHANNEL_NUMBER, value: Uint8Array.of(0x40, 1, 0, 0) },
          { type: stunAttributes.XOR_PEER_ADDRESS, value: xorAddressValue(peer, id) },
        ],
      })
    const indication = encodeStun({
      class: 'indication',
      method: 6,
      transactionId: id,
      fields: [
        { type: stunAttributes.XOR_PEER_ADDRESS, value: xorAddressValue(peer, id) },
        { type: stunAttributes.DATA, value: binding },
      ],
    })
    const channel = Uint8Array.of(0x40, 1, 0, binding.length, ...binding)
    const source = capture(
      [a, b, indication, 0],
      [a, b, channel, 1],
      [a, b, bind('request'), 2],
      [b, a, bind('success'), 3],
      [b, a, channel, 4],
    )
    const { messages } = await readTrace(source)
    assert.deepEqual(
      messages.map(({ packet, relayed }) => [packet, relayed]),
      [
        [1, { as: 'send-indication', peer }],
        [2, { as: 'channel-data', channel: 0x4001 }],
        [3, undefined],
        [4, undefined],
        [5, { as: 'channel-data', channel: 0x4001, peer }],
      ],
    )
    const kinds: string[] = []
    for await (const { body } of readMessages(source)) kinds.push(body.kind)
    assert.deepEqual(kinds, ['stun', 'stun', 'channel-data', 'stun', 'stun', 'stun', 'channel-data', 'stun'])
  })

  test('what only begins like RTP is no media where nothing else speaks of a call', async () => {
    const noise = Array.from({ length: 40 }, (_, i): Sent => [a, b, rtp((i * 7919) & 0xffff, i % 30), i])
    const { flows, messages } = await readTrace(capture(...noise))
    assert.deepEqual([messages.length, flows.length, flows[0]?.kind, flows[0]?.packets], [0, 1, 'other', 40])
  })
})

test('data of a call that begins like RTP by chance is one flow', async () => {
  const noise = Array.from({ length: 200 }, (_, i): Sent => [a, b, rtp((i * 7919) & 0xffff, i), i])
  const { flows } = await readTrace(capture([a, b, binding, 0], ...noise))
  assert.deepEqual(
    flows.map(({ kind, packets }) => [kind, packets]),
    [['other', 200]],
  )
})

describe('captures as they come', () => {
  test('each link type, and several captures on one time axis', async () => {
    const packets = sampleLinkTypes.map((linkType) => samplePackets(linkType, start + linkType))
    const traces = await readTrace(
      packets.map((some, index) => ({ name: `${index}`, bytes: pcapFile(sampleLinkTypes[index] as number, some) })),
    )
    const counts = packets.map((_, index) => traces.messages.filter(({ capture }) => capture === index).length)
    assert.deepEqual(new Set(counts), new Set([counts[0]]))
    const times = traces.messages.map(({ at }) => at)
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    )
    assert.equal(traces.messages.filter(({ body }) => body.kind === 'malformed').length, 0)
  })

  test('nanoseconds are cut to microseconds', async () => {
    const { bytes } = capture([a, b, binding, 0])
    const nanoseconds = Buffer.from(bytes)
    nanoseconds.writeUInt32LE(0xa1b23c4d, 0)
    nanoseconds.writeUInt32LE(123_456_789, 24 + 4)
    const { messages } = await readTrace({ name: 'nanoseconds', bytes: nanoseconds })
    assert.equal(messages[0]?.at, start + 123_456)
  })

  test('two calls are kept apart, and other traffic does not hide them', async () => {
    const other: Sent[] = Array.from({ length: 500 }, (_, i) => [
      { address: '192.0.2.77', port: 1000 + i },
      { address: '192.0.2.53', port: 53 },
      Uint8Array.of(i >> 8, i, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 101, 120, 97, 109, 112, 108, 101, 0),
      i,
    ])
    const second: Endpoint = { address: '2001:db8::9', port: 9 }
    const { messages, flows } = await readTrace(
      capture(...other, [a, b, binding, 600], [second, peer, binding, 601], [a, b, rtp(1), 602], ...other),
    )
    assert.deepEqual(
      messages.map(({ source }) => source),
      [a, second],
    )
    assert.equal(flows.filter(({ kind }) => kind === 'rtp').length, 1)
    assert.equal(flows.filter(({ kind }) => kind === 'other').length, 500)
  })

  test('packets cut by the capture are no malformed messages', async () => {
    const packet = { at: start, length: 500, data: encodeUdp({ source: a, destination: b, payload: binding }) }
    const cut = { ...packet, data: packet.data.subarray(0, -10) }
    const { messages, notes } = await readTrace({ name: 'cut', bytes: pcapFile(linkTypes.raw, [packet, cut]) })
    assert.equal(messages.length, 1)
    assert.deepEqual(notes, ['cut: 1 packets were cut by the capture, and not all of them could be read.'])
  })

  test('STUN whose lengths lie is malformed, and tells how', async () => {
    const lying = Uint8Array.from(binding)
    lying[3] = 200
    const { messages } = await readTrace(capture([a, b, lying, 0]))
    assert.deepEqual(messages[0]?.body, {
      kind: 'malformed',
      as: 'stun',
      reason: 'it claims 200 bytes behind its header, and has 8',
      length: 28,
    })
  })

  test('a key log that the capture carries is handed on', async () => {
    const { captures } = await readTrace({ name: 'keys', bytes: pcapngFile(linkTypes.raw, [], 'CLIENT_RANDOM 00 11') })
    assert.deepEqual(captures, [{ name: 'keys', format: 'pcapng', packets: 0, keyLog: 'CLIENT_RANDOM 00 11\n' }])
  })

  test('reading can be ended', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await assert.rejects(readTrace(capture([a, b, binding, 0]), { signal }), /enough/)
  })
})

describe('bad captures', () => {
  test('an empty file, another format and a torn packet are told, and what came before is kept', async () => {
    const whole = capture([a, b, binding, 0], [a, b, binding, 1])
    const torn = { name: 'torn', bytes: whole.bytes.subarray(0, -3) }
    const trace = await readTrace([{ name: 'empty', bytes: new Uint8Array() }, torn, whole])
    assert.deepEqual(
      trace.captures.map(({ fault }) => fault?.split(' ').slice(0, 3).join(' ')),
      ['empty file', 'torn packet 2', undefined],
    )
    assert.deepEqual(
      trace.messages.map(({ capture, packet }) => [capture, packet]),
      [
        [1, 1],
        [2, 1],
        [2, 2],
      ],
    )
  })

  test('messages beyond the bound are counted', async () => {
    const trace = await readTrace(capture([a, b, binding, 0], [a, b, binding, 1]), { messages: 1 })
    assert.equal(trace.messages.length, 1)
    assert.match(trace.notes.join(), /^1 messages beyond the first 1 were left out/)
  })

  test('a file that is not there is refused', async () => {
    await assert.rejects(readTrace('/nowhere/at-all.pcap'), { code: 'ENOENT' })
  })
})
