import { iceKinds } from '../lab/ice-agent.ts'
import { isPossible, type NatTopologyName, natTopologies } from '../lab/nat.ts'
import type { CatalogueCase } from '../record/results-schema.ts'
import { chosen } from './cells.ts'
import type { Cell } from './plan.ts'
import { capabilitiesOf, type RegisteredVariant, variantId } from './registry.ts'

/** Between the two halves of a pair's id: `werift@0.25.2~wrtc@0.10.0`, the controlling agent first. */
export const pairSign = '~'

/** A cell of two agents, and why it cannot be run on this machine, if it cannot. */
export interface PairCell {
  cell: Cell
  unavailable?: string
}

/**
 * Joins ICE agents to ordered pairs, controlling × controlled, an agent with itself too: those that have a kind of
 * connection in common (ICE alone, data channels, sound), and each its role.
 *
 * @param nats what either agent stands behind, a cell for each; none where it is left out
 */
export function pairCells(
  variants: RegisteredVariant[],
  cases: CatalogueCase[],
  nats: readonly string[] = ['none'],
): PairCell[] {
  const ids = cases.filter(({ role }) => role === 'ice-pair').map(({ id }) => id)
  const agents = variants.filter(({ manifest }) => manifest.roles.includes('ice-agent'))
  if (ids.length === 0) return []
  return agents.flatMap((controlling) =>
    agents.flatMap((controlled) => {
      const kind = kindOf(controlling, controlled)
      if (!kind) return []
      const unavailable = controlling.reason ?? controlled.reason
      const runtimes = [controlling.manifest.runtime, controlled.manifest.runtime]
      const runtime = runtimes.find((name) => name !== 'embedded') ?? 'embedded'
      const id = `${variantId(controlling)}${pairSign}${variantId(controlled)}`
      const possible = nats.filter((nat) => !hasRouters(runtimes, nat) || hasWay(controlling, controlled, nat))
      return possible.map((nat) => ({
        cell: {
          id: nat === 'none' ? id : `${id}+${nat}`,
          implementations: [chosen(controlling, 'ice-agent'), chosen(controlled, 'ice-agent')],
          environment: { runtime, kind, nat, ...(hasRouters(runtimes, nat) ? { routers: 'docker' } : {}) },
          cases: ids,
        },
        ...(unavailable === undefined ? {} : { unavailable }),
      }))
    }),
  )
}

/** Whether a pair's id is meant by a word of the command line: each half with its version or without. */
export function isPairMeant(word: string, { implementations }: Cell): boolean {
  const halves = word.replace(/\+[a-z-]+$/, '').split(pairSign)
  return (
    halves.length === implementations.length &&
    implementations.every(({ id, version }, index) => halves[index] === id || halves[index] === `${id}@${version}`)
  )
}

/** Two agents in containers stand behind real routers where a topology of these is asked for; else the tap plays the NAT. */
const hasRouters = (runtimes: string[], nat: string) =>
  runtimes.every((runtime) => runtime === 'docker') && Object.hasOwn(natTopologies, nat)

const hasWay = (controlling: RegisteredVariant, controlled: RegisteredVariant, nat: string) =>
  isPossible(
    natTopologies[nat as NatTopologyName],
    capabilitiesOf(controlling.manifest, controlling.variant),
    capabilitiesOf(controlled.manifest, controlled.variant),
  )

/** The first kind that both have, in the order of the kinds; undefined where there is none, or a role is missing. */
function kindOf(controlling: RegisteredVariant, controlled: RegisteredVariant) {
  const one = capabilitiesOf(controlling.manifest, controlling.variant)
  const two = capabilitiesOf(controlled.manifest, controlled.variant)
  if (!one.has('controlling') || !two.has('controlled')) return undefined
  return iceKinds.find((kind) => one.has(kind) && two.has(kind))
}
