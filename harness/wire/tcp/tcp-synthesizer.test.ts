import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CapturedPacket } from '../captured-packet.ts'
import { linkTypes } from '../link-type.ts'
import { pcapFile } from '../pcap/pcap-writer.ts'
import { noTshark, tshark, tsharkComplaints, tsharkFields } from '../testing/tshark.ts'
import { decodeTcp, tcpFlags } from './decode-tcp.ts'
import { type TcpSide, TcpSynthesizer, type TcpSynthesizerOptions } from './tcp-synthesizer.ts'

const v4 = { client: { address: '127.0.0.1', port: 40_000 }, server: { address: '127.0.0.1', port: 5222 } }
const v6 = { client: { address: '2001:db8::1', port: 40_001 }, server: { address: '2001:db8::2', port: 5222 } }

function conversation(options: Omit<TcpSynthesizerOptions, 'emit'>, end: 'finish' | 'reset' = 'finish') {
  const packets: CapturedPacket[] = []
  const tcp = new TcpSynthesizer({ ...options, emit: (packet) => packets.push(packet) })
  let at = 1_700_000_000_000_000
  const tick = () => {
    at += 10
    return at
  }
  tcp.open(at)
  tcp.data('client', Buffer.from('<stream>'), tick())
  tcp.data('server', Buffer.alloc(200_001, 'ä'), tick())
  tcp.data('client', Buffer.from('x'), tick())
  tcp.data('client', new Uint8Array(0), tick())
  tcp.data('client', Buffer.alloc(1460, 'y'), tick())
  if (end === 'reset') {
    tcp.reset('client', tick())
  } else {
    tcp.finish('server', tick())
    tcp.data('client', Buffer.from('after the other end'), tick())
    tcp.finish('client', tick())
  }
  // Nothing comes behind the end.
  tcp.data('client', Buffer.from('late'), at)
  tcp.finish('server', at)
  tcp.reset('server', at)
  return packets
}

function segments(packets: CapturedPacket[], linkType: number = linkTypes.raw) {
  return packets.map((packet) => {
    const segment = decodeTcp(linkType, packet.data)
    assert.ok(segment)
    return segment
  })
}

function bytesFrom(side: TcpSide, packets: CapturedPacket[]): string {
  const sent = segments(packets).filter((segment) => (segment.source.port === 5222) === (side === 'server'))
  return Buffer.concat(sent.map((segment) => segment.payload)).toString()
}

test('a connection has a handshake, segments of at most 1460 bytes and an end', () => {
  const packets = conversation(v4)
  const flags = segments(packets).map((segment) => segment.flags)
  const { syn, ack, fin } = tcpFlags
  assert.deepEqual(flags.slice(0, 3), [syn, syn | ack, ack])
  assert.deepEqual(flags.slice(-2), [fin | ack, ack])
  assert.ok(segments(packets).every((segment) => segment.payloadLength <= 1460))
  assert.equal(bytesFrom('client', packets), `<stream>x${'y'.repeat(1460)}after the other end`)
  assert.equal(bytesFrom('server', packets), Buffer.alloc(200_001, 'ä').toString())
})

test('an aborted connection ends with one RST', () => {
  const flags = segments(conversation(v4, 'reset')).map((segment) => segment.flags)
  assert.equal(flags.at(-1), tcpFlags.rst | tcpFlags.ack)
  assert.equal(flags.filter((bits) => bits & tcpFlags.rst).length, 1)
})

test('addresses of two families are refused', () => {
  assert.throws(() => conversation({ client: v4.client, server: v6.server }), TypeError)
})

const worlds: [string, Omit<TcpSynthesizerOptions, 'emit'>][] = [
  ['raw IPv4', v4],
  ['raw IPv6', v6],
  ['IPv4 on Ethernet', { ...v4, linkType: linkTypes.ethernet }],
  ['IPv6 on Ethernet', { ...v6, linkType: linkTypes.ethernet }],
  ['sequence numbers that wrap', { ...v4, initialSequence: { client: 0xfffffffa, server: 0xffff0000 } }],
  ['segments of 100 bytes', { ...v4, segmentSize: 100 }],
]
for (const [name, options] of worlds) {
  for (const end of ['finish', 'reset'] as const) {
    test(`tshark finds nothing wrong with ${name}, ended by ${end}`, { skip: noTshark }, () => {
      const file = pcapFile(options.linkType ?? linkTypes.raw, conversation(options, end))
      assert.deepEqual(tsharkComplaints(file), [])
    })
  }

  test(`tshark reads the same fields from ${name}`, { skip: noTshark }, () => {
    const linkType = options.linkType ?? linkTypes.raw
    const packets = conversation(options)
    assert.deepEqual(ownFields(linkType, packets), tsharkTcpFields(linkType, packets))
  })
}

