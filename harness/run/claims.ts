import type { Element } from '@xmpp/xml'
import type { Account, ServerEndpoints } from '../lab/lab.ts'
import type { Requirement } from '../suite/requirements.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { ns } from '../tester/xmpp-client/namespaces.ts'
import { mechanisms, RawStream } from '../tester/xmpp-client/raw-stream.ts'

type Entity = 'server' | 'account' | 'muc' | 'pubsub' | 'upload'

/** What a server says of itself: the field's PICS. */
export interface ServerClaims {
  features: Record<Entity, Set<string>>
  /** `name namespace` of each stream feature, before and after authentication. */
  streamFeatures: Set<string>
  mechanisms: string[]
  services: ServerEndpoints['services']
}

const identities: { service: keyof ServerEndpoints['services']; category: string; type?: string; feature?: string }[] =
  [
    { service: 'muc', category: 'conference', type: 'text' },
    { service: 'pubsub', category: 'pubsub', type: 'service' },
    { service: 'upload', category: 'store', type: 'file', feature: 'urn:xmpp:http:upload:0' },
  ]

/**
 * Asks a server what it supports: stream features, disco#info of domain and account, services found by disco#items
 * (XEP-0030 §3, §4). An entity that answers with an error claims nothing.
 */
export async function probeClaims(endpoints: ServerEndpoints, account: Account): Promise<ServerClaims> {
  const recorder = new CaseRecorder({ withholdSecrets: true })
  const stream = await RawStream.connect(endpoints, recorder.connection('claims'), {
    transport: endpoints.starttls === undefined ? 'direct-tls' : 'starttls',
  })
  try {
    const streamFeatures = new Set<string>()
    const note = (features: Element) => {
      for (const child of features.getChildElements()) streamFeatures.add(`${child.getName()} ${child.getNS()}`)
    }
    await stream.open()
    const first = await stream.features()
    note(first)
    if (!stream.channel.encrypted) {
      await stream.startTls()
      await stream.open()
    }
    const secure = stream.channel.encrypted && endpoints.starttls === undefined ? first : await stream.features()
    note(secure)
    const offered = mechanisms(secure)
    const mechanism = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN'].find((name) => offered.includes(name))
    const outcome = await stream.authenticate(account, mechanism)
    if (!outcome.succeeded) throw new Error(`the probe could not log in: ${outcome.element}`)
    await stream.open()
    note(await stream.features())
    await stream.bind()

    let id = 0
    const ask = async (to: string | undefined, namespace: string) => {
      const target = to === undefined ? '' : ` to='${to}'`
      const answer = await stream.iq(`<iq type='get' id='claims-${++id}'${target}><query xmlns='${namespace}'/></iq>`)
      return answer.getChild('query', namespace)
    }
    const info = async (to: string) => {
      const query = await ask(to, ns.discoInfo).catch(() => undefined)
      return {
        features: new Set(query?.getChildren('feature').map((feature) => feature.attrs.var ?? '') ?? []),
        identities: query?.getChildren('identity').map((identity) => identity.attrs) ?? [],
      }
    }
    const services = { ...endpoints.services }
    const features: ServerClaims['features'] = {
      server: (await info(endpoints.domain)).features,
      account: (await info(account.jid)).features,
      muc: new Set(),
      pubsub: new Set(),
      upload: new Set(),
    }
    const items = (await ask(endpoints.domain, ns.discoItems).catch(() => undefined))?.getChildren('item') ?? []
    for (const jid of items.slice(0, 30).flatMap((item) => item.attrs.jid ?? [])) {
      const found = await info(jid)
      for (const { service, category, type, feature } of identities) {
        const fits = found.identities.some((is) => is.category === category && (!type || is.type === type))
        if (fits && (!feature || found.features.has(feature))) services[service] ??= jid
        if (services[service] === jid) features[service] = found.features
      }
    }
    return { features, streamFeatures, mechanisms: offered, services }
  } finally {
    await stream.close()
  }
}

/** The reason why a server cannot be asked, or undefined. */
export function unmetByClaims(claims: ServerClaims, requirement: Requirement): string | undefined {
  const met = {
    capability: () => true,
    feature: () => requirement.kind === 'feature' && claims.features[requirement.of].has(requirement.namespace),
    'stream-feature': () =>
      requirement.kind === 'stream-feature' &&
      claims.streamFeatures.has(`${requirement.name} ${requirement.namespace}`),
    service: () => requirement.kind === 'service' && claims.services[requirement.service] !== undefined,
    mechanism: () => requirement.kind === 'mechanism' && claims.mechanisms.includes(requirement.mechanism),
  }[requirement.kind]()
  return met ? undefined : requirement.reason
}

/** Claims as a flat list for results.json. */
export const claimList = (claims: ServerClaims): string[] => [
  ...[...claims.streamFeatures].map((feature) => `stream: ${feature}`),
  ...claims.mechanisms.map((name) => `sasl: ${name}`),
  ...Object.entries(claims.features).flatMap(([of, features]) => [...features].sort().map((name) => `${of}: ${name}`)),
]
