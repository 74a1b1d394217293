import type { Endpoint } from '../../wire/ip/address.ts'
import type { StunMessage } from '../../wire/stun/stun-message.ts'
import type { DataFlow, DtlsRecord, MalformedMessage, WireMessage } from '../../wire/trace/trace.ts'
import type { IceDescription } from '../signalled/ice-description.ts'

export type StunSighting = WireMessage<StunMessage>
export type IceRole = 'controlling' | 'controlled'

/** One side of an ICE session: who owns a username fragment. */
export interface IceAgent {
  /** `A` for the one whose check was seen first, `B` for the other. */
  name: string
  ufrag: string
  /** By `endpointText`: every address of its candidates that was seen. */
  endpoints: Map<string, Endpoint>
  /** The role that it ended with. */
  role?: IceRole
  /** What its checks said of its role, wherever that or the tie-breaker changed; by time. */
  roles: { at: number; role: IceRole; tieBreaker?: bigint; check: Check }[]
  /** What it signalled, where that is known. */
  description?: IceDescription
  /** Whether it is a lite agent: by its description, or because it answered and never asked. */
  lite: boolean
}

/** What is wrong with the USERNAME of a check. */
export type UsernameFault = 'missing' | 'malformed' | 'swapped' | 'foreign'

/** One Binding transaction between the agents of a session (RFC 8445 §7.2). */
export interface Check {
  from: IceAgent
  to: IceAgent
  pair: CandidatePair
  source: Endpoint
  destination: Endpoint
  /** Every transmission that was seen. */
  requests: StunSighting[]
  /** Every answer that was seen, from wherever it came. */
  answers: StunSighting[]
  /** The first success answer. */
  success?: StunSighting
  error?: { code: number; sighting: StunSighting }
  /** Epoch microseconds of the first transmission. */
  at: number
  username?: string
  usernameFault?: UsernameFault
  priority?: number
  role?: IceRole
  tieBreaker?: bigint
  useCandidate: boolean
  /** Value of libwebrtc's attribute 0xC001. */
  nomination?: number
  /** Sources that this request was seen with, more than one where the capture has both sides of a NAT. */
  seenFrom: Endpoint[]
}

/** A check of the controlled side that nominates (RFC 8445 §7.1.2): whoever gets it cannot know what is meant, and may refuse it. */
export const contradictsItself = ({ role, useCandidate }: Pick<Check, 'role' | 'useCandidate'>): boolean =>
  role === 'controlled' && useCandidate

/** Data of one sender on one pair. */
export interface PairData {
  from: IceAgent
  kind: DataFlow['kind']
  packets: number
  bytes: number
  bursts: DataFlow['bursts']
  payloadTypes: number[]
}

/** Two transport addresses between which the agents spoke. */
export interface CandidatePair {
  key: string
  /** Of agent A. */
  a: Endpoint
  /** Of agent B. */
  b: Endpoint
  /** By the last byte of PRIORITY (RFC 8445 §5.1.2.1); 1 where no check tells. */
  component: number
  checks: Check[]
  data: PairData[]
  /** Whether either end is reached through a TURN server in this capture. */
  relayed: boolean
}

/** A nomination that the other side answered with success (RFC 8445 §7.2.5.3.4). */
export interface Nomination {
  pair: CandidatePair
  check: Check
  /** Epoch microseconds of the answer. */
  at: number
  /** `0xC001` is libwebrtc's attribute, which nobody has to understand. */
  by: 'USE-CANDIDATE' | '0xC001'
  /** When both sides could take the pair for selected: the controlled side needs a successful check of its own. */
  confirmedAt?: number
}

/** Everything between two agents with one pair of username fragments: one data stream, one generation. */
export interface IceSession {
  capture: number
  a: IceAgent
  b: IceAgent
  pairs: CandidatePair[]
  /** By time. */
  checks: Check[]
  nominations: Nomination[]
  dtls: { from: IceAgent; pair: CandidatePair; message: WireMessage<DtlsRecord> }[]
  malformed: { from: IceAgent; pair: CandidatePair; message: WireMessage<MalformedMessage> }[]
  indications: { from: IceAgent; pair: CandidatePair; message: StunSighting }[]
  /** Epoch microseconds. */
  startedAt: number
  endedAt: number
}

export const peerOf = (session: IceSession, agent: IceAgent): IceAgent => (agent === session.a ? session.b : session.a)

/** The address of one agent in a pair. */
export const endOf = (session: IceSession, pair: CandidatePair, agent: IceAgent): Endpoint =>
  agent === session.a ? pair.a : pair.b

export const checksOf = (session: IceSession, agent: IceAgent): Check[] =>
  session.checks.filter(({ from }) => from === agent)
