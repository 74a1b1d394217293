import { type StunField, xorAddressValue } from '../../wire/stun/encode-stun.ts'
import { shortTermKey } from '../../wire/stun/stun-integrity.ts'
import type { StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { bytesOf, type Draft, type Drafted, roleField, withField, withoutField } from './drafts.ts'
import { makeCredentials } from './ice-description.ts'
import type { IceEngine } from './ice-engine.ts'
import type { IceMistake } from './ice-mistakes.ts'
import type { Makes } from './judge-message.ts'

type Change<Context> = (draft: Draft, context: Context) => Drafted

const spoilt = (draft: Draft): Draft => {
  const bytes = Buffer.from(bytesOf(draft))
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return { ...draft, bytes }
}

const checks: Partial<Record<IceMistake, Change<IceEngine>>> = {
  'sends-no-priority': (draft) => withoutField(draft, stunAttributes.PRIORITY),
  'sends-host-priority': (draft, agent) =>
    withField(draft, stunAttributes.PRIORITY, agent.candidates[0]?.priority ?? 1),
  'sends-low-prflx-preference': (draft) => withField(draft, stunAttributes.PRIORITY, 90 * 2 ** 24 + 65_535 * 256 + 255),
  'sends-no-role': (draft) =>
    withoutField(withoutField(draft, stunAttributes.ICE_CONTROLLED), stunAttributes.ICE_CONTROLLING),
  'sends-other-role': (draft, agent) => {
    const own = agent.role === 'controlling' ? stunAttributes.ICE_CONTROLLING : stunAttributes.ICE_CONTROLLED
    const other = roleField(agent.role === 'controlling' ? 'controlled' : 'controlling', agent.tieBreaker)
    return withField(withoutField(draft, own), other.type, other.value)
  },
  'changes-tie-breaker': (draft, agent) => {
    const field = roleField(agent.role, BigInt(Math.floor(Math.random() * 2 ** 50)))
    return withField(draft, field.type, field.value)
  },
  'sends-use-candidate-though-controlled': (draft) => withField(draft, stunAttributes.USE_CANDIDATE, ''),
  'nominates-by-number': (draft) =>
    draft.fields.some(({ type }) => type === stunAttributes.USE_CANDIDATE)
      ? withField(withoutField(draft, stunAttributes.USE_CANDIDATE), stunAttributes.NOMINATION, 1)
      : draft,
  'swaps-username': (draft, agent) =>
    withField(draft, stunAttributes.USERNAME, `${agent.own.ufrag}:${agent.remote?.ufrag}`),
  'swaps-username-after-restart': (draft, agent) =>
    agent.restarted ? withField(draft, stunAttributes.USERNAME, `${agent.own.ufrag}:${agent.remote?.ufrag}`) : draft,
  'sends-own-password': (draft, agent) => ({ ...draft, key: shortTermKey(agent.own.pwd) }),
  'sends-no-fingerprint': (draft) => ({ ...draft, fingerprint: false }),
  'checks-from-another-port': (draft, agent) => ({ ...draft, via: agent.spare ?? draft.via }),
}

interface Answering {
  request: StunMessage
  agent: IceEngine
}

const mappedTo = (draft: Draft, change: (port: number) => number): StunField => ({
  type: stunAttributes.XOR_MAPPED_ADDRESS,
  value: xorAddressValue({ ...draft.to, port: change(draft.to.port) }, draft.transactionId),
})

const onSuccess =
  (change: Change<Answering>): Change<Answering> =>
  (draft, context) =>
    draft.class === 'success' ? change(draft, context) : draft

const answers: Partial<Record<IceMistake, Change<Answering>>> = {
  'answers-wrong-mapped-address': onSuccess((draft) => ({ ...draft, fields: [mappedTo(draft, (port) => port ^ 1)] })),
  'answers-plain-mapped-address': onSuccess((draft) => {
    const plain = Buffer.alloc(8)
    plain[1] = 1
    plain.writeUInt16BE(draft.to.port, 2)
    plain.set(draft.to.address.split('.').map(Number), 4)
    return { ...draft, fields: [{ type: stunAttributes.MAPPED_ADDRESS, value: plain }] }
  }),
  'answers-without-integrity': (draft) => ({ ...draft, key: undefined }),
  'answers-by-wrong-password': (draft) => (draft.key ? { ...draft, key: shortTermKey('another password') } : draft),
  'answers-without-fingerprint': (draft) => ({ ...draft, fingerprint: false }),
  'answers-with-username': (draft) => ({
    ...draft,
    fields: [...draft.fields, { type: stunAttributes.USERNAME, value: 'any:body' }],
  }),
  'answers-with-spoilt-fingerprint': spoilt,
  'answers-signalled-address': (draft, { agent }) => {
    const first = agent.remoteCandidates[0]
    return first ? { ...draft, to: { address: first.address, port: first.port } } : draft
  },
  'answers-from-another-port': (draft, { agent }) => ({ ...draft, via: agent.spare ?? draft.via }),
}

function change<Context>(
  table: Partial<Record<IceMistake, Change<Context>>>,
  draft: Draft,
  context: Context,
  makes: Makes,
): Drafted {
  let changed: Drafted = draft
  for (const [mistake, how] of Object.entries(table)) {
    if (changed !== 'silent' && makes(mistake as IceMistake)) changed = how(changed, context)
  }
  return changed
}

/** A check as an agent sends it that breaks these rules. */
export function mistakenCheck(draft: Draft, agent: IceEngine, makes: Makes): Draft {
  const changed = change(checks, draft, agent, makes)
  return changed === 'silent' ? draft : changed
}

/** An answer as an agent gives it that breaks these rules. */
export function mistakenAnswer(draft: Draft, request: StunMessage, agent: IceEngine, makes: Makes): Drafted {
  return change(answers, draft, { request, agent }, makes)
}

const always = { ufrag: 'same', pwd: 'the/same/password/always' }

/** Credentials that break these rules (RFC 8839 §5.4). */
export function mistakenCredentials(
  right: { ufrag: string; pwd: string },
  makes: Makes,
): { ufrag: string; pwd: string } {
  if (makes('tells-same-credentials-always')) return always
  return {
    ufrag: makes('tells-short-ufrag')
      ? right.ufrag.slice(0, 3)
      : makes('tells-long-ufrag')
        ? right.ufrag.repeat(5)
        : makes('tells-strange-characters')
          ? `_${right.ufrag}-`
          : right.ufrag,
    pwd: makes('tells-short-password') ? right.pwd.slice(0, 20) : right.pwd,
  }
}

/** The credentials of an agent that restarts (RFC 8445 §9). */
export function newCredentials(own: { ufrag: string; pwd: string }, makes: Makes): { ufrag: string; pwd: string } {
  if (makes('keeps-credentials-on-restart')) return own
  const made = mistakenCredentials(makeCredentials(), makes)
  return makes('keeps-password-on-restart') ? { ...made, pwd: own.pwd } : made
}
