import { randomBytes } from 'node:crypto'
import type { Endpoint } from '../../wire/ip/address.ts'
import {
  encodeStun,
  errorCodeValue,
  type StunField,
  type StunToEncode,
  xorAddressValue,
} from '../../wire/stun/encode-stun.ts'
import { shortTermKey } from '../../wire/stun/stun-integrity.ts'
import type { StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import type { IceSocket } from './ice-socket.ts'
import type { IceRole, RequestJudgement } from './judge-message.ts'

/** A message about to be sent, and the way it goes: what a case or a mistake may change. */
export interface Draft extends StunToEncode {
  via: IceSocket
  to: Endpoint
  fields: StunField[]
  /** Sent as they are, in place of the message. */
  bytes?: Uint8Array
}

/** What a point returns: the draft as it is to go, or that nothing goes. */
export type Drafted = Draft | 'silent'

const bindingMethod = 1

/** What a connectivity check is made of (RFC 8445 §7.1, §7.2.2). */
export interface CheckParts {
  via: IceSocket
  to: Endpoint
  username: string
  /** Of the agent that is asked. */
  password: string
  priority: number
  role: IceRole
  tieBreaker: bigint
  nominate: boolean
}

/** A right connectivity check. */
export const checkDraft = (parts: CheckParts): Draft => ({
  via: parts.via,
  to: parts.to,
  class: 'request',
  method: bindingMethod,
  transactionId: randomBytes(12),
  fields: [
    { type: stunAttributes.USERNAME, value: parts.username },
    { type: stunAttributes.PRIORITY, value: parts.priority },
    roleField(parts.role, parts.tieBreaker),
    ...(parts.nominate ? [{ type: stunAttributes.USE_CANDIDATE, value: '' }] : []),
  ],
  key: shortTermKey(parts.password),
})

/** ICE-CONTROLLING or ICE-CONTROLLED with the tie-breaker (RFC 8445 §7.1.3). */
export function roleField(role: IceRole, tieBreaker: bigint): StunField {
  const value = Buffer.alloc(8)
  value.writeBigUInt64BE(tieBreaker)
  return { type: role === 'controlling' ? stunAttributes.ICE_CONTROLLING : stunAttributes.ICE_CONTROLLED, value }
}

/** The right answer to a request that was judged; undefined where there is none to give (RFC 8489 §6.3.1). */
export function answerDraft(
  request: StunMessage,
  judgement: Exclude<RequestJudgement, { kind: 'discard' }>,
  way: { via: IceSocket; to: Endpoint; password: string },
): Draft {
  const transactionId = Buffer.from(request.transactionId, 'hex').subarray(-12)
  const common = { via: way.via, to: way.to, method: request.method, transactionId }
  const key = shortTermKey(way.password)
  if (judgement.kind === 'accept') {
    const mapped = { type: stunAttributes.XOR_MAPPED_ADDRESS, value: xorAddressValue(way.to, transactionId) }
    return { ...common, class: 'success', fields: [mapped], key }
  }
  const fields: StunField[] = [
    { type: stunAttributes.ERROR_CODE, value: errorCodeValue(judgement.code, judgement.reason) },
  ]
  if (judgement.unknown) {
    const list = Buffer.alloc(judgement.unknown.length * 2)
    for (const [index, type] of judgement.unknown.entries()) list.writeUInt16BE(type, index * 2)
    fields.push({ type: stunAttributes.UNKNOWN_ATTRIBUTES, value: list })
  }
  return { ...common, class: 'error', fields, ...(judgement.signed ? { key } : {}) }
}

/** A Binding indication that keeps bindings alive (RFC 8445 §11). */
export const indicationDraft = (via: IceSocket, to: Endpoint): Draft => ({
  via,
  to,
  class: 'indication',
  method: bindingMethod,
  transactionId: randomBytes(12),
  fields: [],
})

/** The draft with a field put in place of those of its type. */
export const withField = (draft: Draft, type: number, value: StunField['value']): Draft => ({
  ...draft,
  fields: [...draft.fields.filter((field) => field.type !== type), { type, value }],
})

/** The draft without fields of a type. */
export const withoutField = (draft: Draft, type: number): Draft => ({
  ...draft,
  fields: draft.fields.filter((field) => field.type !== type),
})

/** What goes on the wire. */
export const bytesOf = (draft: Draft): Uint8Array => draft.bytes ?? encodeStun(draft)
