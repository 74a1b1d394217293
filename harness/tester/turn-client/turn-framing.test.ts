import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOfDraft, channelDataBytes, turnDraft, turnMethods } from './turn-draft.ts'
import { TurnFraming } from './turn-framing.ts'

const binding = bytesOfDraft(turnDraft('request', turnMethods.Binding, []))
const hello = channelDataBytes(0x4001, Buffer.from('hello'), true)

test('messages are cut however the stream comes in pieces', () => {
  const stream = Buffer.concat([binding, hello, hello, binding])
  for (const size of [1, 3, 7, stream.length]) {
    const framing = new TurnFraming()
    const found: string[] = []
    for (let at = 0; at < stream.length; at += size) {
      found.push(...framing.push(stream.subarray(at, at + size)).map((bytes) => Buffer.from(bytes).toString('hex')))
    }
    const wanted = [binding, hello, hello, binding].map((bytes) => Buffer.from(bytes).toString('hex'))
    assert.deepEqual(found, wanted, `in pieces of ${size}`)
  }
})

test('ChannelData is padded over TCP, and its length is that of the data (RFC 8656 §12.5)', () => {
  assert.equal(Buffer.from(hello).toString('hex'), '4001000568656c6c6f000000')
  assert.equal(Buffer.from(channelDataBytes(0x4001, Buffer.from('hello'), false)).toString('hex'), '4001000568656c6c6f')
})

test('a stream that is neither STUN nor ChannelData is told with its first bytes', () => {
  assert.throws(() => new TurnFraming().push(Buffer.from('SSH-2.0-')), /5353482d/)
})
