import { randomBytes } from 'node:crypto'
import type { Endpoint } from '../../wire/ip/address.ts'
import { encodeStun, type StunField, type StunToEncode, xorAddressValue } from '../../wire/stun/encode-stun.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'

/** The methods of TURN (RFC 8656 §17). */
export const turnMethods = {
  Binding: 1,
  Allocate: 3,
  Refresh: 4,
  Send: 6,
  Data: 7,
  CreatePermission: 8,
  ChannelBind: 9,
} as const

/** An attribute to be sent; an endpoint is combined with the transaction id of its message. */
export type TurnField = StunField | { type: number; endpoint: Endpoint }

/** A message about to be sent: what a case may change. */
export interface TurnDraft extends StunToEncode {
  fields: StunField[]
  /** Sent as they are, in place of the message. */
  bytes?: Uint8Array
}

/** Changes a draft in one point. */
export type Change = (draft: TurnDraft) => TurnDraft

/** A request or an indication with these attributes, without credentials. */
export function turnDraft(kind: 'request' | 'indication', method: number, fields: TurnField[]): TurnDraft {
  const transactionId = randomBytes(12)
  const ready = fields.map((field) =>
    'endpoint' in field ? { type: field.type, value: xorAddressValue(field.endpoint, transactionId) } : field,
  )
  return { class: kind, method, transactionId, fields: ready }
}

/** Puts an attribute in place of those of its type. */
export const putting =
  (type: number, value: StunField['value']): Change =>
  (draft) => ({ ...draft, fields: [...draft.fields.filter((field) => field.type !== type), { type, value }] })

/** Leaves out the attributes of a type. */
export const leaving =
  (type: number): Change =>
  (draft) => ({ ...draft, fields: draft.fields.filter((field) => field.type !== type) })

/** What goes on the wire. */
export const bytesOfDraft = (draft: TurnDraft): Uint8Array => draft.bytes ?? encodeStun(draft)

/** REQUESTED-TRANSPORT with a protocol of IP: 17 is UDP (RFC 8656 §18.8). */
export const transportField = (protocol = 17): StunField => ({
  type: stunAttributes.REQUESTED_TRANSPORT,
  value: Uint8Array.of(protocol, 0, 0, 0),
})

/** REQUESTED-ADDRESS-FAMILY or its like: 1 is IPv4, 2 is IPv6 (RFC 8656 §18.6). */
export const familyField = (family: number, type: number = stunAttributes.REQUESTED_ADDRESS_FAMILY): StunField => ({
  type,
  value: Uint8Array.of(family, 0, 0, 0),
})

/** EVEN-PORT, with the bit that asks for the next port as well (RFC 8656 §18.7). */
export const evenPortField = (reserve: boolean): StunField => ({
  type: stunAttributes.EVEN_PORT,
  value: Uint8Array.of(reserve ? 0x80 : 0),
})

/** CHANNEL-NUMBER (RFC 8656 §18.1). */
export const channelField = (channel: number): StunField => ({
  type: stunAttributes.CHANNEL_NUMBER,
  value: Uint8Array.of(channel >> 8, channel & 255, 0, 0),
})

export const peerField = (endpoint: Endpoint): TurnField => ({ type: stunAttributes.XOR_PEER_ADDRESS, endpoint })

/**
 * A ChannelData message (RFC 8656 §12.4).
 *
 * @param fill bytes of padding to a multiple of four, which TCP needs
 */
export function channelDataBytes(channel: number, data: Uint8Array, fill: boolean): Uint8Array {
  const length = 4 + data.length
  const bytes = Buffer.alloc(fill ? (length + 3) & ~3 : length)
  bytes.writeUInt16BE(channel, 0)
  bytes.writeUInt16BE(data.length, 2)
  bytes.set(data, 4)
  return bytes
}
