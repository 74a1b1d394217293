import { randomBytes } from 'node:crypto'
import type { Endpoint } from '../ip/address.ts'
import { encodeStun, errorCodeValue, type StunField, xorAddressValue } from '../stun/encode-stun.ts'
import type { StunClass } from '../stun/stun-message.ts'
import { stunAttributes as type } from '../stun/stun-names.ts'

const key = Buffer.from('a password of twenty-two', 'utf8')
const peer: Endpoint = { address: '203.0.113.7', port: 40_123 }
const peer6: Endpoint = { address: '2001:db8::7', port: 40_123 }

const u16 = (...values: number[]) => Buffer.concat(values.map((value) => Uint8Array.of(value >> 8, value)))
const u24 = (value: number) => Uint8Array.of(value >> 16, value >> 8, value)
const u32 = (value: number) => Uint8Array.of(value >>> 24, value >> 16, value >> 8, value)

const stun = (kind: StunClass, method: number, fields: (id: Uint8Array) => StunField[], integrity = true) => {
  const transactionId = randomBytes(12)
  return encodeStun({ class: kind, method, transactionId, fields: fields(transactionId), ...(integrity && { key }) })
}
const tieBreaker = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const check = (role: number): StunField[] => [
  { type: type.USERNAME, value: 'peer:mine' },
  { type: type.PRIORITY, value: 0x7e0000ff },
  { type: role, value: tieBreaker },
  { type: type.SOFTWARE, value: 'sample' },
  { type: type.NETWORK_COST, value: 0x0001000a },
]

/** STUN and TURN as a call of each kind has it: all with a magic cookie. */
export const sampleStun = (): Uint8Array[] => [
  stun('request', 1, () => [...check(type.ICE_CONTROLLING), { type: type.USE_CANDIDATE, value: '' }]),
  stun('request', 1, () => [...check(type.ICE_CONTROLLED), { type: type.NOMINATION, value: 3 }]),
  stun('success', 1, (id) => [{ type: type.XOR_MAPPED_ADDRESS, value: xorAddressValue(peer, id) }]),
  stun('success', 1, (id) => [{ type: type.XOR_MAPPED_ADDRESS, value: xorAddressValue(peer6, id) }]),
  stun('error', 1, () => [{ type: type.ERROR_CODE, value: errorCodeValue(487, 'Role Conflict') }]),
  stun('indication', 1, () => [], false),
  stun('request', 3, () => [
    { type: type.REQUESTED_TRANSPORT, value: 17 << 24 },
    { type: type.LIFETIME, value: 600 },
    { type: type.REALM, value: 'example.org' },
    { type: type.NONCE, value: 'a nonce' },
  ]),
  stun('success', 3, (id) => [
    { type: type.XOR_RELAYED_ADDRESS, value: xorAddressValue(peer, id) },
    { type: type.LIFETIME, value: 600 },
  ]),
  stun('request', 8, (id) => [{ type: type.XOR_PEER_ADDRESS, value: xorAddressValue(peer, id) }]),
  stun('request', 9, (id) => [
    { type: type.CHANNEL_NUMBER, value: 0x40010000 },
    { type: type.XOR_PEER_ADDRESS, value: xorAddressValue(peer, id) },
  ]),
  ...(['indication'] as const).flatMap((kind) =>
    [6, 7].map((method) =>
      stun(
        kind,
        method,
        (id) => [
          { type: type.XOR_PEER_ADDRESS, value: xorAddressValue(peer, id) },
          { type: type.DATA, value: stun('request', 1, () => check(type.ICE_CONTROLLED)) },
        ],
        false,
      ),
    ),
  ),
  stun('error', 3, () => [
    { type: type.ERROR_CODE, value: errorCodeValue(420, 'Unknown Attribute') },
    { type: type.UNKNOWN_ATTRIBUTES, value: u16(0x7fff, 0x0003) },
  ]),
]

const dtlsRecord = (contentType: number, epoch: number, sequence: number, body: Uint8Array, version = 0xfefd) =>
  Buffer.concat([Uint8Array.of(contentType), u16(version, epoch, 0), u32(sequence), u16(body.length), body])
const handshake = (kind: number, sequence: number, body: Uint8Array, from = 0, to = body.length) =>
  Buffer.concat([
    Uint8Array.of(kind),
    u24(body.length),
    u16(sequence),
    u24(from),
    u24(to - from),
    body.subarray(from, to),
  ])
