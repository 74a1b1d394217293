import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CapturedPacket, InterfacePacket } from '../captured-packet.ts'
import { CaptureReader } from './capture-reader.ts'
import { pcapFile } from './pcap-writer.ts'
import { PcapngReader } from './pcapng-reader.ts'
import { pcapngFile } from './pcapng-writer.ts'

const packets: CapturedPacket[] = [
  { at: 1_700_000_000_000_001, length: 4, data: Uint8Array.of(1, 2, 3, 4) },
  { at: 1_700_000_000_999_999, length: 0, data: new Uint8Array(0) },
  { at: 1_700_000_001_500_000, length: 70_000, data: new Uint8Array(60_001).fill(7) },
]
const file = pcapngFile(101, packets, 'CLIENT_RANDOM 00 11')

/** Blocks of either byte order, as others may write them. */
const writer = (little: boolean) => {
  const u16 = (value: number) => {
    const bytes = Buffer.alloc(2)
    little ? bytes.writeUInt16LE(value) : bytes.writeUInt16BE(value)
    return bytes
  }
  const u32 = (...values: number[]) =>
    Buffer.concat(
      values.map((value) => {
        const bytes = Buffer.alloc(4)
        little ? bytes.writeUInt32LE(value) : bytes.writeUInt32BE(value)
        return bytes
      }),
    )
  const block = (type: number, ...parts: Uint8Array[]) => {
    const body = Buffer.concat(parts)
    const padding = Buffer.alloc(-body.length & 3)
    const length = 12 + body.length + padding.length
    return Buffer.concat([u32(type, length), body, padding, u32(length)])
  }
  const section = () => block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff, 0xffffffff))
  const option = (code: number, value: Uint8Array) =>
    Buffer.concat([u16(code), u16(value.length), value, Buffer.alloc(-value.length & 3)])
  const description = (linkType: number, resolution?: number, offset?: number) => {
    const options: Uint8Array[] = []
    if (resolution !== undefined) options.push(option(9, Uint8Array.of(resolution)))
    if (offset !== undefined) options.push(option(14, little ? u32(offset, 0) : u32(0, offset)))
    return block(1, u16(linkType), u16(0), u32(0), ...options, u32(0))
  }
  const packet = (on: number, at: bigint, ...data: number[]) =>
    block(6, u32(on, Number(at >> 32n), Number(at & 0xffffffffn), data.length, data.length), Uint8Array.from(data))
  return { u16, u32, block, section, description, packet }
}

function read(bytes: Uint8Array, chunkSize = bytes.length) {
  const reader = new CaptureReader()
  const found: InterfacePacket[] = []
  for (let i = 0; i < bytes.length; i += chunkSize) found.push(...reader.push(bytes.subarray(i, i + chunkSize)))
  return { reader, fault: reader.end(), found: found.map(plain) }
}
const plain = ({ at, length, data, linkType }: InterfacePacket) => ({
  at,
  length,
  data: Buffer.from(data).toString('hex'),
  linkType,
})

