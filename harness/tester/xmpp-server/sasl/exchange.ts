import type { ServerConnection } from '../server-connection.ts'

/** What a mechanism answers to a message of the client; `data` is the message of the server, before base64. */
export type SaslStep =
  | { kind: 'challenge'; data: string }
  | { kind: 'success'; data: string }
  | { kind: 'failure'; condition: string }

/** One run of a mechanism, in no profile's clothes: RFC 6120 §6 and XEP-0388 wrap the same messages differently. */
export interface SaslExchange {
  /**
   * Takes what the client said, decoded; undefined where it said nothing at first.
   *
   * @throws Error when that is no message of this mechanism.
   */
  step(message: string | undefined): SaslStep | Promise<SaslStep>
}

/** A mechanism that the server speaks. */
export interface SaslMechanism {
  /** @param name the mechanism as the client named it */
  start(name: string, connection: ServerConnection): SaslExchange
}

/** A client-first mechanism whose client began with nothing is asked for its message (RFC 4422 §3.3). */
export const askForMore: SaslStep = { kind: 'challenge', data: '' }
