import type { ServerConnection } from '../server-connection.ts'
import type { SaslExchange, SaslMechanism } from './exchange.ts'
import { plain } from './plain.ts'
import { scram } from './scram.ts'

const mechanisms: Record<string, SaslMechanism> = {
  PLAIN: plain,
  'SCRAM-SHA-1': scram,
  'SCRAM-SHA-256': scram,
  'SCRAM-SHA-512': scram,
  'SCRAM-SHA-1-PLUS': scram,
  'SCRAM-SHA-256-PLUS': scram,
  'SCRAM-SHA-512-PLUS': scram,
}

/** SASL mechanisms that the scripted server offers where nobody says otherwise, strongest first. */
export const standardMechanisms: readonly string[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']

/** Begins an exchange of the mechanism that the client named; undefined where the server does not speak it. */
export function startExchange(name: string, connection: ServerConnection): SaslExchange | undefined {
  return Object.hasOwn(mechanisms, name) ? mechanisms[name]?.start(name, connection) : undefined
}
