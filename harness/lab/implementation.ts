import { z } from 'zod'

/** The roles that an implementation can be put under test in. */
export const roles = [
  'xmpp-server',
  'xmpp-client',
  'ice-agent',
  'jingle-endpoint',
  'sip-ua',
  'sip-server',
  'turn-server',
  'gateway',
] as const
export type Role = (typeof roles)[number]

/** Whom a suite asks: an implementation in a role, or two ICE agents that are joined. */
export type AskedRole = Role | 'ice-pair'

/** Where an implementation runs: `embedded` needs Node alone, `docker` needs an engine, `target` runs elsewhere. */
export const runtimes = ['embedded', 'docker', 'target'] as const
export type RuntimeName = (typeof runtimes)[number]

/** How a variant is had. */
const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('npm'), package: z.string() }),
  z.object({
    kind: z.literal('image'),
    /** A folder of containers/. */
    context: z.string(),
    buildArgs: z.record(z.string(), z.string()).default({}),
  }),
])

const variant = z.object({
  version: z.string(),
  source,
  /** Capabilities of this variant beside those of the implementation. */
  capabilities: z.array(z.string()).default([]),
  /** Capabilities of the implementation that this variant lacks, each with the reason that its cases will show. */
  lacks: z.record(z.string(), z.string()).default({}),
})

/** drivers/<id>/manifest.ts: what an implementation is, without starting it. Parsed by zod when the registry reads it. */
export const manifestSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  name: z.string(),
  /** The code base it comes from: implementations of one family share their habits. */
  family: z.string(),
  homepage: z.url(),
  roles: z.array(z.enum(roles)).min(1),
  runtime: z.enum(runtimes),
  /** Capabilities in Assay's own words, e.g. `starttls`, `direct-tls`, `websocket`, `roster`, `carbons`. */
  capabilities: z.array(z.string()).default([]),
  /** What it lacks by design or by its configuration in our lab, with the reason. */
  lacks: z.record(z.string(), z.string()).default({}),
  quirks: z.array(z.object({ what: z.string(), link: z.url().optional() })).default([]),
  variants: z.array(variant).min(1),
})
export type Manifest = z.infer<typeof manifestSchema>
export type Variant = Manifest['variants'][number]
export type ManifestInput = z.input<typeof manifestSchema>

/** Checks a manifest's type where it is written; the registry parses it. */
export const defineManifest = (manifest: ManifestInput): ManifestInput => manifest
