import type { Endpoint } from '../../wire/ip/address.ts'
import { encodeStun, errorCodeValue, type StunField, xorAddressValue } from '../../wire/stun/encode-stun.ts'
import { attributeOf, type StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { xorAddressOf } from '../../wire/stun/stun-values.ts'
import type { Makes } from './turn-mistakes.ts'

/** Where a message came from, and how one answers there: one 5-tuple. */
export interface Way {
  id: string
  from: Endpoint
  tcp: boolean
  send(bytes: Uint8Array): void
}

export const idOf = (message: StunMessage): Uint8Array => Buffer.from(message.transactionId, 'hex')

export const success = (request: StunMessage, fields: StunField[], key?: Uint8Array): Uint8Array =>
  encodeStun({
    class: 'success',
    method: request.method,
    transactionId: idOf(request),
    fields,
    ...(key ? { key } : {}),
  })

export const failure = (
  request: StunMessage,
  code: number,
  { fields = [], key }: { fields?: StunField[]; key?: Uint8Array | undefined } = {},
): Uint8Array =>
  encodeStun({
    class: 'error',
    method: request.method,
    transactionId: idOf(request),
    fields: [{ type: stunAttributes.ERROR_CODE, value: errorCodeValue(code, 'refused') }, ...fields],
    ...(key ? { key } : {}),
  })

export const xorField = (request: StunMessage, type: number, endpoint: Endpoint): StunField => ({
  type,
  value: xorAddressValue(endpoint, idOf(request)),
})

/** The peers that a message names. */
export const peersOf = (message: StunMessage): Endpoint[] =>
  message.attributes
    .filter(({ type }) => type === stunAttributes.XOR_PEER_ADDRESS)
    .flatMap((attribute) => xorAddressOf(attribute, message) ?? [])

export const has = (message: StunMessage, type: number): boolean => attributeOf(message, type) !== undefined

/** SOFTWARE, which answers to Allocate and Refresh have (RFC 8656 §5). */
export const softwareField = (makes: Makes): StunField[] =>
  makes('tells-no-software') ? [] : [{ type: stunAttributes.SOFTWARE, value: 'model TURN server' }]
