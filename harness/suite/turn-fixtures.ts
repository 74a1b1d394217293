import type { TurnClient } from '../tester/turn-client/turn-client.ts'
import type { TurnTransport } from '../tester/turn-client/turn-link.ts'
import type { TurnPeer } from '../tester/turn-client/turn-peer.ts'
import type { Endpoint } from '../wire/ip/address.ts'
import type { IceExpect } from './ice-fixtures.ts'

export interface TurnClientChoice {
  /** Between client and server; UDP by default. */
  transport?: TurnTransport
}

/** What a case of role `turn-server` works with. */
export interface TurnFixtures {
  /** A scripted client of the server, on a 5-tuple of its own. */
  client(choice?: TurnClientChoice): Promise<TurnClient>
  /** A client that has an allocation. Inconclusive where it gets none. */
  allocated(choice?: TurnClientChoice): Promise<TurnClient & { relayed: Endpoint }>
  /** Somebody to talk with through the server: all have the same address, each a port of its own. */
  peer(): Promise<TurnPeer>
  /** A second account of the server, whose name and password are right. */
  readonly other: { username: string; password: string }
  readonly expect: IceExpect
  /** Whatever goes wrong inside makes the case inconclusive, with `what` in the reason. */
  given<T>(what: string, step: () => Promise<T>): Promise<T>
}
