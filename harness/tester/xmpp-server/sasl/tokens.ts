import { randomBytes } from 'node:crypto'
import type { ServerConnection } from '../server-connection.ts'

/** A token of XEP-0484: worth a password, for one client and one mechanism. */
export interface Token {
  token: string
  mechanism: string
  /** Id of the `<user-agent/>` to which it was given. */
  client: string | undefined
  /** When it ends, milliseconds since 1970. */
  expiry: number
  used: boolean
}

const key = {}
const lifeMs = 14 * 24 * 60 * 60 * 1000

/** The tokens that a server has given out and would still take. */
export function tokensOf(connection: ServerConnection): readonly Token[] {
  return allTokens(connection).filter(({ expiry }) => expiry > Date.now())
}

/** Gives out a token. One that the client has not used yet is worth nothing from here on (XEP-0484 §3.5). */
export function issueToken(connection: ServerConnection, mechanism: string, client: string | undefined): Token {
  forget(connection, (token) => token.client === client && !token.used)
  const made = {
    token: randomBytes(24).toString('base64url'),
    mechanism,
    client,
    expiry: Date.now() + lifeMs,
    used: false,
  }
  allTokens(connection).push(made)
  return made
}

/** Notes that the client has proved to know a token: older ones of the same client end (XEP-0484 §3.5). */
export function useToken(connection: ServerConnection, token: Token): void {
  token.used = true
  connection.usedToken = token
  forget(connection, ({ client, expiry }) => client === token.client && expiry < token.expiry)
}

/** Takes tokens for worthless from here on. */
export function forget(connection: ServerConnection, which: (token: Token) => boolean): void {
  const tokens = allTokens(connection)
  tokens.splice(0, tokens.length, ...tokens.filter((token) => !which(token)))
}

const allTokens = (connection: ServerConnection): Token[] => connection.parts.remembered(key, () => [] as Token[])
