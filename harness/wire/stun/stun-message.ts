/** The class of a STUN message (RFC 8489 §5). */
export type StunClass = 'request' | 'indication' | 'success' | 'error'

/** One attribute as it stands on the wire, known to us or not. */
export interface StunAttribute {
  type: number
  /** Offset of its header in the message, bytes. */
  offset: number
  /** Without padding. A view on the message. */
  value: Uint8Array
}

/** A STUN message (RFC 8489 §5) with every attribute that it has, in order. */
export interface StunMessage {
  kind: 'stun'
  class: StunClass
  /** 12 bits: 1 Binding, 3 Allocate, … */
  method: number
  /** 24 hexadecimal digits; 32 where there is no magic cookie (RFC 3489). */
  transactionId: string
  /** Whether it has the magic cookie of RFC 8489 §5. */
  cookie: boolean
  attributes: StunAttribute[]
  /** The whole message. A view on the packet: copy what is kept for long. */
  bytes: Uint8Array
}

/** A message that is STUN by its first bytes and breaks its format further on. */
export interface MalformedStun {
  kind: 'malformed'
  as: 'stun'
  reason: string
  length: number
}

export const magicCookie = 0x2112a442

/** Bytes of the header. */
export const stunHeaderLength = 20

const classes: readonly StunClass[] = ['request', 'indication', 'success', 'error']

/**
 * Whether bytes are to be read as STUN: the two zero bits and the magic cookie (RFC 8489 §5, RFC 7983 §7). Messages
 * without the cookie (RFC 3489) are told from others only where a whole message fits.
 */
export function looksLikeStun(bytes: Uint8Array): boolean {
  if (bytes.length < stunHeaderLength || (bytes[0] as number) > 3) return false
  return uint32(bytes, 4) === magicCookie
}

/** Reads one STUN message that fills `bytes`. Never throws: what breaks the format is told. */
export function decodeStun(bytes: Uint8Array): StunMessage | MalformedStun {
  const malformed = (reason: string): MalformedStun => ({ kind: 'malformed', as: 'stun', reason, length: bytes.length })
  if (bytes.length < stunHeaderLength) return malformed(`${bytes.length} bytes are no header`)
  const type = uint16(bytes, 0)
  if (type > 0x3fff) return malformed('its first two bits are not zero')
  const length = uint16(bytes, 2)
  if (length % 4 !== 0) return malformed(`its length of ${length} is no multiple of 4`)
  if (stunHeaderLength + length !== bytes.length) {
    return malformed(`it claims ${length} bytes behind its header, and has ${bytes.length - stunHeaderLength}`)
  }
  const cookie = uint32(bytes, 4) === magicCookie
  const attributes: StunAttribute[] = []
  for (let at = stunHeaderLength; at < bytes.length; ) {
    const size = at + 4 <= bytes.length ? uint16(bytes, at + 2) : 0
    if (at + 4 + size > bytes.length) return malformed(`an attribute at byte ${at} reaches behind the message`)
    attributes.push({ type: uint16(bytes, at), offset: at, value: bytes.subarray(at + 4, at + 4 + size) })
    at += 4 + padded(size)
  }
  return {
    kind: 'stun',
    class: classes[((type >> 7) & 2) | ((type >> 4) & 1)] as StunClass,
    method: (type & 0xf) | ((type >> 1) & 0x70) | ((type >> 2) & 0xf80),
    transactionId: hex(bytes.subarray(cookie ? 8 : 4, 20)),
    cookie,
    attributes,
    bytes,
  }
}

/** The type field of a class and a method (RFC 8489 §5). */
export const stunType = (kind: StunClass, method: number): number => {
  const bits = classes.indexOf(kind)
  return ((method & 0xf80) << 2) | ((method & 0x70) << 1) | (method & 0xf) | ((bits & 2) << 7) | ((bits & 1) << 4)
}

/** A length rounded up to a multiple of four. */
export const padded = (length: number): number => (length + 3) & ~3

/** The first attribute of a type; later ones of the same type are ignored by those who read (RFC 8489 §14). */
export const attributeOf = (message: StunMessage, type: number): StunAttribute | undefined =>
  message.attributes.find((one) => one.type === type)

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexDigits[byte]
  return text
}

export const uint16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number)

export const uint32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0
