import { createHash } from 'node:crypto'
import type { StunField } from '../../wire/stun/encode-stun.ts'
import { checkIntegrity, longTermKey } from '../../wire/stun/stun-integrity.ts'
import { attributeOf, type StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { textOf } from '../../wire/stun/stun-values.ts'
import { failure, type Way } from './turn-answer.ts'
import type { Makes } from './turn-mistakes.ts'

const realm = 'model.test'

/** The users of the model, which are those of the images. */
export const modelUsers: Record<string, string> = { romeo: 'assay-turn-secret', juliet: 'assay-turn-secret' }

/** Who asks, or why the request is refused. */
export type Authenticated = { username: string; key: Uint8Array } | { refusal: Uint8Array }

/** Checks long-term credentials in the order of RFC 8489 §9.2.4. */
export function authenticate(request: StunMessage, way: Way, makes: Makes): Authenticated {
  const text = (type: number) => {
    const attribute = attributeOf(request, type)
    return attribute && textOf(attribute)
  }
  const key = (username: string) => longTermKey({ username, realm, password: modelUsers[username] ?? '' })
  const challenge: StunField[] = [
    ...(makes('challenges-without-realm') ? [] : [{ type: stunAttributes.REALM, value: realm }]),
    { type: stunAttributes.NONCE, value: nonceFor(way, makes) },
  ]
  if (!attributeOf(request, stunAttributes.MESSAGE_INTEGRITY)) {
    if (makes('allocates-for-anyone')) return { username: 'romeo', key: key('romeo') }
    const signing = makes('signs-challenges') ? key('romeo') : undefined
    return { refusal: failure(request, 401, { fields: challenge, key: signing }) }
  }
  const nonce = text(stunAttributes.NONCE)
  const username = text(stunAttributes.USERNAME) ?? (makes('needs-no-username') ? 'romeo' : undefined)
  if (username === undefined || text(stunAttributes.REALM) === undefined) return { refusal: failure(request, 400) }
  if (nonce === undefined && !makes('needs-no-nonce')) return { refusal: failure(request, 400) }
  const refusal = () => failure(request, 401, makes('refuses-without-challenge') ? {} : { fields: challenge })
  const signed = checkIntegrity(request, key(username)) === 'right' || makes('believes-any-signature')
  const lenient = makes('knows-any-user') && !modelUsers[username]
  if (!lenient && (!modelUsers[username] || !signed)) {
    // The key of a request without a name is that of the user whom the mistake takes it for.
    if (text(stunAttributes.USERNAME) !== undefined || !makes('needs-no-username')) return { refusal: refusal() }
  }
  if (nonce !== undefined && nonce !== nonceFor(way, makes) && !makes('takes-any-nonce')) {
    return { refusal: failure(request, 438, { fields: challenge }) }
  }
  return { username, key: key(username) }
}

/** One nonce for each client; behind the cookie that tells the security features: none (RFC 8489 §9.2). */
function nonceFor(way: Way, makes: Makes): string {
  const cookie = makes('gives-plain-nonces') ? '' : 'obMatJos2AAAA'
  const of = makes('gives-one-nonce') ? 'everybody' : way.id
  return cookie + createHash('sha256').update(of).digest('hex').slice(0, 16)
}
