import { type Endpoint, formatAddress } from '../ip/address.ts'
import { attributeOf, type StunAttribute, type StunMessage, uint16, uint32 } from './stun-message.ts'
import { stunAttributes } from './stun-names.ts'

const families: Record<number, number> = { 1: 4, 2: 16 }

/** An address as MAPPED-ADDRESS has it (RFC 8489 §14.1); undefined where it is none. */
export function addressOf({ value }: StunAttribute): Endpoint | undefined {
  const size = families[value[1] ?? 0]
  if (size === undefined || value.length !== 4 + size) return undefined
  return { address: formatAddress(value.subarray(4)), port: uint16(value, 2) }
}

/** An address that is combined with the magic cookie and the transaction id (RFC 8489 §14.2). */
export function xorAddressOf(attribute: StunAttribute, { bytes }: StunMessage): Endpoint | undefined {
  // A copy whatever the bytes are: slice of a Buffer is a view.
  const value = Uint8Array.from(attribute.value)
  // The key is the header from the cookie on; the port is combined with its first half.
  for (let i = 2; i < 4 && i < value.length; i++) value[i] = (value[i] as number) ^ (bytes[i + 2] as number)
  for (let i = 4; i < value.length && i < 20; i++) value[i] = (value[i] as number) ^ (bytes[i] as number)
  return addressOf({ ...attribute, value })
}

/** Where the sender of a request was seen, by the answer: XOR-MAPPED-ADDRESS, or the older attribute without it. */
export function mappedAddressOf(message: StunMessage): Endpoint | undefined {
  const combined = attributeOf(message, stunAttributes.XOR_MAPPED_ADDRESS)
  if (combined) return xorAddressOf(combined, message)
  const plain = attributeOf(message, stunAttributes.MAPPED_ADDRESS)
  return plain && addressOf(plain)
}

/** An unsigned number of four bytes: PRIORITY, LIFETIME, FINGERPRINT, … */
export const numberOf = ({ value }: StunAttribute): number | undefined =>
  value.length === 4 ? uint32(value, 0) : undefined

/** A tie-breaker (RFC 8445 §7.1.3), as 16 hexadecimal digits. */
export const tieBreakerOf = ({ value }: StunAttribute): bigint | undefined =>
  value.length === 8 ? (BigInt(uint32(value, 0)) << 32n) | BigInt(uint32(value, 4)) : undefined

/** The channel of CHANNEL-NUMBER (RFC 8656 §18.1). */
export const channelOf = ({ value }: StunAttribute): number | undefined =>
  value.length === 4 ? uint16(value, 0) : undefined

/** Text of USERNAME, REALM, NONCE, SOFTWARE; bytes that are no UTF-8 become U+FFFD. */
export const textOf = ({ value }: StunAttribute): string => Buffer.from(value).toString('utf8')

/** Class and number of ERROR-CODE as one number, and its reason (RFC 8489 §14.8). */
export function errorCodeOf({ value }: StunAttribute): { code: number; reason: string } | undefined {
  if (value.length < 4) return undefined
  return {
    code: ((value[2] as number) & 7) * 100 + (value[3] as number),
    reason: textOf({ value: value.subarray(4) } as StunAttribute),
  }
}

/** The types that UNKNOWN-ATTRIBUTES lists (RFC 8489 §14.13). */
export const unknownTypesOf = ({ value }: StunAttribute): number[] =>
  Array.from({ length: value.length >> 1 }, (_, index) => uint16(value, index * 2))