const extension = (kind: number, value: Uint8Array) => Buffer.concat([u16(kind, value.length), value])
const extensions = (srtp: number[]) => {
  const all = Buffer.concat([
    extension(10, u16(4, 0x001d, 0x0017)),
    extension(13, u16(4, 0x0403, 0x0804)),
    extension(14, Buffer.concat([u16(srtp.length * 2, ...srtp), Uint8Array.of(0)])),
    extension(23, new Uint8Array(0)),
  ])
  return Buffer.concat([u16(all.length), all])
}
const clientHello = (cookie: Uint8Array) =>
  Buffer.concat([
    u16(0xfefd),
    randomBytes(32),
    Uint8Array.of(0, cookie.length),
    cookie,
    u16(4, 0xc02b, 0xc02f),
    Uint8Array.of(1, 0),
    extensions([7, 1]),
  ])
const serverHello = () =>
  Buffer.concat([u16(0xfefd), randomBytes(32), Uint8Array.of(0), u16(0xc02b), Uint8Array.of(0), extensions([7])])
const certificate = () => {
  const body = randomBytes(900)
  return Buffer.concat([u24(body.length + 3), u24(body.length), body])
}

/** Datagrams of a DTLS 1.2 handshake, of fragments too, and what follows it. */
export const sampleDtls = (): Uint8Array[] => [
  dtlsRecord(22, 0, 0, handshake(1, 0, clientHello(new Uint8Array(0))), 0xfeff),
  dtlsRecord(22, 0, 0, handshake(3, 0, Uint8Array.of(0xfe, 0xff, 20, ...randomBytes(20))), 0xfeff),
  dtlsRecord(22, 0, 1, handshake(1, 1, clientHello(randomBytes(20)))),
  Buffer.concat([
    dtlsRecord(22, 0, 1, handshake(2, 1, serverHello())),
    dtlsRecord(22, 0, 2, handshake(11, 2, certificate(), 0, 500)),
  ]),
  dtlsRecord(21, 0, 3, Uint8Array.of(2, 40)),
  Buffer.concat([dtlsRecord(20, 0, 5, Uint8Array.of(1)), dtlsRecord(22, 1, 0, randomBytes(40))]),
  dtlsRecord(23, 1, 0x01020304, randomBytes(60)),
]

export interface SampleRtp {
  sequence?: number
  ssrc?: number
  payload?: number
  csrcs?: number
  extension?: boolean
}

/** An RTP packet. @param payload bytes */
export const sampleRtp = ({ sequence = 1, ssrc = 0x11223344, payload = 160, ...more }: SampleRtp = {}): Uint8Array =>
  Buffer.concat([
    Uint8Array.of(0x80 | (more.csrcs ?? 0) | (more.extension ? 0x10 : 0), 111),
    u16(sequence & 0xffff),
    u32(sequence * 960),
    u32(ssrc),
    Buffer.alloc((more.csrcs ?? 0) * 4, 5),
    more.extension ? Buffer.concat([u16(0xbede, 1), Uint8Array.of(0x10, 0x7f, 0, 0)]) : new Uint8Array(0),
    Buffer.alloc(payload, 0x5a),
  ])

/** RTCP compounds: a sender's, a receiver's with feedback, and a report whose rest is encrypted as SRTCP has it. */
export const sampleRtcp = (ssrc = 0x11223344): Uint8Array[] => {
  const senderReport = Buffer.concat([Uint8Array.of(0x80, 200), u16(6), u32(ssrc), Buffer.alloc(20, 1)])
  const receiverReport = Buffer.concat([Uint8Array.of(0x81, 201), u16(7), u32(ssrc), u32(5), Buffer.alloc(20, 2)])
  const name = Buffer.concat([Uint8Array.of(1, 5), Buffer.from('cname'), Uint8Array.of(0)])
  const description = Buffer.concat([Uint8Array.of(0x81, 202), u16(3), u32(ssrc), name])
  const pli = Buffer.concat([Uint8Array.of(0x81, 206), u16(2), u32(ssrc), u32(5)])
  return [
    Buffer.concat([senderReport, description]),
    Buffer.concat([receiverReport, pli]),
    Buffer.concat([senderReport, Buffer.alloc(14, 0x33)]),
  ]
}

/** A ChannelData message over UDP. */
export const sampleChannelData = (data: Uint8Array, channel = 0x4001): Uint8Array =>
  Buffer.concat([u16(channel, data.length), data])
