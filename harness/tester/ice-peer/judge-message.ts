import { checkFingerprint, checkIntegrity, shortTermKey } from '../../wire/stun/stun-integrity.ts'
import { attributeOf, decodeStun, type StunMessage } from '../../wire/stun/stun-message.ts'
import { comprehensionRequired, stunAttributes } from '../../wire/stun/stun-names.ts'
import { errorCodeOf, mappedAddressOf, textOf, tieBreakerOf } from '../../wire/stun/stun-values.ts'
import type { IceMistake } from './ice-mistakes.ts'

export type IceRole = 'controlling' | 'controlled'
export type Makes = (mistake: IceMistake) => boolean

/** What is to be done with a request (RFC 8489 §6.3, §9.1.3, RFC 8445 §7.3). */
export type RequestJudgement =
  | { kind: 'discard'; because: string }
  | { kind: 'refuse'; code: number; reason: string; signed: boolean; unknown?: number[] }
  | { kind: 'accept'; switchTo?: IceRole }

const known = new Set<number>(Object.values(stunAttributes))

/** The attributes that count: those behind MESSAGE-INTEGRITY do not (RFC 8489 §14.5). */
export function covered(message: StunMessage): StunMessage {
  const end = message.attributes.findIndex(({ type }) => type === stunAttributes.MESSAGE_INTEGRITY)
  return end < 0 ? message : { ...message, attributes: message.attributes.slice(0, end + 1) }
}

/** Reads a datagram as a whole STUN message; undefined where it is none that a right agent looks at. */
export function readStun(bytes: Uint8Array, makes: Makes = () => false): StunMessage | undefined {
  const message = decodeStun(bytes)
  if (message.kind === 'malformed') return undefined
  if (!message.cookie && !makes('answers-without-cookie')) return undefined
  if (message.method !== 1 && !makes('answers-other-methods')) return undefined
  const print = checkFingerprint(message)
  if (print === 'wrong' && !makes('answers-wrong-fingerprint')) return undefined
  if (print === 'missing' && !makes('answers-missing-fingerprint')) return undefined
  return message
}

export interface Own {
  ufrag: string
  pwd: string
  role: IceRole
  tieBreaker: bigint
  lite: boolean
  /** Sees no role conflict. */
  stubborn?: boolean | undefined
  /** The peer's username fragment, where it is known. */
  peer?: string | undefined
}

/** Judges a Binding request by the rules, in their order. */
export function judgeRequest(message: StunMessage, own: Own, makes: Makes = () => false): RequestJudgement {
  const seen = makes('reads-behind-integrity') ? message : covered(message)
  const refuse = (code: number, reason: string, signed: boolean): RequestJudgement => ({
    kind: 'refuse',
    code,
    reason,
    signed: signed || makes('signs-error-of-stranger'),
  })
  const username = attributeOf(seen, stunAttributes.USERNAME)
  const integrity = checkIntegrity(message, shortTermKey(own.pwd))
  if (integrity === 'missing' && !makes('answers-missing-integrity'))
    return refuse(makes('answers-401-to-missing') ? 401 : 400, 'Bad Request', false)
  if (!username && !makes('answers-missing-username'))
    return refuse(makes('answers-401-to-missing') ? 401 : 400, 'Bad Request', false)
  const wrong = makes('answers-400-to-wrong') ? 400 : 401
  const duplicates = seen.attributes.filter(({ type }) => type === stunAttributes.USERNAME)
  const name = makes('reads-last-duplicate') ? duplicates.at(-1) : username
  if (name && textOf(name).split(':')[0] !== own.ufrag && !makes('answers-other-username'))
    return refuse(wrong, 'Unauthenticated', false)
  if (name && makes('needs-known-peer') && textOf(name).split(':')[1] !== own.peer)
    return refuse(wrong, 'Unauthenticated', false)
  if (makes('needs-zero-padding') && !paddedByZeros(message)) return { kind: 'discard', because: 'padding' }
  if (name && makes('refuses-long-username') && name.value.length > 100) return refuse(wrong, 'Unauthenticated', false)
  if (integrity === 'wrong' && !makes('answers-wrong-integrity')) return refuse(wrong, 'Unauthenticated', false)
  const unknown = seen.attributes
    .map(({ type }) => type)
    .filter((type) => (comprehensionRequired(type) || makes('refuses-unknown-optional')) && !known.has(type))
  if (unknown.length > 0 && !makes('answers-unknown-required')) {
    return {
      kind: 'refuse',
      code: 420,
      reason: 'Unknown Attribute',
      signed: true,
      unknown: makes('lists-no-unknown') ? [] : unknown,
    }
  }
  return judgeRole(seen, own, makes)
}

/** Detects and repairs role conflicts (RFC 8445 §7.3.1.1). */
function judgeRole(message: StunMessage, own: Own, makes: Makes): RequestJudgement {
  if (own.lite || own.stubborn) return { kind: 'accept' }
  const same = own.role === 'controlling' ? stunAttributes.ICE_CONTROLLING : stunAttributes.ICE_CONTROLLED
  const attribute = attributeOf(message, same)
  const theirs = attribute && tieBreakerOf(attribute)
  if (theirs === undefined || makes('answers-success-in-conflict')) return { kind: 'accept' }
  const larger = own.tieBreaker >= theirs && !makes('yields-always')
  const keeps = own.role === 'controlling' ? larger : !larger
  if (keeps || makes('keeps-role-in-conflict'))
    return { kind: 'refuse', code: 487, reason: 'Role Conflict', signed: true }
  return { kind: 'accept', switchTo: own.role === 'controlling' ? 'controlled' : 'controlling' }
}

/** What an answer to a check says (RFC 8489 §9.1.4, §6.3.3). */
export type ResponseJudgement =
  | { kind: 'discard'; because: string }
  | { kind: 'error'; code: number }
  | { kind: 'success'; mapped: { address: string; port: number } | undefined }

/** Judges an answer by the password that its request was signed with. */
export function judgeResponse(message: StunMessage, password: string, makes: Makes = () => false): ResponseJudgement {
  const integrity = checkIntegrity(message, shortTermKey(password))
  const error = attributeOf(message, stunAttributes.ERROR_CODE)
  const code = error && errorCodeOf(error)?.code
  // Who cannot be told who asks cannot sign what it answers.
  const unsignedError = message.class === 'error' && integrity === 'missing' && (code === 400 || code === 401)
  if (integrity === 'wrong' && !makes('believes-wrongly-signed-answer'))
    return { kind: 'discard', because: 'wrong integrity' }
  if (integrity === 'missing' && message.class === 'error' && !unsignedError && !makes('believes-unsigned-error')) {
    return { kind: 'discard', because: 'no integrity' }
  }
  if (integrity === 'missing' && message.class === 'success' && !makes('believes-unsigned-answer')) {
    return { kind: 'discard', because: 'no integrity' }
  }
  if (message.class === 'error') return { kind: 'error', code: code ?? 0 }
  const unknown = covered(message).attributes.some(({ type }) => comprehensionRequired(type) && !known.has(type))
  if (unknown && !makes('believes-unknown-required-in-answer')) return { kind: 'error', code: 420 }
  const mapped = mappedAddressOf(message)
  if (!mapped && !makes('believes-unmapped-answer')) return { kind: 'error', code: 0 }
  return { kind: 'success', mapped }
}

const paddedByZeros = ({ attributes, bytes }: StunMessage): boolean =>
  attributes.every(({ offset, value }) => {
    const end = offset + 4 + value.length
    return bytes.subarray(end, (end + 3) & ~3).every((byte) => byte === 0)
  })
