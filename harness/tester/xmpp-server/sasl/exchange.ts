import type { ServerConnection } from '../server-connection.ts'

/** What a mechanism answers to a message of the client; `data` is the message of the server, before base64. */
export type SaslStep =
  | { kind: 'challenge'; data: string | Uint8Array }
  | { kind: 'success'; data: string | Uint8Array }
  | { kind: 'failure'; condition: string }

/** One run of a mechanism, in no profile's clothes: RFC 6120 §6 and XEP-0388 wrap the same messages differently. */
export interface SaslExchange {
  /**
   * Takes what the client said, decoded; undefined where it said nothing at first.
   *
   * @throws Error when that is no message of this mechanism.
   */
  step(message: Buffer | undefined): SaslStep | Promise<SaslStep>
}

/** In whose clothes an exchange goes: of RFC 6120 §6, or of XEP-0388. */
export type SaslProfile = 'sasl' | 'sasl2'

/** What an exchange is about. */
export interface ExchangeParts {
  connection: ServerConnection
  /** The mechanism as the client named it. */
  name: string
}

/** A mechanism that the server speaks. */
export interface SaslMechanism {
  start(parts: ExchangeParts): SaslExchange
}

/** A client-first mechanism whose client began with nothing is asked for its message (RFC 4422 §3.3). */
export const askForMore: SaslStep = { kind: 'challenge', data: '' }
