import type { Role, RuntimeName } from '../lab/implementation.ts'
import { natTopologyNames } from '../lab/nat.ts'
import { type RegisteredVariant, variantId } from './registry.ts'
import { compareVersions } from './versions.ts'

/** A named choice of implementations. */
export interface Profile {
  id: string
  title: string
  role: Role
  runtime: RuntimeName
  /** Further runtimes whose implementations belong to it. */
  beside?: RuntimeName[]
  /** `newest`: one variant of each implementation. */
  versions: 'all' | 'newest'
  /** Of ICE agents: whether they meet one another, or the scripted peer; both where it is left out. */
  cells?: 'pairs' | 'alone'
  /** Of ICE agents: what either of a pair stands behind (`symmetric`), or each (`symmetric-and-full-cone`); none where it is left out. */
  nats?: readonly string[]
  /** These implementations alone. */
  agents?: readonly string[]
}

/** What `assay run` runs when nothing else is asked. */
export const defaultProfile = 'embedded'

/** All profiles. To add one, add a line. */
export const profiles: Profile[] = [
  {
    id: 'embedded',
    title: 'XMPP clients from npm against the scripted server; needs Node alone',
    role: 'xmpp-client',
    runtime: 'embedded',
    versions: 'newest',
  },
  {
    id: 'embedded-history',
    title: 'the same clients with an older version of each beside it: what got better or worse',
    role: 'xmpp-client',
    runtime: 'embedded',
    versions: 'all',
  },
  {
    id: 'clients',
    title: 'XMPP clients in containers against the scripted server; needs a Docker engine',
    role: 'xmpp-client',
    runtime: 'docker',
    versions: 'all',
  },
  {
    id: 'ice-embedded',
    title: 'ICE agents from npm, each with each, both ways; needs Node alone',
    role: 'ice-agent',
    runtime: 'embedded',
    cells: 'pairs',
    versions: 'newest',
  },
  {
    id: 'agents-embedded',
    title: 'ICE agents from npm against the scripted peer; needs Node alone',
    role: 'ice-agent',
    runtime: 'embedded',
    versions: 'newest',
    cells: 'alone',
  },
  {
    id: 'nat-embedded',
    title: 'the same pairs, each agent behind a NAT that the tap plays',
    role: 'ice-agent',
    runtime: 'embedded',
    cells: 'pairs',
    versions: 'newest',
    nats: ['full-cone', 'port-restricted', 'symmetric-and-full-cone', 'full-cone-and-symmetric', 'symmetric'],
  },
  {
    id: 'servers',
    title: 'XMPP servers in containers; needs a Docker engine',
    role: 'xmpp-server',
    runtime: 'docker',
    versions: 'all',
  },
  {
    id: 'ice',
    title: 'ICE and WebRTC agents in containers and from npm, each with each, both ways; needs a Docker engine',
    role: 'ice-agent',
    runtime: 'docker',
    beside: ['embedded'],
    cells: 'pairs',
    versions: 'newest',
  },
  {
    id: 'agents',
    title: 'ICE and WebRTC agents in containers against the scripted peer; needs a Docker engine',
    role: 'ice-agent',
    runtime: 'docker',
    versions: 'newest',
    cells: 'alone',
  },
  {
    id: 'turn',
    title: 'TURN servers in containers against the scripted client; needs a Docker engine',
    role: 'turn-server',
    runtime: 'docker',
    versions: 'all',
  },
  {
    id: 'nat',
    title: 'pairs of ICE agents in containers behind real routers, with a TURN server; needs a Docker engine',
    role: 'ice-agent',
    runtime: 'docker',
    versions: 'newest',
    nats: natTopologyNames,
    cells: 'pairs',
    agents: ['aioice', 'aiortc', 'libnice', 'pion-ice', 'pion-webrtc'],
  },
]

/** The variants that belong to a profile. */
export function variantsOf(profile: Profile, variants: RegisteredVariant[]): RegisteredVariant[] {
  const runtimes = [profile.runtime, ...(profile.beside ?? [])]
  const fitting = variants.filter(
    ({ manifest }) =>
      runtimes.includes(manifest.runtime) &&
      manifest.roles.includes(profile.role) &&
      profile.agents?.includes(manifest.id) !== false,
  )
  if (profile.versions === 'all') return fitting
  const newest = new Map<string, RegisteredVariant>()
  for (const one of fitting) {
    const known = newest.get(one.manifest.id)
    if (!known || compareVersions(known.variant.version, one.variant.version) < 0) newest.set(one.manifest.id, one)
  }
  return fitting.filter((one) => variantId(newest.get(one.manifest.id) ?? one) === variantId(one))
}
