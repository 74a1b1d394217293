import { basename } from 'node:path'
import type { Role } from '../lab/implementation.ts'
import type { CatalogueCase } from '../record/results-schema.ts'
import type { Cell, ChosenImplementation, Target } from './plan.ts'
import { capabilitiesOf, type RegisteredVariant, variantId } from './registry.ts'

/** The ways a client reaches a server: TCP with STARTTLS (RFC 6120), direct TLS (XEP-0368), WebSocket (RFC 7395), BOSH (XEP-0124). */
export const transports = ['starttls', 'direct-tls', 'websocket', 'bosh'] as const
export type Transport = (typeof transports)[number]

/**
 * Joins variants and cases by role and capability: one cell for a server, one for each transport that a client has.
 * What cannot work makes no cell. The cell of a client's first transport is asked everything but what is about the
 * others alone; each further one what is about its own.
 *
 * @param wanted transports to keep; empty: all
 * @param everywhere asks every case in every cell
 */
export function makeCells(
  variants: RegisteredVariant[],
  cases: CatalogueCase[],
  wanted: string[] = [],
  everywhere = false,
): Cell[] {
  return variants.flatMap((registered) => {
    const { manifest, variant } = registered
    return manifest.roles.flatMap((role) => {
      const ids = idsOf(cases, role)
      if (ids.length === 0) return []
      const implementations = [chosen(registered, role)]
      const id = variantId(registered)
      const { runtime } = manifest
      if (role !== 'xmpp-client') return [{ id, implementations, environment: { runtime }, cases: ids }]
      const capabilities = capabilitiesOf(manifest, variant)
      const own = transports.filter((transport) => capabilities.has(transport))
      return own
        .filter((transport) => wanted.length === 0 || wanted.includes(transport))
        .map((transport) => ({
          id: `${id}+${transport}`,
          implementations,
          environment: { runtime, transport },
          cases: everywhere ? ids : idsOver(transport, transport === own[0], cases),
        }))
    })
  })
}

/** The cell of a server that runs elsewhere. Its version is its domain: nobody knows the real one before asking. */
export function targetCell(target: Target, cases: CatalogueCase[]): Cell {
  const domain = target.uri.replace(/^xmpps?:\/\//, '').replace(/[/?#].*$/, '')
  return {
    id: `target@${forFolder(domain)}`,
    implementations: [{ id: 'target', name: 'Target', version: domain, family: 'target', role: 'xmpp-server' }],
    environment: { runtime: 'target' },
    cases: idsOf(cases, 'xmpp-server'),
  }
}

/** The cells of a client of the user's own: one for each transport that is wanted; STARTTLS where none is. */
export function clientCells(command: string, cases: CatalogueCase[], wanted: string[] = []): Cell[] {
  const version = forFolder(basename(command.trim().split(/\s+/)[0] ?? '')) || 'command'
  const ids = idsOf(cases, 'xmpp-client')
  return transports
    .filter((transport) => (wanted.length === 0 ? transport === 'starttls' : wanted.includes(transport)))
    .map((transport) => ({
      id: `client@${version}+${transport}`,
      implementations: [{ id: 'client', name: 'Own client', version, family: 'client', role: 'xmpp-client' as const }],
      environment: { runtime: 'embedded' as const, transport },
      cases: ids,
    }))
}

/** What is asked over one transport, with the controls of it. */
function idsOver(transport: Transport, first: boolean, cases: CatalogueCase[]): string[] {
  const asked = cases.filter(
    ({ role, transports: about }) =>
      role === 'xmpp-client' &&
      (first ? about?.includes(transport) !== false : about?.length === 1 && about[0] === transport),
  )
  const ids = new Set(asked.flatMap(({ id, control }) => (control ? [id, control] : [id])))
  return cases.filter(({ id }) => ids.has(id)).map(({ id }) => id)
}

const idsOf = (cases: CatalogueCase[], role: Role) => cases.filter((one) => one.role === role).map((one) => one.id)

const forFolder = (text: string) => text.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^[.-]+|-+$/g, '')

/** An implementation in the role that it is asked in. */
export const chosen = ({ manifest, variant }: RegisteredVariant, role: Role): ChosenImplementation => ({
  id: manifest.id,
  name: manifest.name,
  version: variant.version,
  family: manifest.family,
  role,
  homepage: manifest.homepage,
})
