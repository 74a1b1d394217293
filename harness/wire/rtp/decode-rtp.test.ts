import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { demultiplex, isRtcp } from '../demultiplex.ts'
import { sampleRtcp, sampleRtp } from '../testing/sample-messages.ts'
import type { MalformedMessage } from '../trace/trace.ts'
import { decodeRtcp } from './decode-rtcp.ts'
import { decodeRtp } from './decode-rtp.ts'

describe('RTP', () => {
  test('a header with all that it can have', () => {
    assert.deepEqual(decodeRtp(sampleRtp({ sequence: 7, ssrc: 9, payload: 20, csrcs: 2, extension: true })), {
      kind: 'rtp',
      payloadType: 111,
      marker: false,
      sequence: 7,
      timestamp: 6720,
      ssrc: 9,
      csrcs: [0x05050505, 0x05050505],
      extension: { profile: 0xbede, length: 4 },
      padding: false,
      payloadLength: 20,
    })
    const marked = decodeRtp(Uint8Array.of(0xa0, 0x80 | 96, ...new Uint8Array(10)))
    assert.ok(marked.kind === 'rtp' && marked.marker && marked.padding && marked.payloadType === 96)
  })

  test('of a packet that the capture cut the whole length counts', () => {
    const cut = decodeRtp(sampleRtp({ payload: 100 }).subarray(0, 30), 112)
    assert.ok(cut.kind === 'rtp' && cut.payloadLength === 100)
  })

  test('what cannot be one is told', () => {
    const whole = sampleRtp({ payload: 0, csrcs: 2, extension: true })
    const reason = (bytes: Uint8Array) => (decodeRtp(bytes) as MalformedMessage).reason
    assert.match(reason(whole.subarray(0, 11)), /^11 bytes are no header/)
    assert.match(reason(whole.subarray(0, 15)), /^2 contributing sources do not fit/)
    assert.match(reason(whole.subarray(0, 22)), /^its header extension has no room/)
    assert.match(reason(whole.subarray(0, 25)), /^its header extension of 4 bytes reaches behind it/)
    assert.match(reason(whole.fill(0x40, 0, 1)), /^its version is 1/)
  })
})

describe('RTCP', () => {
  const types = (bytes: Uint8Array) =>
    decodeRtcp(bytes).map((one) => (one.kind === 'rtcp' ? one.packetType : one.reason))
  const [report, feedback, encrypted] = sampleRtcp(5) as [Uint8Array, Uint8Array, Uint8Array]

  test('compounds, and of SRTCP the first packet', () => {
    assert.deepEqual(types(report), [200, 202])
    assert.deepEqual(types(feedback), [201, 206])
    assert.deepEqual(types(encrypted), [200])
    assert.deepEqual(decodeRtcp(report)[0], { kind: 'rtcp', packetType: 200, count: 0, length: 28, ssrc: 5 })
  })

  test('lengths that lie', () => {
    assert.deepEqual(types(report.subarray(0, 20)), ['it claims 28 bytes, and has 20'])
    assert.deepEqual(types(report.subarray(0, 3)), ['3 bytes are no RTCP header'])
  })
})

test('the first byte tells the protocol (RFC 7983), the second RTCP from RTP (RFC 5761)', () => {
  const kinds = [0, 3, 4, 16, 19, 20, 63, 64, 79, 80, 127, 128, 191, 192].map((byte) =>
    demultiplex(Uint8Array.of(byte)),
  )
  assert.deepEqual(
    kinds.join(' '),
    ['stun stun unknown zrtp zrtp dtls dtls channel-data channel-data', 'quic quic rtp rtp quic'].join(' '),
  )
  assert.equal(demultiplex(new Uint8Array(0)), 'unknown')
  assert.deepEqual(
    [191, 192, 223, 224].map((byte) => isRtcp(Uint8Array.of(0x80, byte))),
    [false, true, true, false],
  )
})
