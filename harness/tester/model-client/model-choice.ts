import type { Element } from '@xmpp/xml'
import { ns } from '../xmpp-client/namespaces.ts'
import type { SaslProfile } from '../xmpp-server/sasl/exchange.ts'
import type { ModelParts } from './model-client.ts'

/** What the server announced about logging in. */
export interface Announced {
  sasl: readonly string[] | undefined
  sasl2: readonly string[] | undefined
  /** Types of channel binding (XEP-0440); undefined where none are announced. */
  types: readonly string[] | undefined
  /** `<inline/>` of SASL2. */
  inline: Element | undefined
}

/** What the model will do about it. */
export interface Choice {
  profile: SaslProfile
  mechanism: string
  /** What it says of channel binding in SCRAM: `n`, `y`, or a type. */
  binding: 'n' | 'y' | { type: string }
  /** Only a right hash of the lists makes up for types that it does not know (XEP-0474 §7). */
  needsListsHash?: boolean
}

/** Channel-binding types that the model knows, strongest first. */
const knownTypes = ['tls-exporter', 'tls-unique', 'tls-server-end-point']
const preference = ['EXTERNAL', 'SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']

const names = (list: Element | undefined): string[] | undefined =>
  list?.getChildren('mechanism').map((one) => one.getText())

/** Reads what stream features say about logging in. */
export function announced(features: Element): Announced {
  const sasl2 = features.getChild('authentication', ns.sasl2)
  const types = features.getChild('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')
  return {
    sasl: names(features.getChild('mechanisms')),
    sasl2: names(sasl2),
    types: types?.getChildren('channel-binding').map(({ attrs }) => attrs.type ?? ''),
    inline: sasl2?.getChild('inline') ?? undefined,
  }
}

/**
 * Chooses how to log in (RFC 6120 §6.3.3, RFC 5802 §6, XEP-0440 §3).
 *
 * @param binds whether this connection has data for a channel binding
 * @returns what it will do, or why it will do nothing
 */
export function choose(model: ModelParts, lists: Announced, binds: boolean, hadScram: boolean): Choice | string {
  const profile = chooseProfile(model, lists, hadScram)
  if (!profile) return 'there is no mechanism that I know'
  const offered = (profile === 'sasl2' ? lists.sasl2 : lists.sasl) ?? []
  const name = known(model, offered, hadScram)[0]
  if (!name) return 'there is no mechanism that I know'
  if (!name.startsWith('SCRAM-')) return { profile, mechanism: name, binding: 'n' }
  return bind(model, { profile, offered, name, types: lists.types, binds })
}

/** Prefers SASL2, but not a worse mechanism in it. */
function chooseProfile(model: ModelParts, lists: Announced, hadScram: boolean): SaslProfile | undefined {
  const rank = (offered: readonly string[] | undefined) => {
    const best = known(model, offered ?? [], hadScram)[0]
    return best === undefined ? Number.POSITIVE_INFINITY : preference.indexOf(best)
  }
  const [old, young] = [rank(lists.sasl), rank(lists.sasl2)]
  if (lists.sasl2 && model.errs('knows-no-sasl2')) return Number.isFinite(old) ? 'sasl' : undefined
  if (Number.isFinite(young) && (young <= old || model.errs('prefers-sasl2-whatever-it-has'))) return 'sasl2'
  return Number.isFinite(old) ? 'sasl' : undefined
}

/** Mechanisms that the model may use, without -PLUS, best first. */
function known(model: ModelParts, offered: readonly string[], hadScram: boolean): string[] {
  const { params } = model
  if (params.anonymous) return offered.filter((name) => name === 'ANONYMOUS')
  const order = model.errs('prefers-plain') || model.errs('prefers-password') ? preference.toReversed() : preference
  const able = order.filter((name) => {
    if (name.startsWith('SCRAM-')) return !model.errs('knows-no-scram')
    if (name === 'PLAIN') return !model.errs('knows-no-plain') && (!hadScram || model.errs('forgets-scram'))
    return name !== 'EXTERNAL' || params.certificate !== undefined || model.errs('tries-external-unasked')
  })
  const has = (name: string) =>
    offered.includes(name) || (offered.includes(`${name}-PLUS`) && !model.errs('knows-no-channel-binding'))
  if (model.errs('follows-order-of-server')) return offered.filter((name) => able.includes(name))
  return able.filter(has)
}

interface BindParts {
  profile: SaslProfile
  offered: readonly string[]
  name: string
  types: readonly string[] | undefined
  binds: boolean
}

function bind(model: ModelParts, { profile, offered, name, types, binds }: BindParts): Choice | string {
  const plus = offered.includes(`${name}-PLUS`)
  const unbound = { profile, mechanism: name } as const
  if (!binds || model.errs('knows-no-channel-binding')) {
    return { ...unbound, binding: model.errs('says-y-to-plus') ? 'y' : 'n' }
  }
  if (model.errs('never-binds')) return { ...unbound, binding: 'n' }
  if (model.errs('says-y-to-plus') && plus) return { ...unbound, binding: 'y' }
  if (!plus && !types) return { ...unbound, binding: model.errs('says-n-always') ? 'n' : 'y' }
  const lies = plus !== (types !== undefined)
  if (lies && model.errs('checks-no-announcement')) return { ...unbound, binding: 'n' }
  if (!plus) return 'types of channel binding, and no mechanism for them'
  if (!types && profile === 'sasl2') return 'mechanisms with channel binding, and no type of it'
  const order = model.errs('prefers-weaker-binding') ? knownTypes.toReversed() : knownTypes
  const usable = order.filter((one) => {
    if (one === 'tls-server-end-point') return !model.errs('knows-no-server-end-point')
    return one !== 'tls-exporter' || !model.errs('knows-no-tls-exporter')
  })
  const type = types ? usable.find((one) => types.includes(one)) : 'tls-server-end-point'
  if (type !== undefined) return { profile, mechanism: `${name}-PLUS`, binding: { type } }
  if (model.errs('checks-no-announcement')) return { ...unbound, binding: 'n' }
  if (!offered.includes(name) || model.errs('knows-no-relaxed-rule')) return 'no type of channel binding that I know'
  return { ...unbound, binding: 'n', needsListsHash: true }
}