test('what tshark is asked to complain about, it does complain about', { skip: noTshark }, () => {
  const packets = conversation(v4)
  const corrupted = packets.map((packet, index) => {
    return index === 5 ? { ...packet, data: Uint8Array.from(packet.data).fill(0, -1) } : packet
  })
  assert.equal(tsharkComplaints(pcapFile(linkTypes.raw, corrupted)).length, 1)
  const withAGap = packets.filter((_, index) => index !== 5)
  assert.notEqual(tsharkComplaints(pcapFile(linkTypes.raw, withAGap)).length, 0)
})

test('tshark puts the same streams together', { skip: noTshark }, () => {
  const packets = conversation(v4)
  const followed = tshark(pcapFile(linkTypes.raw, packets), ['-q', '-z', 'follow,tcp,raw,0']).split('\n')
  const of = (side: TcpSide) =>
    Buffer.from(
      followed
        .filter((line) => /^\t?[0-9a-f]+$/.test(line) && line.startsWith('\t') === (side === 'server'))
        .join('')
        .replaceAll('\t', ''),
      'hex',
    ).toString()
  for (const side of ['client', 'server'] as const) assert.equal(of(side), bytesFrom(side, packets))
})

test('tshark and the decoder agree on every link type', { skip: noTshark }, () => {
  const header = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const links: [number, Record<4 | 6, Buffer>][] = [
    [
      linkTypes.linuxSll,
      { 4: header('0000 0304 0006 000000000000 0000 0800'), 6: header('0000 0304 0006 000000000000 0000 86dd') },
    ],
    [
      linkTypes.linuxSll2,
      {
        4: header('0800 0000 00000001 0304 00 06 0000000000000000'),
        6: header('86dd 0000 00000001 0304 00 06 0000000000000000'),
      },
    ],
    [linkTypes.null, { 4: header('02000000'), 6: header('1e000000') }],
    [linkTypes.loop, { 4: header('00000002'), 6: header('0000001e') }],
    [
      linkTypes.ethernet,
      {
        4: header('020000000002 020000000001 88a8 0001 8100 0002 0800'),
        6: header('020000000002 020000000001 8100 0002 86dd'),
      },
    ],
  ]
  for (const [linkType, headers] of links) {
    const packets = [v4, v6].flatMap((world, index) =>
      conversation(world).map(({ at, data }) => {
        const framed = Buffer.concat([headers[index === 0 ? 4 : 6], data])
        return { at, length: framed.length, data: framed }
      }),
    )
    assert.deepEqual(ownFields(linkType, packets), tsharkTcpFields(linkType, packets), `link type ${linkType}`)
  }
})

function ownFields(linkType: number, packets: CapturedPacket[]): string[][] {
  return segments(packets, linkType).map((segment) => {
    const { source, destination, sequence, acknowledgment, flags, window, payloadLength } = segment
    const numbers = [source.port, destination.port, sequence, acknowledgment, flags, window, payloadLength]
    return [source.address, destination.address, ...numbers.map(String)]
  })
}

function tsharkTcpFields(linkType: number, packets: CapturedPacket[]): string[][] {
  const names = ['srcport', 'dstport', 'seq_raw', 'ack_raw', 'flags', 'window_size_value', 'len']
  const addresses = ['ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst']
  const rows = tsharkFields(pcapFile(linkType, packets), [...addresses, ...names.map((name) => `tcp.${name}`)])
  return rows.map(([source4, source6, destination4, destination6, ...rest]) => {
    return [source4 || source6 || '', destination4 || destination6 || '', ...rest.map((value) => String(Number(value)))]
  })
}
