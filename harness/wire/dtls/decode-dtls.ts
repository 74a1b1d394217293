import { hex, uint16 } from '../stun/stun-message.ts'
import type { DtlsHandshake, DtlsRecord, MalformedMessage } from '../trace/trace.ts'
import { decodeHello } from './decode-hello.ts'
import type { HelloFragments } from './hello-fragments.ts'

/** Bytes of a record's header with its version, without a connection identifier (RFC 6347 §4.1). */
const headerLength = 13

/** Whether bytes begin with a DTLS record that tells its version: a known content type, and 254 before the minor one. */
export function looksLikeDtls(bytes: Uint8Array): boolean {
  const type = bytes[0] as number
  return bytes.length >= headerLength && type >= 20 && type <= 26 && bytes[1] === 0xfe && (bytes[2] as number) >= 0xfc
}

/** What a datagram does not tell of itself. */
export interface DtlsContext {
  /** Bytes of a connection identifier, where records of type 25 carry one (RFC 9146 §4); 0 by default. */
  connectionIdLength?: number
  /** Hellos of this sender that come in fragments. */
  hellos?: HelloFragments
}

/** A record of a datagram, and the byte behind it. */
export interface DtlsPart {
  record: DtlsRecord | MalformedMessage
  end: number
}

/**
 * Reads the records of a datagram (RFC 6347 §4.1, RFC 9147 §4). Never throws; what is no record ends the reading as a
 * malformed message.
 */
export function decodeDtls(bytes: Uint8Array, { connectionIdLength = 0, hellos }: DtlsContext = {}): DtlsPart[] {
  const parts: DtlsPart[] = []
  for (let at = 0; at < bytes.length; ) {
    const malformed = (reason: string): MalformedMessage => ({
      kind: 'malformed',
      as: 'dtls',
      reason,
      length: bytes.length - at,
    })
    const first = bytes[at] as number
    const record = first >> 5 === 1 ? unifiedRecord(bytes, at) : plainRecord(bytes, at, connectionIdLength, hellos)
    if (typeof record === 'string') {
      parts.push({ record: malformed(record), end: bytes.length })
      break
    }
    parts.push(record)
    at = record.end
  }
  return parts
}

type Found = { record: DtlsRecord; end: number }

function plainRecord(
  bytes: Uint8Array,
  at: number,
  connectionIdLength: number,
  hellos: HelloFragments | undefined,
): Found | string {
  if (at + headerLength > bytes.length) return `${bytes.length - at} bytes are no record header`
  const contentType = bytes[at] as number
  if (contentType < 20 || contentType > 26) return `${contentType} is no content type`
  if (bytes[at + 1] !== 0xfe) return `0x${hex(bytes.subarray(at + 1, at + 3))} is no version of DTLS`
  const idLength = contentType === 25 ? connectionIdLength : 0
  const start = at + headerLength + idLength
  if (start > bytes.length) return 'its connection identifier has no room'
  const length = uint16(bytes, start - 2)
  const end = start + length
  if (end > bytes.length) return `a record claims ${length} bytes, and has ${bytes.length - start}`
  const epoch = uint16(bytes, at + 3)
  const record: DtlsRecord = {
    kind: 'dtls',
    contentType,
    version: uint16(bytes, at + 1),
    epoch,
    sequence: uint16(bytes, at + 5) * 2 ** 32 + uint16(bytes, at + 7) * 2 ** 16 + uint16(bytes, at + 9),
    length,
  }
  if (epoch === 0 && contentType === 22) {
    const handshake = handshakesOf(bytes.subarray(start, end), hellos)
    if (typeof handshake === 'string') return handshake
    record.handshake = handshake
  }
  if (epoch === 0 && contentType === 21 && length === 2) {
    record.alert = { level: bytes[start] as number, description: bytes[start + 1] as number }
  }
  return { record, end }
}

/**
 * DTLS 1.3's encrypted header (RFC 9147 §4): 001, then whether there is a connection identifier, a sequence number of 16
 * bits, a length, and two bits of the epoch. With an identifier, whose length no one tells, the rest is one record.
 */
function unifiedRecord(bytes: Uint8Array, start: number): Found | string {
  const first = bytes[start] as number
  let at = start + 1
  const record: DtlsRecord = { kind: 'dtls', contentType: 'unified', epoch: first & 3, sequence: 0, length: 0 }
  if (first & 0x10) return { record: { ...record, length: bytes.length - at }, end: bytes.length }
  const long = (first & 8) !== 0
  if (at + (long ? 2 : 1) > bytes.length) return 'its sequence number has no room'
  record.sequence = long ? uint16(bytes, at) : (bytes[at] as number)
  at += long ? 2 : 1
  record.length = bytes.length - at
  if (first & 4) {
    if (at + 2 > bytes.length) return 'its length has no room'
    record.length = uint16(bytes, at)
    at += 2
  }
  const end = at + record.length
  if (end > bytes.length) return `a record claims ${record.length} bytes, and has ${bytes.length - at}`
  return { record, end }
}

/** Bytes of the header of a handshake message (RFC 6347 §4.2.2). */
const handshakeHeaderLength = 12

function handshakesOf(bytes: Uint8Array, hellos: HelloFragments | undefined): DtlsHandshake[] | string {
  const found: DtlsHandshake[] = []
  for (let at = 0; at < bytes.length; ) {
    if (at + handshakeHeaderLength > bytes.length) return `${bytes.length - at} bytes are no handshake header`
    const fragmentLength = uint24(bytes, at + 9)
    const body = at + handshakeHeaderLength
    if (body + fragmentLength > bytes.length) {
      return `a handshake fragment claims ${fragmentLength} bytes, and has ${bytes.length - body}`
    }
    const one: DtlsHandshake = {
      type: bytes[at] as number,
      length: uint24(bytes, at + 1),
      sequence: uint16(bytes, at + 4),
      fragmentOffset: uint24(bytes, at + 6),
      fragmentLength,
    }
    if (one.type === 1 || one.type === 2) {
      const fragment = bytes.subarray(body, body + fragmentLength)
      const whole = fragmentLength === one.length ? fragment : hellos?.add(one, fragment)
      if (whole) one.hello = decodeHello(whole, one.type === 1)
    }
    found.push(one)
    at = body + fragmentLength
  }
  return found
}

const uint24 = (bytes: Uint8Array, at: number): number => ((bytes[at] as number) << 16) | uint16(bytes, at + 1)
