/**
 * How a NAT maps and filters UDP (RFC 4787 §4.1, §5): `none` routes and changes nothing; `full-cone` maps an inner address
 * to one outer one and lets everybody in; `port-restricted` filters by the outer address and port; `symmetric` maps and
 * filters by them.
 */
export const natKinds = ['none', 'full-cone', 'port-restricted', 'symmetric'] as const
export type NatKind = (typeof natKinds)[number]

/** What stands in the way of one agent: its NATs, the innermost first, and what they let through. */
export interface NatPath {
  nats: readonly NatKind[]
  /** No UDP gets out: TURN over TCP is all that is left. */
  udpBlocked?: boolean
  /** Share of the UDP datagrams that are lost on their way out, 0 to 1. */
  loss?: number
}

/** The two agents of a call and what is between them. */
export interface NatTopology {
  title: string
  controlling: NatPath
  controlled: NatPath
  /** The best kinds of connection that RFC 8445 can find there: `direct` without a relay, or `relay`. */
  best: 'direct' | 'relay'
}

const behind = (...nats: NatKind[]): NatPath => ({ nats })

/** The topologies of the NAT matrix, by the names that its columns have. */
export const natTopologies = {
  routed: { title: 'no NAT', controlling: behind('none'), controlled: behind('none'), best: 'direct' },
  'full-cone': {
    title: 'full cone, both',
    controlling: behind('full-cone'),
    controlled: behind('full-cone'),
    best: 'direct',
  },
  'port-restricted': {
    title: 'port-restricted, both',
    controlling: behind('port-restricted'),
    controlled: behind('port-restricted'),
    best: 'direct',
  },
  symmetric: {
    title: 'controlling one symmetric, controlled one full cone',
    controlling: behind('symmetric'),
    controlled: behind('full-cone'),
    best: 'direct',
  },
  'symmetric-both': {
    title: 'symmetric, both',
    controlling: behind('symmetric'),
    controlled: behind('symmetric'),
    best: 'relay',
  },
  double: {
    title: 'two port-restricted in a row, both',
    controlling: behind('port-restricted', 'port-restricted'),
    controlled: behind('port-restricted', 'port-restricted'),
    best: 'direct',
  },
  'udp-blocked': {
    title: 'UDP of the controlling one blocked: TURN over TCP',
    controlling: { nats: ['port-restricted'], udpBlocked: true },
    controlled: behind('port-restricted'),
    best: 'relay',
  },
  lossy: {
    title: 'port-restricted, one datagram in ten lost each way',
    controlling: { nats: ['port-restricted'], loss: 0.1 },
    controlled: { nats: ['port-restricted'], loss: 0.1 },
    best: 'direct',
  },
} as const satisfies Record<string, NatTopology>

export type NatTopologyName = keyof typeof natTopologies
export const natTopologyNames = Object.keys(natTopologies) as NatTopologyName[]

/**
 * What an agent has to be able to do, or a call there has no chance: to ask a STUN server behind a NAT, a TURN server where only
 * a relay helps. Words are capabilities of manifests (drivers/PROTOCOL.md).
 */
export function isPossible(
  { controlling, controlled, best }: NatTopology,
  one: Set<string>,
  two: Set<string>,
): boolean {
  const reaches = (path: NatPath, can: Set<string>) =>
    path.udpBlocked ? can.has('turn-tcp') : path.nats.every((kind) => kind === 'none') || can.has('stun')
  const relays = best === 'direct' || one.has('turn') || two.has('turn')
  return reaches(controlling, one) && reaches(controlled, two) && relays
}

/** Interfaces and addresses of a router. */
export interface RouterPlaces {
  outerInterface: string
  innerInterface: string
  /** IPv4 address on the outer side. */
  outerAddress: string
  /** IPv4 address of the one host on the inner side. */
  innerHost: string
}

/**
 * The nftables ruleset of a router.
 *
 * Two directions of a NAT are not the same thing: what goes out is mapped behind the routing decision, what is let in without
 * being asked for (full cone) before it.
 */
export function routerRules(kind: NatKind, path: Pick<NatPath, 'udpBlocked' | 'loss'>, places: RouterPlaces): string {
  const { outerInterface, innerInterface, outerAddress, innerHost } = places
  const outward = `iifname "${innerInterface}" meta l4proto udp`
  const forward = [
    path.udpBlocked ? `${outward} drop` : '',
    path.loss ? `${outward} numgen random mod 1000 < ${Math.round(path.loss * 1000)} drop` : '',
  ].filter(Boolean)
  const mapped: Record<NatKind, string> = {
    none: '',
    'full-cone': `oifname "${outerInterface}" snat to ${outerAddress} persistent`,
    'port-restricted': `oifname "${outerInterface}" masquerade persistent`,
    symmetric: `oifname "${outerInterface}" masquerade random,fully-random`,
  }
  const letIn =
    kind === 'full-cone' ? `iifname "${outerInterface}" meta l4proto udp udp dport 1024-65535 dnat to ${innerHost}` : ''
  const chain = (name: string, hook: string, rules: string[]) =>
    [` chain ${name} {`, `  ${hook}`, ...rules.map((rule) => `  ${rule}`), ' }'].join('\n')
  return [
    'flush ruleset',
    'table ip filter {',
    // Whoever is not let in must leave no trace in the table of connections either: the kernel would map an answer from the
    // same port elsewhere, and no NAT of this kind does that.
    chain('input', 'type filter hook input priority 0; policy accept;', [
      `iifname "${outerInterface}" ct state new drop`,
    ]),
    chain('forward', 'type filter hook forward priority 0; policy accept;', forward),
    '}',
    'table ip nat {',
    chain('prerouting', 'type nat hook prerouting priority -100;', letIn ? [letIn] : []),
    chain('postrouting', 'type nat hook postrouting priority 100;', mapped[kind] ? [mapped[kind]] : []),
    '}',
    '',
  ].join('\n')
}
