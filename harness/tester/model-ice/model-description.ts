import type { IceCandidate } from '../ice-peer/ice-candidate.ts'
import type { IceDescription } from '../ice-peer/ice-description.ts'
import type { IceEngine } from '../ice-peer/ice-engine.ts'
import type { IceMistake } from '../ice-peer/ice-mistakes.ts'
import type { Makes } from '../ice-peer/judge-message.ts'

const candidateMistakes: Partial<Record<IceMistake, (candidates: IceCandidate[]) => IceCandidate[]>> = {
  'tells-priority-zero': (all) => all.map((one) => ({ ...one, priority: 0 })),
  'tells-own-formula': (all) => all.map((one) => ({ ...one, priority: 1_000 })),
  'tells-same-priority-twice': (all) => all.flatMap((one) => [one, { ...one, port: one.port - 1, foundation: '9' }]),
  'tells-foundation-twice': (all) =>
    all.flatMap((one) => [
      one,
      { ...one, type: 'srflx', priority: 1_694_498_815, related: { address: '0.0.0.0', port: 9 } },
    ]),
  'tells-long-foundation': (all) => all.map((one) => ({ ...one, foundation: 'f'.repeat(33) })),
  'tells-strange-foundation': (all) => all.map((one) => ({ ...one, foundation: 'f_1' })),
  'tells-names-for-addresses': (all) => [
    ...all,
    ...all.map((one) => ({ ...one, address: 'host.example', foundation: '8', priority: one.priority - 9 })),
  ],
  'tells-related-address-of-host': (all) => all.map((one) => ({ ...one, related: { address: '0.0.0.0', port: 9 } })),
  'tells-no-candidates': () => [],
}

/** What an agent tells that breaks these rules. */
export function modelDescription(engine: IceEngine, makes: Makes): IceDescription {
  const right = { ...engine.description }
  if (makes('tells-no-ice2')) right.options = ['trickle']
  if (makes('tells-lite-though-full')) right.lite = true
  for (const [mistake, change] of Object.entries(candidateMistakes)) {
    if (makes(mistake as IceMistake)) right.candidates = change(right.candidates)
  }
  return right
}

/** An SDP that breaks these rules. */
export function modelSdp(sdp: string, makes: Makes): string {
  if (makes('tells-no-default-candidate'))
    return sdp.replace(/^(m=\S+) \d+/m, '$1 5999').replace(/^c=.*$/m, 'c=IN IP4 192.0.2.9')
  return sdp
}
