import type { Account, ServerEndpoints } from '../lab/lab.ts'
import type { OpenOptions, RawStream } from '../tester/xmpp-client/raw-stream.ts'
import type { Session } from '../tester/xmpp-client/session.ts'
import type { Expect } from './expect.ts'

/** How `connect` logs in. */
export interface ConnectOptions {
  /** Resource to ask for; default: the server chooses. */
  resource?: string
  /** Sends initial presence and waits for its echo; default true. */
  presence?: boolean
  priority?: number
  /** Asks for the roster first, so that pushes come (RFC 6121 §2.2). */
  roster?: boolean
  /** Enables message carbons (XEP-0280 §4). */
  carbons?: boolean
}

/** What a case of role `xmpp-server` works with. Everything is made when first asked for and undone at the end. */
export interface ServerFixtures {
  /** The XMPP domain under test. */
  readonly domain: string
  readonly endpoints: ServerEndpoints
  /** Domains of the services, known from the lab or found by disco (XEP-0030 §4). */
  readonly services: { muc?: string; pubsub?: string; upload?: string }
  readonly expect: Expect
  /** A fresh account of this case; the same name gives the same account. Inconclusive where a target has too few. */
  account(name: string): Promise<Account>
  /** A session of the account `name`, logged in. Inconclusive where it cannot log in. */
  connect(name: string, options?: ConnectOptions): Promise<Session>
  /** A raw stream, connected, nothing sent yet. Failing to connect makes the case inconclusive. */
  stream(options?: OpenOptions & { name?: string }): Promise<RawStream>
  /**
   * What must be so before the question can be asked: whatever goes wrong inside makes the case inconclusive, with
   * `what` in the reason.
   */
  given<T>(what: string, step: () => Promise<T>): Promise<T>
  /** Two sessions whose accounts are subscribed to each other's presence (RFC 6121 §3). */
  friends(one: Session, other: Session): Promise<void>
  /** A word that nothing else in this run uses; for ids, bodies, node names. */
  unique(prefix?: string): string
  /** Something to be undone at the end of the case, whatever happens; the last one first. */
  cleanUp(undo: () => Promise<void>): void
}
