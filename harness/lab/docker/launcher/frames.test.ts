import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFrame, FrameReader } from './frames.ts'

test('frames come out as they went in, however their bytes are cut', () => {
  const bytes = Buffer.concat([encodeFrame('O', 7, 'größe'), encodeFrame('X', 4_000_000_000), encodeFrame('R', 7, 'b')])
  for (const size of [1, 2, 8, 9, 10, bytes.length]) {
    const reader = new FrameReader()
    const frames = []
    for (let at = 0; at < bytes.length; at += size) frames.push(...reader.read(bytes.subarray(at, at + size)))
    assert.deepEqual(
      frames.map(({ kind, probe, payload }) => [kind, probe, payload.toString()]),
      [
        ['O', 7, 'größe'],
        ['X', 4_000_000_000, ''],
        ['R', 7, 'b'],
      ],
    )
  }
})
