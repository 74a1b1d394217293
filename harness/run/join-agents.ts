import { otherSide, type TapSide, tapSides } from '../lab/embedded/udp-tap.ts'
import { type AgentDescription, type IceAgent, type IceKind, readTrickled, type StartAgent } from '../lab/ice-agent.ts'
import { candidatesOf, replaceCandidates } from '../lab/ice-candidate.ts'
import type { PairWay } from './pair-wire.ts'

/** One of two agents that are to be joined. */
export interface JoinedAgent {
  agent: IceAgent
  /** What `start` is asked beside role, kind and trickling. */
  settings: Pick<StartAgent, 'address' | 'servers' | 'relayOnly' | 'lite'>
  /** Verbs that its driver has. */
  verbs: string[]
}

export interface JoinOptions {
  agents: Record<TapSide, JoinedAgent>
  way: Pick<PairWay, 'cover'>
  kind: IceKind
  trickle: boolean
  /** Told each description as the other side gets it. */
  onDescription?(side: TapSide, description: AgentDescription): void
  /** Told each candidate that trickled, as the other side gets it. */
  onCandidate?(side: TapSide, candidate: string): void
}

/** Why two agents could not be joined: what one of them did not do. */
export class JoinError extends Error {
  override name = 'JoinError'
  readonly side: TapSide
  constructor(side: TapSide, message: string, cause?: unknown) {
    super(message, { cause })
    this.side = side
  }
}

/**
 * Hands the description and the candidates of each agent to the other, each candidate as the tap covers it (drivers/PROTOCOL.md,
 * role ice-agent). Resolves when both have the other's description; candidates that trickle may still come.
 *
 * @throws JoinError naming the side that could not be started, described or told
 */
export async function joinAgents({
  agents,
  way,
  kind,
  trickle,
  onDescription,
  onCandidate,
}: JoinOptions): Promise<void> {
  const told = { controlling: Promise.withResolvers<void>(), controlled: Promise.withResolvers<void>() }
  // Who is never told gets no candidates either.
  for (const side of tapSides) told[side].promise.catch(() => {})
  await Promise.all(
    tapSides.map((side) => {
      const { agent, settings } = agents[side]
      return by(side, 'did not start', agent.start({ ...settings, role: side, kind, trickle }))
    }),
  )
  if (trickle) for (const side of tapSides) passCandidates(side)

  const offer = await describe('controlling')
  await tell('controlled', offer)
  const answer = await describe('controlled')
  await tell('controlling', answer)

  async function describe(side: TapSide): Promise<AgentDescription> {
    const own = await by(side, 'did not describe itself', agents[side].agent.describe())
    if (!trickle && localCandidates(own).length === 0) throw new JoinError(side, 'it gathered no candidate')
    const covered = await cover(own, (candidate) => way.cover(side, candidate))
    if (!trickle && localCandidates(covered).length === 0) {
      const all = localCandidates(own).join('; ')
      throw new JoinError(side, `it gathered no candidate that the other side can reach: ${all}`)
    }
    onDescription?.(side, covered)
    return covered
  }

  async function tell(side: TapSide, description: AgentDescription) {
    await by(side, 'did not take the description of the other side', agents[side].agent.remote(description))
    told[side].resolve()
  }

  /** One after the other, in the order in which they came, once the other side has the description. */
  function passCandidates(from: TapSide) {
    const to = agents[otherSide(from)]
    let last: Promise<unknown> = told[otherSide(from)].promise
    agents[from].agent.onEvent(({ event, params }) => {
      const one = event === 'candidate' ? readTrickled(params) : undefined
      if (one) {
        last = last.then(async () => {
          const candidate = await way.cover(from, one.candidate)
          if (!candidate) return
          onCandidate?.(from, candidate)
          await to.agent.candidate({ ...one, candidate })
        })
      } else if (event === 'gathered' && to.verbs.includes('end-of-candidates')) {
        last = last.then(() => to.agent.endOfCandidates())
      }
      // What the library says to a candidate that it does not like is in its log; the connection decides.
      last = last.catch(() => {})
    })
  }
}

async function by<T>(side: TapSide, what: string, done: Promise<T>): Promise<T> {
  try {
    return await done
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new JoinError(side, `it ${what}: ${message}`, cause)
  }
}

/** The candidates that a description holds. */
export const localCandidates = (description: AgentDescription): string[] =>
  'sdp' in description ? candidatesOf(description.sdp) : description.candidates

async function cover(
  description: AgentDescription,
  replace: (candidate: string) => Promise<string | undefined>,
): Promise<AgentDescription> {
  if ('sdp' in description) return { ...description, sdp: await replaceCandidates(description.sdp, replace) }
  const candidates = await Promise.all(description.candidates.map(replace))
  return { ...description, candidates: candidates.filter((candidate) => candidate !== undefined) }
}
