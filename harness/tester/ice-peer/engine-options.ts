import type { Endpoint } from '../../wire/ip/address.ts'
import type { StunMessage } from '../../wire/stun/stun-message.ts'
import type { Draft, Drafted } from './drafts.ts'
import type { IceEngine } from './ice-engine.ts'
import type { Datagram } from './ice-socket.ts'
import type { IceRole, Makes } from './judge-message.ts'

/** Milliseconds. */
export interface IceTimings {
  /** Between checks (RFC 8445 §14.2). */
  ta: number
  /** First retransmission (RFC 8445 §14.3). */
  rto: number
  /** How long better pairs are waited for before one is nominated. */
  nominate: number
}

export interface IceEngineOptions {
  role: IceRole
  lite?: boolean
  /** Random by default (RFC 8445 §7.1.3). */
  tieBreaker?: bigint
  /** A socket and a host candidate for each; 127.0.0.1 by default. */
  addresses?: string[]
  timings?: Partial<IceTimings>
  /** Keeps its role whatever it hears, and sees no conflict. */
  stubborn?: boolean
  /** Whether it checks, and whether it nominates by itself; both by default. */
  checks?: boolean
  nominates?: boolean
  /** Rules that it breaks. */
  makes?: Makes
  /** A point: what becomes of a check that is about to go. */
  onCheck?: (draft: Draft) => Drafted
  /** A point: what becomes of an answer that is about to go. */
  onAnswer?: (draft: Draft, request: StunMessage, peer: IceEngine) => Drafted
  onDatagram?: (datagram: Datagram) => void
  onState?: (state: IceState) => void
  onData?: (bytes: Uint8Array, from: Endpoint) => void
}

export type IceState = 'new' | 'checking' | 'connected' | 'failed' | 'closed'

export const usualTimings: IceTimings = { ta: 50, rto: 500, nominate: 150 }
