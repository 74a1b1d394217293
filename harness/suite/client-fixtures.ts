import type { Certificate } from '../lab/certificates.ts'
import type { DriverEvent } from '../lab/embedded/client-driver.ts'
import type { Account } from '../lab/lab.ts'
import type { Behaviour } from '../record/results-schema.ts'
import type { WaitOptions } from '../tester/inbox.ts'
import type { ScriptedServer, ServerTransport } from '../tester/xmpp-server/scripted-server.ts'
import type { ClientExpect } from './client-expect.ts'
import type { ProbeNetwork } from './probe-network.ts'

export type { CertificateKind } from '../tester/xmpp-server/certificate-kinds.ts'

/** What came of a client's attempt to log in. */
export interface LoginOutcome {
  /**
   * `online`: it told its user that it is online · `refused`: it gave up and said so · `silent`: it is alive and says
   * nothing · `hangs`: its driver does not answer any more · `dies`: the process is gone.
   */
  kind: 'online' | 'refused' | 'silent' | 'hangs' | 'dies'
  jid?: string
  /** What it told its user, and how the process ended, for a failure's text. */
  said: string
}

/**
 * What a client does after something came that it may not like, seen by a right message and a right query sent behind:
 * `alive`: it told the message or answered · `closed`: it closed the stream or the connection · `deaf`: it is there and
 * does neither · `open`: it was not asked, and keeps the connection · `hangs` · `dies`.
 */
export interface Canary {
  kind: 'alive' | 'closed' | 'open' | 'deaf' | 'hangs' | 'dies'
  said: string
}

/** As whom a client logs in, where that is not the account with its password. */
export interface LoginAs {
  /** As nobody in particular (RFC 4505). */
  anonymous?: boolean
  /** With a certificate beside the password (RFC 6120 §6.3.4). */
  certificate?: Certificate
  /** Told the domain alone: it finds the server by itself (RFC 6120 §3.2). For cases that require `srv`. */
  byDomain?: boolean
  /** It may go on at another place: an error that it tells is not yet the end. `byDomain` implies it. */
  elsewhere?: boolean
}

/** The client under test, worked through its driver. */
export interface ClientUnderTest {
  /** Where it was told to connect to: an IP address, and a port. */
  readonly address: string
  readonly port: number
  /** Lets it log in and waits for what comes of it, whatever that is. */
  attempt(as?: LoginAs): Promise<LoginOutcome>
  /**
   * Lets it log out and then log in again, as a user does on the same device. Unsupported where its driver has no such
   * verb, inconclusive where it does not log out.
   */
  again(as?: LoginAs): Promise<LoginOutcome>
  /** Resets its connections and waits for it to come back by itself. Unsupported where it does not do that. */
  comesBack(): Promise<LoginOutcome>
  /** Logs it in and returns its full JID. Inconclusive where that does not work. */
  login(as?: LoginAs): Promise<string>
  /** Asks for a verb of drivers/PROTOCOL.md; unsupported where the driver has not got it. Throws DriverError. */
  call(verb: string, params?: Record<string, unknown>): Promise<unknown>
  /** What it told its user so far. */
  told(event: string, match?: (params: Record<string, unknown>) => boolean): DriverEvent[]
  /** Waits for it to tell something. Throws NothingCame. */
  nextTold(event: string, match: (params: Record<string, unknown>) => boolean, wait: WaitOptions): Promise<DriverEvent>
  /** A right message and a right query: shows whether it is alive. What was told before is in `told` afterwards. */
  canary(): Promise<Canary>
  /** Waits for it to close the stream, and sends nothing: where the server has closed it and may say no more. */
  closes(): Promise<Canary>
  /** Resolves when nothing new has come from it for a while, on the wire or from its driver. */
  quiet(): Promise<void>
  /** Resolves when its event loop has gone round: what reached it before has been read. */
  turn(): Promise<void>
}

/** What a case of role `xmpp-client` works with: the scripted server, right but for what the case changes, and the client. */
export interface ClientFixtures {
  readonly domain: string
  readonly account: Account
  readonly transport: ServerTransport
  /** Bare JID of the account's one contact. */
  readonly contact: string
  /** Full JID of somebody on another server whom the account does not know. */
  readonly stranger: string
  readonly server: ScriptedServer
  /** A certificate with which a client is the account's owner. */
  ownCertificate(): Promise<Certificate>
  readonly client: ClientUnderTest
  readonly network: ProbeNetwork
  readonly expect: ClientExpect
  /** Whatever goes wrong inside makes the case inconclusive, with `what` in the reason. */
  given<T>(what: string, step: () => Promise<T>): Promise<T>
  /** Says how the client behaved, where that tells more than the verdict. */
  behaved(how: Behaviour): void
  /** A word that nothing else in this run uses. */
  unique(prefix?: string): string
}
