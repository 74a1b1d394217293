import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { attributeOf, type StunMessage, uint32 } from './stun-message.ts'
import { stunAttributes } from './stun-names.ts'

/** What FINGERPRINT is combined with (RFC 8489 §14.7). */
const fingerprintMask = 0x5354554e

/** What came of a check: `missing` where there is no such attribute. */
export type Checked = 'right' | 'wrong' | 'missing'

/** The key of short-term credentials (RFC 8489 §9.1.1): the password itself, which ICE takes as it is. */
export const shortTermKey = (password: string): Uint8Array => Buffer.from(password, 'utf8')

/** The key of long-term credentials with MD5 or SHA-256 (RFC 8489 §9.2.2). */
export const longTermKey = (
  { username, realm, password }: { username: string; realm: string; password: string },
  algorithm: 'md5' | 'sha256' = 'md5',
): Uint8Array => createHash(algorithm).update(`${username}:${realm}:${password}`).digest()

/** Checks FINGERPRINT (RFC 8489 §14.7): it covers all before it, and must be the last attribute. */
export function checkFingerprint(message: StunMessage): Checked {
  const attribute = attributeOf(message, stunAttributes.FINGERPRINT)
  if (!attribute) return 'missing'
  const { offset, value } = attribute
  if (value.length !== 4 || offset + 8 !== message.bytes.length) return 'wrong'
  const covered = withLength(message.bytes.subarray(0, offset), offset + 8)
  return (crc32(covered) ^ fingerprintMask) >>> 0 === uint32(value, 0) ? 'right' : 'wrong'
}

/** Checks MESSAGE-INTEGRITY (HMAC-SHA1, RFC 8489 §14.5). */
export const checkIntegrity = (message: StunMessage, key: Uint8Array): Checked =>
  check(message, key, stunAttributes.MESSAGE_INTEGRITY, 'sha1', (length) => length === 20)

/** Checks MESSAGE-INTEGRITY-SHA256, which may be cut to 16 bytes or more in steps of four (RFC 8489 §14.6). */
export const checkIntegritySha256 = (message: StunMessage, key: Uint8Array): Checked =>
  check(
    message,
    key,
    stunAttributes.MESSAGE_INTEGRITY_SHA256,
    'sha256',
    (length) => length >= 16 && length <= 32 && length % 4 === 0,
  )

function check(
  message: StunMessage,
  key: Uint8Array,
  type: number,
  hash: 'sha1' | 'sha256',
  fits: (length: number) => boolean,
): Checked {
  const attribute = attributeOf(message, type)
  if (!attribute) return 'missing'
  const { offset, value } = attribute
  if (!fits(value.length)) return 'wrong'
  const expected = integrityOf(message.bytes.subarray(0, offset), key, hash, value.length)
  return timingSafeEqual(expected, value) ? 'right' : 'wrong'
}

/**
 * The integrity value of a message.
 *
 * @param before the message up to where the attribute begins
 * @param size bytes of the value: 20 for SHA-1, 16 to 32 for SHA-256
 */
export function integrityOf(before: Uint8Array, key: Uint8Array, hash: 'sha1' | 'sha256', size: number): Uint8Array {
  const covered = withLength(before, before.length + 4 + size)
  return createHmac(hash, key).update(covered).digest().subarray(0, size)
}

/** The fingerprint of a message; `before` is all of it up to where the attribute begins. */
export const fingerprintOf = (before: Uint8Array): number =>
  (crc32(withLength(before, before.length + 8)) ^ fingerprintMask) >>> 0

/** A message with the length field that it would have if it ended at `end`: what the two attributes cover. */
function withLength(bytes: Uint8Array, end: number): Uint8Array {
  const copy = Buffer.from(bytes)
  copy.writeUInt16BE(end - 20, 2)
  return copy
}
