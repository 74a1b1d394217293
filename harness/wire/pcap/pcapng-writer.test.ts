import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CapturedPacket } from '../captured-packet.ts'
import { TcpSynthesizer } from '../tcp/tcp-synthesizer.ts'
import { noTshark, tsharkFields } from '../testing/tshark.ts'
import { pcapFile } from './pcap-writer.ts'
import { pcapngFile, pcapngHeader, pcapngPacket } from './pcapng-writer.ts'

const packets: CapturedPacket[] = []
const connection = new TcpSynthesizer({
  client: { address: '192.0.2.1', port: 40_000 },
  server: { address: '192.0.2.2', port: 5222 },
  emit: (packet) => packets.push(packet),
})
connection.open(1_700_000_000_000_001)
connection.data('client', Buffer.from('abc'), 1_700_000_000_999_999)
connection.finish('client', 4_200_000_000_123_456)

const keyLog = ['CLIENT_RANDOM 00 11', 'CLIENT_RANDOM 22 33\n']

test('every block tells its length twice and is a multiple of four bytes', () => {
  const file = Buffer.from(pcapngFile(101, packets, keyLog))
  const types: number[] = []
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4)
    types.push(file.readUInt32LE(at))
    assert.equal(length % 4, 0)
    assert.equal(file.readUInt32LE(at + length - 4), length)
    at += length
  }
  assert.deepEqual(types, [0x0a0d0d0a, 1, 10, ...packets.map(() => 6)])
})

test('the secrets block holds the lines of the key log, each with one newline', () => {
  const header = Buffer.from(pcapngHeader(1, keyLog))
  const text = 'CLIENT_RANDOM 00 11\nCLIENT_RANDOM 22 33\n'
  const secrets = header.subarray(header.indexOf(text) - 16)
  assert.equal(secrets.readUInt32LE(0), 10)
  assert.equal(secrets.readUInt32LE(8), 0x544c534b)
  assert.equal(secrets.readUInt32LE(12), text.length)
})

test('without secrets there is no secrets block', () => {
  assert.deepEqual(pcapngFile(1, [], ' \n'), pcapngHeader(1))
})

test('a file is its header and its packets one after the other', () => {
  const parts = Buffer.concat([pcapngHeader(101, keyLog), ...packets.map(pcapngPacket)])
  assert.deepEqual(Buffer.from(pcapngFile(101, packets, keyLog)), parts)
})

test('tshark reads the same packets from pcap and pcapng', { skip: noTshark }, () => {
  const fields = ['frame.time_epoch', 'frame.len', 'frame.cap_len', 'tcp.seq_raw', 'tcp.flags']
  const rows = tsharkFields(pcapngFile(101, packets), fields)
  assert.equal(rows.length, packets.length)
  assert.equal(rows[0]?.[0], '1700000000.000001000')
  assert.deepEqual(rows, tsharkFields(pcapFile(101, packets), fields))
})
