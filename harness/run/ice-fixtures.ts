import { type ClientDriver, DriverError } from '../lab/embedded/client-driver.ts'
import type { IceKind } from '../lab/ice-agent.ts'
import type { Behaviour } from '../record/results-schema.ts'
import { expect } from '../suite/expect.ts'
import type { AgentUnderTest, IceFixtures, MeetOptions } from '../suite/ice-fixtures.ts'
import { ExpectationError, Inconclusive, Unsupported } from '../suite/verdict-errors.ts'
import { formatCandidate } from '../tester/ice-peer/ice-candidate.ts'
import type { IceDescription } from '../tester/ice-peer/ice-description.ts'
import { IcePeer } from '../tester/ice-peer/ice-peer.ts'
import type { Datagram } from '../tester/ice-peer/ice-socket.ts'
import { mediaOf, peerSdp } from '../tester/ice-peer/peer-sdp.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import type { CapturedPacket } from '../wire/captured-packet.ts'
import { linkTypes } from '../wire/link-type.ts'
import { pcapFile } from '../wire/pcap/pcap-writer.ts'
import { encodeUdp } from '../wire/udp/encode-udp.ts'
import { IceProbe } from './ice-probe.ts'
import type { Stage } from './world.ts'

export interface IceStageParts {
  kind: IceKind
  /** What the agent can do, in the words of drivers/PROTOCOL.md. */
  capabilities: ReadonlySet<string>
  recorder: CaseRecorder
  /** Fresh agents that nobody has used. */
  take: () => ClientDriver
  /** Where the peer listens, and where the agent is to gather. */
  address: { peer: string; agent?: string }
  /** Its ICE state waits for more than ICE: that it has a pair is then seen by its data. */
  dataTells?: boolean
}

export interface IceStage extends Stage {
  readonly fixtures: IceFixtures
  readonly how: Behaviour | undefined
}

