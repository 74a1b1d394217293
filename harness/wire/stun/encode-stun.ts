import { type Endpoint, parseAddress } from '../ip/address.ts'
import { fingerprintOf, integrityOf } from './stun-integrity.ts'
import { magicCookie, padded, type StunClass, stunHeaderLength, stunType } from './stun-message.ts'
import { stunAttributes } from './stun-names.ts'

/** An attribute to be sent: a number of four bytes, text, or bytes. */
export interface StunField {
  type: number
  value: Uint8Array | string | number
}

export interface StunToEncode {
  class: StunClass
  method: number
  /** 12 bytes. */
  transactionId: Uint8Array
  fields?: StunField[]
  /** Adds MESSAGE-INTEGRITY by this key behind the fields. */
  key?: Uint8Array
  /** The same as MESSAGE-INTEGRITY-SHA256. */
  sha256Key?: Uint8Array
  /** Adds FINGERPRINT at the end; true by default. */
  fingerprint?: boolean
}

/** A STUN message as bytes (RFC 8489 §5). */
export function encodeStun(message: StunToEncode): Uint8Array {
  const header = Buffer.alloc(stunHeaderLength)
  header.writeUInt16BE(stunType(message.class, message.method), 0)
  header.writeUInt32BE(magicCookie, 4)
  header.set(message.transactionId.subarray(0, 12), 8)
  let bytes: Uint8Array = header
  const add = (type: number, value: StunField['value']) => {
    bytes = Buffer.concat([bytes, encodeAttribute(type, value)])
  }
  for (const { type, value } of message.fields ?? []) add(type, value)
  if (message.key) add(stunAttributes.MESSAGE_INTEGRITY, integrityOf(bytes, message.key, 'sha1', 20))
  if (message.sha256Key) {
    add(stunAttributes.MESSAGE_INTEGRITY_SHA256, integrityOf(bytes, message.sha256Key, 'sha256', 32))
  }
  if (message.fingerprint !== false) add(stunAttributes.FINGERPRINT, fingerprintOf(bytes))
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(2, bytes.length - stunHeaderLength)
  return bytes
}

function encodeAttribute(type: number, value: StunField['value']): Uint8Array {
  const content = typeof value === 'number' ? uint32Bytes(value) : Buffer.from(value)
  const attribute = Buffer.alloc(4 + padded(content.length))
  attribute.writeUInt16BE(type, 0)
  attribute.writeUInt16BE(content.length, 2)
  attribute.set(content, 4)
  return attribute
}

function uint32Bytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

/** The value of XOR-MAPPED-ADDRESS and its kin (RFC 8489 §14.2). */
export function xorAddressValue({ address, port }: Endpoint, transactionId: Uint8Array): Uint8Array {
  const plain = parseAddress(address)
  const key = Buffer.alloc(16)
  key.writeUInt32BE(magicCookie)
  key.set(transactionId.subarray(0, 12), 4)
  const value = Buffer.alloc(4 + plain.length)
  value[1] = plain.length === 4 ? 1 : 2
  value.writeUInt16BE(port ^ (magicCookie >>> 16), 2)
  for (const [index, byte] of plain.entries()) value[4 + index] = byte ^ (key[index] as number)
  return value
}

/** The value of ERROR-CODE (RFC 8489 §14.8). */
export function errorCodeValue(code: number, reason: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(0, 0, Math.floor(code / 100), code % 100), Buffer.from(reason)])
}