describe('files that are whole', () => {
  test('what was written is read again, however the file is cut into chunks', () => {
    for (const chunkSize of [1, 3, 11, 12, 13, 31, 1000, 65_536, file.length]) {
      const { reader, fault, found } = read(file, chunkSize)
      assert.deepEqual(
        found,
        packets.map((packet) => plain({ ...packet, linkType: 101 })),
        `chunks of ${chunkSize}`,
      )
      assert.equal(fault, undefined)
      assert.equal(reader.format, 'pcapng')
      const [secrets] = reader.secrets
      assert.equal(secrets?.type, 0x544c534b)
      assert.equal(Buffer.from(secrets?.data ?? []).toString(), 'CLIENT_RANDOM 00 11\n')
    }
  })

  for (const little of [true, false]) {
    test(`several interfaces, resolutions and blocks nobody knows; the ${little ? 'little' : 'big'} end first`, () => {
      const { block, description, packet, section, u16, u32 } = writer(little)
      const bytes = Buffer.concat([
        section(),
        description(1),
        description(101, 9),
        description(113, 3),
        description(276, 0x80 | 20, 1000),
        block(0x0bad, Buffer.alloc(3_000_001)), // more than is held of a block
        block(5, u32(0, 0, 0)), // interface statistics
        packet(0, 1_700_000_000_123_456n, 1),
        packet(1, 1_700_000_000_123_456_789n, 2, 2),
        packet(2, 1_700_000_000_123n, 3),
        packet(3, 1_700_000_000n << 20n, 4),
        block(3, u32(9), Uint8Array.of(5, 5, 5)), // simple: captured as far as the block goes
        block(2, u16(1), u16(0), u32(0, 1_000_000, 1, 1), Uint8Array.of(6)),
        packet(9, 0n, 7),
      ])
      const { found, fault } = read(bytes, 1000)
      assert.equal(fault, undefined)
      assert.deepEqual(
        found.map(({ at, data, linkType }) => [at, data, linkType]),
        [
          [1_700_000_000_123_456, '01', 1],
          [1_700_000_000_123_456, '0202', 101],
          [1_700_000_000_123_000, '03', 113],
          [1_700_001_000_000_000, '04', 276],
          [1_700_001_000_000_000, '05050500', 1],
          [1_000, '06', 101],
          [1_000, '07', -1],
        ],
      )
    })
  }

  test('a section forgets the interfaces and the byte order of the one before it', () => {
    const parts = [true, false].map((little, index) => {
      const { description, packet, section } = writer(little)
      return Buffer.concat([section(), description(index === 0 ? 1 : 101), packet(0, 5n, index)])
    })
    const { found, fault } = read(Buffer.concat([...parts, ...parts]), 7)
    assert.equal(fault, undefined)
    assert.deepEqual(
      found.map(({ linkType, data }) => [linkType, data]),
      [
        [1, '00'],
        [101, '01'],
        [1, '00'],
        [101, '01'],
      ],
    )
  })

  test('classic files are told by their first bytes', () => {
    const { reader, found } = read(pcapFile(1, packets), 3)
    assert.equal(reader.format, 'pcap')
    assert.deepEqual(
      found,
      packets.map((packet) => plain({ ...packet, linkType: 1 })),
    )
  })
})

describe('files that are not', () => {
  test('a torn last block is noticed at every byte, and the packets before it are kept', () => {
    const lastAt = file.length - 60_004 - 32
    for (const end of [lastAt + 1, lastAt + 12, lastAt + 30, file.length - 1]) {
      const { fault, found } = read(file.subarray(0, end), 5000)
      assert.equal(found.length, 2)
      assert.match(fault ?? '', new RegExp(`^torn block 6 at byte ${lastAt}: ${end - lastAt} of \\d+ bytes`))
    }
    assert.equal(read(file.subarray(0, lastAt)).fault, undefined)
  })

  test('empty, too short, something else', () => {
    assert.equal(read(new Uint8Array(0), 1).fault, 'empty file')
    assert.match(read(Uint8Array.of(1, 2)).fault ?? '', /^torn file header: 2 of 24 bytes/)
    assert.match(read(file.subarray(0, 9)).fault ?? '', /^torn section header: 9 bytes/)
    assert.match(read(Buffer.from('this is not a capture')).fault ?? '', /^torn file header|^not a classic pcap/)
    const reader = new PcapngReader()
    reader.push(Buffer.from('this is not a capture'))
    assert.match(reader.end() ?? '', /^not a pcapng file/)
  })

  test('lengths that lie end the reading and take no memory', () => {
    const { block, description, section, u32 } = writer(true)
    const begun = Buffer.concat([section(), description(1)])
    const lies: [Uint8Array, RegExp][] = [
      [u32(6, 0xfffffffc, 0), /^block 3 at byte 52 claims 4294967292 bytes/],
      [u32(6, 13, 0, 0), /claims 13 bytes/],
      [u32(6, 12, 0), /claims 12 bytes/],
      [block(6, u32(0, 0, 0, 99, 99), Uint8Array.of(1)), /^packet 1 claims 99 bytes in a block of 36/],
      [Buffer.concat([block(5, u32(0, 0, 0)), block(6, u32(0, 0, 0, 0, 0)).fill(0, 28)]), /ends with another length/],
      [Buffer.concat([u32(0x0a0d0d0a, 28, 7)]), /byte-order magic is 0x7/],
    ]
    for (const [bytes, expected] of lies) assert.match(read(Buffer.concat([begun, bytes]), 9).fault ?? '', expected)
  })

  test('mutated files never throw', () => {
    const small = Buffer.concat([file.subarray(0, file.length - 60_036), writer(false).section()])
    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from(small)
      for (let i = 0; i < 3; i++) bytes[Math.floor(Math.random() * bytes.length)] = Math.floor(Math.random() * 256)
      read(bytes, 1 + (round % 40))
    }
  })
})
