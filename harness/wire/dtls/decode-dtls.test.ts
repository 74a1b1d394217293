import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sampleDtls } from '../testing/sample-messages.ts'
import type { DtlsHandshake, DtlsRecord, MalformedMessage } from '../trace/trace.ts'
import { decodeDtls, looksLikeDtls } from './decode-dtls.ts'
import { HelloFragments } from './hello-fragments.ts'

const read = (bytes: Uint8Array) => decodeDtls(bytes).map(({ record }) => record)
const one = (bytes: Uint8Array) => read(bytes)[0] as DtlsRecord
const handshakeOf = (bytes: Uint8Array) => one(bytes).handshake?.[0] as DtlsHandshake
const faultOf = (bytes: Uint8Array) => (read(bytes).at(-1) as MalformedMessage).reason
const [hello, verify, second, serverFlight, alert, changed, data] = sampleDtls() as [Uint8Array, ...Uint8Array[]]

describe('records of DTLS 1.2', () => {
  test('a client_hello with what it offers', () => {
    assert.ok(looksLikeDtls(hello))
    const { contentType, version, epoch, sequence } = one(hello)
    assert.deepEqual([contentType, version, epoch, sequence], [22, 0xfeff, 0, 0])
    const { type, hello: said } = handshakeOf(hello)
    assert.equal(type, 1)
    assert.match(said?.random ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual(
      { ...said, random: '' },
      {
        version: 0xfefd,
        random: '',
        cipherSuites: [0xc02b, 0xc02f],
        extensions: [10, 13, 14, 23],
        srtpProfiles: [7, 1],
      },
    )
    assert.equal(handshakeOf(second as Uint8Array).hello?.cipherSuites.length, 2)
  })

  test('several records in a datagram, and a fragment of a message', () => {
    const [first, second] = read(serverFlight as Uint8Array) as [DtlsRecord, DtlsRecord]
    const [certificate] = second.handshake as DtlsHandshake[]
    assert.deepEqual(first.handshake?.[0]?.hello?.cipherSuites, [0xc02b])
    assert.deepEqual(first.handshake?.[0]?.hello?.srtpProfiles, [7])
    const { type, length, fragmentOffset, fragmentLength } = certificate as DtlsHandshake
    assert.deepEqual([type, length, fragmentOffset, fragmentLength], [11, 906, 0, 500])
    assert.deepEqual(
      decodeDtls(serverFlight as Uint8Array).map(({ end }) => end),
      [13 + first.length, serverFlight?.length],
    )
  })

  test('a hello in fragments is told with its last', () => {
    const piece = (from: number, to: number) => {
      const body = hello.subarray(25)
      const head = [...hello.subarray(0, 11), 0, 12 + to - from, ...hello.subarray(13, 19), 0, 0, from, 0, 0, to - from]
      return Uint8Array.of(...head, ...body.subarray(from, to))
    }
    const end = hello.length - 25
    const hellos = new HelloFragments()
    const told = (...pieces: Uint8Array[]) =>
      pieces.flatMap((bytes) =>
        decodeDtls(bytes, { hellos }).map(({ record }) => (record as DtlsRecord).handshake?.[0]?.hello),
      )
    const whole = handshakeOf(hello).hello
    assert.deepEqual(told(piece(0, 40), piece(40, end)), [undefined, whole])
    assert.deepEqual(told(piece(0, 40), piece(41, end), piece(0, 30), piece(30, end)), [
      undefined,
      undefined,
      undefined,
      whole,
    ])
  })

  test('an alert; what is encrypted is not read', () => {
    assert.equal(handshakeOf(verify as Uint8Array).type, 3)
    assert.deepEqual(one(alert as Uint8Array).alert, { level: 2, description: 40 })
    const [ccs, finished] = read(changed as Uint8Array) as DtlsRecord[]
    assert.deepEqual([ccs?.contentType, finished?.contentType, finished?.epoch], [20, 22, 1])
    assert.equal(finished?.handshake, undefined)
    assert.equal(one(data as Uint8Array).sequence, 0x01020304)
  })
})

describe('records of DTLS 1.3', () => {
  test('the encrypted header in each of its forms', () => {
    const forms: [number[], Partial<DtlsRecord>][] = [
      [[0b00101110, 1, 2, 0, 3, 7, 7, 7], { epoch: 2, sequence: 0x0102, length: 3 }],
      [[0b00100111, 9, 0, 2, 7, 7], { epoch: 3, sequence: 9, length: 2 }],
      [[0b00100011, 9, 7, 7], { epoch: 3, sequence: 9, length: 2 }],
      [[0b00111111, 9, 7, 7], { epoch: 3, sequence: 0, length: 3 }], // with a connection identifier: of unknown length
    ]
    for (const [bytes, expected] of forms) {
      assert.deepEqual(read(Uint8Array.from(bytes)), [{ kind: 'dtls', contentType: 'unified', ...expected }])
    }
    assert.equal(read(Uint8Array.of(0b00100111, 1, 0, 1, 7, 0b00100111, 2, 0, 1, 7)).length, 2)
  })
})

describe('records that lie', () => {
  const changedAt = (bytes: Uint8Array, at: number, value: number) => {
    const copy = Uint8Array.from(bytes)
    copy[at] = value
    return copy
  }

  test('each is told by its reason', () => {
    assert.match(faultOf(changedAt(hello, 11, 9)), /^a record claims \d+ bytes, and has \d+$/)
    assert.match(faultOf(hello.subarray(0, 12)), /^12 bytes are no record header$/)
    assert.match(faultOf(changedAt(hello, 1, 3)), /^0x03ff is no version of DTLS$/)
    assert.match(faultOf(changedAt(hello, 0, 27)), /^27 is no content type$/)
    assert.match(faultOf(changedAt(hello, 22, 200)), /^a handshake fragment claims 13107\d+ bytes/)
    assert.match(faultOf(Uint8Array.of(0b00100111, 1, 9, 9)), /^a record claims 2313 bytes, and has 0$/)
    assert.match(faultOf(Uint8Array.of(0b00101000, 1)), /^its sequence number has no room$/)
  })

  test('a hello whose lengths lie is a handshake message without one', () => {
    for (const at of [13 + 12 + 34, 13 + 12 + 36, 13 + 12 + 44]) {
      assert.equal(handshakeOf(changedAt(hello, at, 255)).hello, undefined, `byte ${at}`)
    }
  })
})
