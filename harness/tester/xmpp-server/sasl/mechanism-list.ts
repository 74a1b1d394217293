import type { ServerConnection } from '../server-connection.ts'

/** SASL mechanisms that the scripted server offers where nobody says otherwise, strongest first. */
export const standardMechanisms: readonly string[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']

/**
 * All that a right server announces: its own mechanisms, and what comes with what else it offers, in the order in which
 * they are best listed (RFC 6120 §6.3.4, §13.9.4).
 */
export function usualMechanisms({ parts, offers }: Pick<ServerConnection, 'parts' | 'offers'>): string[] {
  const own = parts.mechanisms
  const plus = own.filter((name) => name.startsWith('SCRAM-')).map((name) => `${name}-PLUS`)
  return [
    ...(offers('external') ? ['EXTERNAL'] : []),
    ...(offers('channel-binding') ? plus : []),
    ...own,
    ...(offers('anonymous') ? ['ANONYMOUS'] : []),
  ]
}
