import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { CapturedPacket } from '../captured-packet.ts'
import { PcapReader } from './pcap-reader.ts'
import { pcapFile } from './pcap-writer.ts'

const packets: CapturedPacket[] = [
  { at: 1_700_000_000_000_001, length: 4, data: Uint8Array.of(1, 2, 3, 4) },
  { at: 1_700_000_000_999_999, length: 0, data: new Uint8Array(0) },
  { at: 1_700_000_001_500_000, length: 70_000, data: new Uint8Array(60_000).fill(7) },
]
const file = pcapFile(101, packets)

function read(bytes: Uint8Array, chunkSize = bytes.length) {
  const reader = new PcapReader()
  const found: CapturedPacket[] = []
  for (let i = 0; i < bytes.length; i += chunkSize) found.push(...reader.push(bytes.subarray(i, i + chunkSize)))
  return { reader, fault: reader.end(), found: found.map(plain) }
}

function plain({ at, length, data }: CapturedPacket) {
  return { at, length, data: Buffer.from(data).toString('hex') }
}

test('what was written is read again, however the file is cut into chunks', () => {
  for (const chunkSize of [1, 2, 15, 16, 17, 24, 1000, 65_536, file.length]) {
    const { reader, fault, found } = read(file, chunkSize)
    assert.deepEqual(found, packets.map(plain), `chunks of ${chunkSize}`)
    assert.equal(fault, undefined)
    assert.equal(reader.offset, file.length)
    assert.deepEqual(reader.header, {
      linkType: 101,
      snapLength: 262_144,
      resolution: 'microseconds',
      endianness: 'little',
    })
  }
})

test('packets of earlier chunks stay as they were when later chunks come', () => {
  const reader = new PcapReader()
  const found: CapturedPacket[] = []
  for (const byte of file) found.push(...reader.push(Uint8Array.of(byte)))
  assert.deepEqual(found.map(plain), packets.map(plain))
})

for (const endianness of ['little', 'big'] as const) {
  for (const resolution of ['microseconds', 'nanoseconds'] as const) {
    test(`a file of ${resolution} with the ${endianness} end first is read`, () => {
      const bytes = Buffer.alloc(24 + 16 + 2)
      const put = (value: number, at: number) =>
        endianness === 'little' ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at)
      put(resolution === 'microseconds' ? 0xa1b2c3d4 : 0xa1b23c4d, 0)
      put(65_535, 16)
      put(1, 20)
      put(1_700_000_000, 24)
      put(resolution === 'microseconds' ? 123_456 : 123_456_789, 28)
      put(2, 32)
      put(60, 36)
      bytes.writeUInt16BE(0xbeef, 40)
      const { reader, fault, found } = read(bytes)
      assert.equal(fault, undefined)
      assert.deepEqual(reader.header, { linkType: 1, snapLength: 65_535, resolution, endianness })
      assert.deepEqual(found, [{ at: 1_700_000_000_123_456, length: 60, data: 'beef' }])
    })
  }
}

test('a torn last packet is noticed at every byte, and the packets before it are kept', () => {
  const lastAt = file.length - 16 - 60_000
  for (const end of [lastAt + 1, lastAt + 15, lastAt + 16, lastAt + 17, file.length - 1]) {
    const { fault, found } = read(file.subarray(0, end))
    assert.equal(found.length, 2)
    assert.match(fault ?? '', new RegExp(`^torn packet 3 at byte ${lastAt}: ${end - lastAt} of \\d+ bytes`))
  }
  assert.equal(read(file.subarray(0, lastAt)).fault, undefined)
})

test('an empty file, a torn header and another format are told apart', () => {
  assert.equal(read(new Uint8Array(0), 1).fault, 'empty file')
  assert.equal(read(file.subarray(0, 23)).fault, 'torn file header: 23 of 24 bytes')
  assert.match(read(Buffer.from('this is not a capture at all')).fault ?? '', /^not a classic pcap file/)
  assert.match(read(Buffer.from(`0a0d0d0a${'00'.repeat(28)}`, 'hex')).fault ?? '', /this is pcapng/)
})

test('a length that lies ends the reading and takes no memory', () => {
  const lying = Buffer.from(file)
  lying.writeUInt32LE(0xffffffff, 24 + 8)
  const { reader, fault, found } = read(lying, 7)
  assert.equal(found.length, 0)
  assert.match(fault ?? '', /^packet 1 at byte 24 claims 4294967295 bytes/)
  assert.deepEqual(reader.push(file), [])
})

test('mutated files never throw', () => {
  const small = pcapFile(1, packets.slice(0, 2))
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from(small)
    for (let i = 0; i < 3; i++) bytes[Math.floor(Math.random() * bytes.length)] = Math.floor(Math.random() * 256)
    read(bytes, 1 + (round % 40))
  }
})

test('pcap-parser reads what was written', async () => {
  interface Parser {
    on(event: 'packet', listener: (packet: { header: Record<string, number>; data: Buffer }) => void): Parser
    on(event: 'end', listener: () => void): Parser
    on(event: 'error', listener: (error: Error) => void): Parser
  }
  const { parse } = createRequire(import.meta.url)('pcap-parser') as { parse(stream: Readable): Parser }
  const found: ReturnType<typeof plain>[] = []
  await new Promise<void>((resolve, reject) => {
    parse(Readable.from([Buffer.from(file)]))
      .on('packet', ({ header, data }) => {
        const { timestampSeconds = 0, timestampMicroseconds = 0, originalLength = 0 } = header
        found.push(plain({ at: timestampSeconds * 1e6 + timestampMicroseconds, length: originalLength, data }))
      })
      .on('end', resolve)
      .on('error', reject)
  })
  assert.deepEqual(found, packets.map(plain))
})
