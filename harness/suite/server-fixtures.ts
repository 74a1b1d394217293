import type { Account, ServerEndpoints } from '../lab/lab.ts'
import type { OpenOptions, RawStream } from '../tester/xmpp-client/raw-stream.ts'
import type { Room } from '../tester/xmpp-client/room.ts'
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
  /** An account that may make nodes on the pubsub service, where the server does not let everybody. */
  nodeOwner?: boolean
}

/** How `room` makes a room. */
export interface RoomOptions {
  /** Nickname of the owner; default `owner`. */
  nick?: string
  /** Configuration beside the service's defaults, short names for `muc#roomconfig_…`: `{ membersonly: '1' }`. */
  config?: Record<string, string>
}

/** An HTTP request of a case. */
export interface HttpOptions {
  method?: string
  headers?: Record<string, string>
  body?: Uint8Array | string
}

export interface HttpAnswer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

/** How `rawSession` logs in. */
export interface RawSessionOptions extends OpenOptions {
  resource?: string
  /** Attributes of the last stream header, beside the usual ones. */
  header?: Record<string, string | undefined>
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
   * A raw stream of the account `name`, logged in and with a resource, without presence. Inconclusive where it cannot.
   */
  rawSession(name: string, options?: RawSessionOptions): Promise<RawStream>
  /**
   * What must be so before the question can be asked: whatever goes wrong inside makes the case inconclusive, with
   * `what` in the reason.
   */
  given<T>(what: string, step: () => Promise<T>): Promise<T>
  /** The account of `one` gets subscribed to the presence of `other`, and not the other way round (RFC 6121 §3.1). */
  subscribe(one: Session, other: Session): Promise<void>
  /** Two sessions whose accounts are subscribed to each other's presence (RFC 6121 §3). */
  friends(one: Session, other: Session): Promise<void>
  /** A room of its own that the owner is in, configured and unlocked (XEP-0045 §10.1). */
  room(owner: Session, options?: RoomOptions): Promise<Room>
  /** One exchange over HTTP or HTTPS; names of the domain under test lead to where the lab has it. */
  http(url: string, options?: HttpOptions): Promise<HttpAnswer>
  /** A word that nothing else in this run uses; for ids, bodies, node names. */
  unique(prefix?: string): string
  /** Something to be undone at the end of the case, whatever happens; the last one first. */
  cleanUp(undo: () => Promise<void>): void
}
