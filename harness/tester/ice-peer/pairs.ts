import type { Endpoint } from '../../wire/ip/address.ts'
import { pairPriority } from './ice-candidate.ts'
import type { IceSocket } from './ice-socket.ts'
import type { IceRole } from './judge-message.ts'

/** A candidate pair and its state (RFC 8445 §6.1.2.6). Nothing is frozen here: each pair has a foundation of its own. */
export interface Pair {
  socket: IceSocket
  localPriority: number
  remote: Endpoint
  remotePriority: number
  state: 'waiting' | 'in-progress' | 'succeeded' | 'failed'
  /** The next check of it carries USE-CANDIDATE. */
  nominate: boolean
  /** The peer nominated it before it was valid (RFC 8445 §7.3.1.5). */
  nominateWhenValid: boolean
  nominated: boolean
  /** In which place it became valid, from 1. */
  valid?: number
}

export const samePlace = (a: Endpoint, b: Endpoint): boolean => a.address === b.address && a.port === b.port

/** The pairs of one component, and the queue of triggered checks (RFC 8445 §6.1.4.1). */
export class PairList {
  readonly pairs: Pair[] = []
  readonly triggered: Pair[] = []

  find(socket: IceSocket, remote: Endpoint): Pair | undefined {
    return this.pairs.find((pair) => pair.socket === socket && samePlace(pair.remote, remote))
  }

  add(parts: Pick<Pair, 'socket' | 'localPriority' | 'remote' | 'remotePriority'>): Pair {
    const pair: Pair = { ...parts, state: 'waiting', nominate: false, nominateWhenValid: false, nominated: false }
    this.pairs.push(pair)
    return pair
  }

  trigger(pair: Pair): void {
    pair.state = 'waiting'
    if (!this.triggered.includes(pair)) this.triggered.push(pair)
  }

  /** By priority, the highest first. */
  sorted(role: IceRole, pairs = this.pairs): Pair[] {
    const of = (pair: Pair) =>
      role === 'controlling'
        ? pairPriority(pair.localPriority, pair.remotePriority)
        : pairPriority(pair.remotePriority, pair.localPriority)
    return pairs.toSorted((a, b) => (of(a) < of(b) ? 1 : of(a) > of(b) ? -1 : 0))
  }

  /** The next pair to be checked: triggered ones come first (RFC 8445 §6.1.4.2). */
  next(role: IceRole, lowestFirst = false): Pair | undefined {
    const triggered = this.triggered.shift()
    if (triggered) return triggered
    const waiting = this.sorted(
      role,
      this.pairs.filter(({ state }) => state === 'waiting'),
    )
    return waiting.at(lowestFirst ? -1 : 0)
  }

  get valid(): Pair[] {
    return this.pairs.filter(({ state }) => state === 'succeeded')
  }

  /** Whether no pair can become valid any more (RFC 8445 §7.2.5.4). */
  get exhausted(): boolean {
    return this.pairs.every(({ state }) => state === 'failed')
  }

  clear(): void {
    this.pairs.length = 0
    this.triggered.length = 0
  }
}