/** Makes what one attempt at a case of role `ice-agent` works with: a fresh agent, and a peer when the case asks for it. */
export function createIceStage({ kind, capabilities, recorder, take, address, dataTells }: IceStageParts): IceStage {
  let how: Behaviour | undefined
  const behaved = (behaviour: Behaviour) => {
    how = behaviour
  }
  const packets: CapturedPacket[] = []
  const onDatagram = ({ at, direction, local, remote, bytes }: Datagram) => {
    const [source, destination] = direction === 'sent' ? [local, remote] : [remote, local]
    const data = encodeUdp({ source, destination, payload: bytes })
    packets.push({ at, length: data.length, data })
  }
  const probes: IceProbe[] = []
  const probeOf = (name: string) => {
    const made = new IceProbe(take(), kind, recorder.connection(name), behaved)
    probes.push(made)
    return made
  }
  const probe = probeOf('agent')
  let met: { peer: IcePeer; options: MeetOptions } | undefined

  /** The peer's description in the shape that the agent takes. */
  const told = (type: 'offer' | 'answer', options: MeetOptions, peer: IcePeer): Record<string, unknown> => {
    const own = { ...peer.engine.description, endOfCandidates: !options.trickle }
    const described = options.tell?.(own) ?? own
    if (kind === 'raw-ice') {
      const { ufrag, pwd, lite, candidates } = described
      return { ufrag, password: pwd, lite, options: described.options, candidates: candidates.map(formatCandidate) }
    }
    const sdp = peerSdp(type, kind, described, probe.mid)
    return { type, sdp: options.sdp?.(sdp) ?? sdp }
  }

  const learn = (peer: IcePeer, description: IceDescription, trickle: boolean) => {
    if (probe.sdp !== undefined) probe.mid = mediaOf(probe.sdp).mid
    peer.engine.setRemote({ ...description, endOfCandidates: !trickle })
  }

  const tell = async (type: 'offer' | 'answer', options: MeetOptions, peer: IcePeer) => {
    try {
      await probe.call('remote', { description: told(type, options, peer) })
    } catch (error) {
      if (!options.mustTake || !(error instanceof DriverError)) throw error
      throw new Refused('that it takes the description', `"${error.message}"`, 'refused')
    }
  }

  const introduce = async () => {
    if (!met) throw new Error('nobody has met')
    await tell('answer', met.options, met.peer)
  }

  const startOf = ({ role = 'controlled', trickle = false, lite }: MeetOptions) => ({
    role,
    kind,
    trickle,
    ...(address.agent === undefined ? {} : { address: address.agent }),
    ...(lite ? { lite } : {}),
  })

  const meet = async (options: MeetOptions = {}): Promise<IcePeer> => {
    const { role = 'controlled', trickle = false, sockets = 1 } = options
    for (const needed of [role, ...(trickle ? ['trickle'] : []), ...(options.lite ? ['lite'] : [])]) {
      if (!capabilities.has(needed)) throw new Unsupported(`it does not have the capability "${needed}"`)
    }
    return given('agent and peer know one another', async () => {
      const peer = await IcePeer.open(
        {
          role: role === 'controlling' ? 'controlled' : 'controlling',
          addresses: Array<string>(sockets).fill(address.peer),
          timings: { ta: 20 },
          ...options.peer,
        },
        onDatagram,
      )
      met = { peer, options }
      probe.onCandidate = (candidate) => peer.engine.remote && peer.engine.addRemoteCandidate(candidate)
      probe.onGathered = () => trickle && peer.engine.remote && peer.engine.endOfRemoteCandidates()
      await probe.call('start', startOf(options))
      if (role === 'controlled') await tell('offer', options, peer)
      learn(peer, await probe.describe(), trickle && probe.told('gathered').length === 0)
      if (role === 'controlling' && !options.apart) await introduce()
      return peer
    })
  }

  const restarted = async (verb: 'describe' | 'restart'): Promise<IceDescription> => {
    if (!met) throw new Error('nobody has met')
    const { peer, options } = met
    if (verb === 'describe') {
      peer.engine.restart()
      await probe.call('remote', { description: told('offer', options, peer) })
    }
    const description = await probe.describe(verb)
    if (verb === 'restart') {
      peer.engine.restart()
      peer.engine.setRemote({ ...description, endOfCandidates: !options.trickle })
      await probe.call('remote', { description: told('answer', options, peer) })
    } else peer.engine.setRemote({ ...description, endOfCandidates: !options.trickle })
    return description
  }

  const agent: AgentUnderTest = {
    kind,
    get description() {
      return probe.description
    },
    get sdp() {
      return probe.sdp
    },
    get events() {
      return probe.events
    },
    get states() {
      return probe.states
    },
    get state() {
      return probe.state
    },
    call: (verb, params) => probe.call(verb, params),
    told: (event, match) => probe.told(event, match),
    nextTold: (event, match, wait) => probe.nextTold(event, match, wait),
    connected: async (timeoutMs = 10_000) => {
      if (!dataTells) return probe.connected(timeoutMs)
      const seen = met?.peer.data.length || (await met?.peer.nextData(() => true, { awaited: 'data', timeoutMs }))
      if (!seen) throw new Error('nobody has met')
    },
    failed: (timeoutMs) => probe.failed(timeoutMs),
    gathered: () => probe.gathered(),
    makeData: async () => {
      if (kind === 'raw-ice') await probe.call('send', { data: 'question' })
    },
    survives: (what) => probe.survives(what),
    candidate: (candidate) => probe.candidate(candidate),
    endOfCandidates: async () => {
      await probe.call('end-of-candidates')
    },
    restart: () => restarted('restart'),
    followRestart: () => restarted('describe'),
  }

  const another = async (): Promise<IceDescription> => {
    const other = probeOf('another agent')
    return given('another agent describes itself', async () => {
      await other.call('start', startOf({ role: 'controlling' }))
      return other.describe()
    })
  }

  return {
    fixtures: { agent, meet, introduce, another, expect, given, behaved },
    get how() {
      return how
    },
    async end() {
      await Promise.all(probes.map((one) => one.end()))
      await met?.peer.close()
    },
    evidence: async () => ({
      'agent.log': probes.map(({ log }) => log).join('\n'),
      ...(packets.length > 0 ? { 'capture.pcap': pcapFile(linkTypes.raw, packets) } : {}),
    }),
  }
}

/** The agent refused what it must take. */
class Refused extends ExpectationError {}

async function given<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof Inconclusive || error instanceof Unsupported || error instanceof Refused) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new Inconclusive(`could not get as far as "${what}": ${message}`, { cause: error })
  }
}
