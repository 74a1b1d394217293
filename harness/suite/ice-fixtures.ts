import type { Element } from '@xmpp/xml'
import type { DriverEvent } from '../lab/embedded/client-driver.ts'
import type { IceKind, IceRole } from '../lab/ice-agent.ts'
import type { Behaviour } from '../record/results-schema.ts'
import type { IceEngineOptions } from '../tester/ice-peer/engine-options.ts'
import type { IceCandidate } from '../tester/ice-peer/ice-candidate.ts'
import type { IceDescription } from '../tester/ice-peer/ice-description.ts'
import type { IcePeer } from '../tester/ice-peer/ice-peer.ts'
import type { WaitOptions } from '../tester/inbox.ts'
import type { Expect } from './expect.ts'

/** How the agent under test and the scripted peer are brought together. */
export interface MeetOptions {
  /** The role that the agent is to take; controlled by default. */
  role?: IceRole
  /** How the peer differs from a right one: lite, silent, its points. Its role is the other one unless named here. */
  peer?: Partial<IceEngineOptions>
  /** How many sockets, and host candidates, the peer has; 1 by default. */
  sockets?: number
  /** Changes what the peer tells. */
  tell?: (description: IceDescription) => IceDescription
  /** Changes the SDP that the peer tells, where the agent speaks SDP. */
  sdp?: (sdp: string) => string
  trickle?: boolean
  /** Asks for a lite agent. */
  lite?: boolean
  /** That it refuses what it is told of the peer is a failure; without this the case is then inconclusive. */
  mustTake?: boolean
  /** The agent is told nothing of the peer as yet: `introduce` does it. */
  apart?: boolean
}

/** The agent under test, worked through its driver. */
export interface AgentUnderTest {
  readonly kind: IceKind
  /** What it told of itself, as it stands now with what was trickled. */
  readonly description: IceDescription
  /** The SDP that it told; undefined of one that speaks ICE alone. */
  readonly sdp: string | undefined
  /** Asks for a verb of drivers/PROTOCOL.md. Throws DriverError, and ExpectationError where it hangs or dies. */
  call(verb: string, params?: Record<string, unknown>): Promise<unknown>
  told(event: string, match?: (params: Record<string, unknown>) => boolean): DriverEvent[]
  nextTold(event: string, match: (params: Record<string, unknown>) => boolean, wait: WaitOptions): Promise<DriverEvent>
  /** Everything that it told, in order. */
  readonly events: readonly DriverEvent[]
  /** The ICE states that it told, in W3C's words. */
  readonly states: readonly string[]
  /** The ICE state that it told last, in W3C's words. */
  readonly state: string | undefined
  /** Waits until it says that it is connected. Throws NothingCame. */
  connected(timeoutMs?: number): Promise<void>
  /** Waits until it says that ICE failed, or that it is disconnected. Throws NothingCame. */
  failed(timeoutMs?: number): Promise<void>
  /** Waits until it says that gathering is over, where it trickles. */
  gathered(): Promise<void>
  /** Lets it send data: a message of ICE alone; of others their DTLS comes by itself. */
  makeData(): Promise<void>
  /** It is still there and answers. Throws ExpectationError. */
  survives(what: string): Promise<void>
  /** One more candidate of the peer. */
  candidate(candidate: IceCandidate | string): Promise<void>
  endOfCandidates(): Promise<void>
  /** An ICE restart that it begins; the peer follows. The new description of it. */
  restart(): Promise<IceDescription>
  /** An ICE restart that the peer begins; the agent follows. The new description of it. */
  followRestart(): Promise<IceDescription>
}

/** What all cases can demand. */
export interface IceExpect extends Omit<Expect, 'ok'> {
  /** The general form. `expected` completes "expected …", `actual` completes "got …". */
  ok(condition: unknown, expected: string, actual: string | Element, how?: Behaviour): void
}

/** What a case of role `ice-agent` works with. */
export interface IceFixtures {
  readonly agent: AgentUnderTest
  /** Starts the agent, opens a peer, and lets each know the other. Once a case. Inconclusive where that does not work. */
  meet(options?: MeetOptions): Promise<IcePeer>
  /** Tells the agent of the peer, after `meet` with `apart`. */
  introduce(): Promise<void>
  /** A second agent of the same kind, to compare what it tells: its description, as the controlling side. */
  another(): Promise<IceDescription>
  readonly expect: IceExpect
  /** Whatever goes wrong inside makes the case inconclusive, with `what` in the reason. */
  given<T>(what: string, step: () => Promise<T>): Promise<T>
  /** Says how the agent behaved, where that tells more than the verdict. */
  behaved(how: Behaviour): void
}
