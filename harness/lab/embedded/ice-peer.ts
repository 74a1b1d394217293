import { flushCompileCache } from 'node:module'
import type { AgentDescription, MediaCounts, StartAgent, TrickledCandidate } from '../ice-agent.ts'
import { driverCodes } from './client-driver.ts'
import { serveVerbs, tell, VerbError, type Verbs } from './stdio-peer.ts'

/** A library as its driver drives it; a verb that it lacks is left out. See drivers/PROTOCOL.md, role ice-agent. */
export interface DrivenAgent {
  describe(): Promise<AgentDescription>
  remote(description: AgentDescription): unknown
  send(data: string): unknown
  close(): unknown
  candidate?(one: TrickledCandidate): unknown
  endOfCandidates?(): unknown
  restart?(): Promise<AgentDescription>
  selected?(): unknown
  media?(): MediaCounts | Promise<MediaCounts>
}

export interface ServedAgent {
  name: string
  version?: string
  /** Verbs beside the needed ones. */
  verbs: ('candidate' | 'end-of-candidates' | 'restart' | 'selected' | 'media')[]
  /** Events that it tells. */
  events: string[]
  /** Makes the agent; nothing goes on the network before `describe`. */
  start(how: StartAgent): DrivenAgent | Promise<DrivenAgent>
}

const needed = ['start', 'describe', 'remote', 'send', 'close']

/** Serves an ICE agent over standard input and output. */
export function serveIceAgent({ name, version, verbs, events, start }: ServedAgent): void {
  let agent: DrivenAgent | undefined
  const running = (): DrivenAgent => {
    if (!agent) throw new VerbError('start it first')
    return agent
  }
  const all: Verbs = {
    initialize: () => ({ name, version, verbs: [...needed, ...verbs], events }),
    start: async (params) => {
      if (agent) throw new VerbError('it is started already')
      const how = params as unknown as StartAgent
      if (how.role !== 'controlling' && how.role !== 'controlled') {
        throw new VerbError('role is controlling or controlled', { code: driverCodes.invalidParams })
      }
      agent = await start(how)
      setTimeout(flushCompileCache, 250).unref()
    },
    describe: () => running().describe(),
    remote: (params) => running().remote((params as unknown as { description: AgentDescription }).description),
    send: ({ data = '' }) => running().send(data),
    close: () => running().close(),
  }
  const optional: Record<ServedAgent['verbs'][number], Verbs[string]> = {
    candidate: (params) => running().candidate?.(params as unknown as TrickledCandidate),
    'end-of-candidates': () => running().endOfCandidates?.(),
    restart: () => running().restart?.(),
    selected: () => running().selected?.(),
    media: () => running().media?.(),
  }
  for (const verb of verbs) all[verb] = async (params) => (await optional[verb]?.(params)) ?? null
  for (const verb of needed) {
    const serve = all[verb]
    if (verb !== 'describe') all[verb] = async (params) => void (await serve?.(params))
  }
  serveVerbs(all)
}

/** What a driver of an agent tells, by its names. */
export const tellOf = {
  candidate: (one: TrickledCandidate) => tell('candidate', { ...one }),
  gathered: () => tell('gathered'),
  ice: (state: string) => tell('ice', { state }),
  dtls: (state: string) => tell('dtls', { state }),
  open: () => tell('open'),
  data: (data: string) => tell('data', { data }),
  error: (error: unknown) => tell('error', { message: error instanceof Error ? error.message : String(error) }),
}
