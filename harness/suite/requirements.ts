/**
 * What an IUT must claim before a case asks for it. Checked against what the cell's probe saw (disco, stream features)
 * and what the manifest declares; a requirement that is not met makes the case `unsupported`, with `reason`.
 */
export type Requirement =
  | { kind: 'capability'; name: string; reason: string; presumed?: boolean }
  | { kind: 'feature'; of: 'server' | 'account' | 'muc' | 'pubsub' | 'upload'; namespace: string; reason: string }
  | { kind: 'stream-feature'; name: string; namespace: string; reason: string }
  | { kind: 'service'; service: 'muc' | 'pubsub' | 'upload'; reason: string }
  | { kind: 'mechanism'; mechanism: string; reason: string }

/** The manifest declares the capability, e.g. `websocket`. */
export const capability = (name: string): Requirement => ({
  kind: 'capability',
  name,
  reason: `it does not have the capability "${name}"`,
})

/** What every implementation of the role is taken to do, e.g. `iq-requests`, unless its manifest says that it lacks it. */
export const presumed = (name: string): Requirement => ({
  kind: 'capability',
  name,
  reason: `it lacks the capability "${name}"`,
  presumed: true,
})

/** The driver of a client tells its user this event of drivers/PROTOCOL.md: what is never told cannot be judged. */
export const tells = (event: string): Requirement => ({
  kind: 'capability',
  name: toldAs(event),
  reason: `its driver tells no event "${event}": the library leaves that to its user`,
})

/** The capability by which a told event goes. */
export const toldAs = (event: string): string => `tells ${event}`

/** disco#info of the server's domain (or of the account, or of a service) lists the namespace (XEP-0030 §3). */
export const feature = (
  namespace: string,
  of: 'server' | 'account' | 'muc' | 'pubsub' | 'upload' = 'server',
): Requirement => ({
  kind: 'feature',
  of,
  namespace,
  reason: `its ${of} does not announce ${namespace} in disco#info`,
})

/** The features before or after authentication name it (RFC 6120 §4.3.2). */
export const streamFeature = (name: string, namespace: string): Requirement => ({
  kind: 'stream-feature',
  name,
  namespace,
  reason: `its stream features do not offer <${name} xmlns='${namespace}'/>`,
})

/** The lab configured the service, or disco#items finds one (XEP-0030 §4). */
export const service = (name: 'muc' | 'pubsub' | 'upload'): Requirement => ({
  kind: 'service',
  service: name,
  reason: `it has no ${name} service`,
})

/** The SASL mechanisms offered over TLS include it (RFC 6120 §6.3.3). */
export const mechanism = (name: string): Requirement => ({
  kind: 'mechanism',
  mechanism: name,
  reason: `it does not offer the SASL mechanism ${name} over TLS`,
})
