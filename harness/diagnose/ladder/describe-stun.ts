import type { StunAttribute, StunMessage } from '../../wire/stun/stun-message.ts'
import { hex } from '../../wire/stun/stun-message.ts'
import { attributeName, stunAttributes, stunMethods } from '../../wire/stun/stun-names.ts'
import { addressOf, errorCodeOf, numberOf, textOf, tieBreakerOf, xorAddressOf } from '../../wire/stun/stun-values.ts'
import { endpointText } from '../model/endpoints.ts'

const words = { request: 'request', success: 'success', error: 'error', indication: 'indication' }

/** A STUN message in a few words: `Binding request, USE-CANDIDATE`. */
export function stunLabel(message: StunMessage): string {
  const name = stunMethods[message.method] ?? `method ${message.method}`
  const has = (type: number) => message.attributes.find((one) => one.type === type)
  const error = has(stunAttributes.ERROR_CODE)
  const parts = [
    has(stunAttributes.USE_CANDIDATE) && 'USE-CANDIDATE',
    has(stunAttributes.NOMINATION) && '0xC001',
    error && String(errorCodeOf(error)?.code ?? ''),
  ].filter(Boolean)
  return [`${name} ${words[message.class]}`, ...parts].join(', ')
}

/** Every attribute of a STUN message, a line each. */
export const stunDetail = (message: StunMessage): string[] => [
  `transaction ${message.transactionId}`,
  ...message.attributes.map((attribute) => `${attributeName(attribute.type)}${valueText(attribute, message)}`),
]

const texts = new Set<number>([
  stunAttributes.USERNAME,
  stunAttributes.SOFTWARE,
  stunAttributes.REALM,
  stunAttributes.NONCE,
])
const numbers = new Set<number>([stunAttributes.PRIORITY, stunAttributes.LIFETIME, stunAttributes.NOMINATION])
const xored = new Set<number>([
  stunAttributes.XOR_MAPPED_ADDRESS,
  stunAttributes.XOR_PEER_ADDRESS,
  stunAttributes.XOR_RELAYED_ADDRESS,
])

function valueText(attribute: StunAttribute, message: StunMessage): string {
  const { type, value } = attribute
  if (value.length === 0) return ''
  if (texts.has(type)) return `: ${textOf(attribute).slice(0, 120)}`
  if (numbers.has(type)) return `: ${numberOf(attribute) ?? hex(value)}`
  if (type === stunAttributes.ICE_CONTROLLED || type === stunAttributes.ICE_CONTROLLING) {
    return `: ${tieBreakerOf(attribute)?.toString(16) ?? hex(value)}`
  }
  if (type === stunAttributes.ERROR_CODE) {
    const error = errorCodeOf(attribute)
    return error ? `: ${error.code} ${error.reason.slice(0, 120)}` : ''
  }
  const address = xored.has(type)
    ? xorAddressOf(attribute, message)
    : type === stunAttributes.MAPPED_ADDRESS
      ? addressOf(attribute)
      : undefined
  return `: ${address ? endpointText(address) : hex(value.subarray(0, 32))}`
}
