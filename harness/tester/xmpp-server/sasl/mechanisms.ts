import { anonymous } from './anonymous.ts'
import type { ExchangeParts, SaslExchange, SaslMechanism } from './exchange.ts'
import { external } from './external.ts'
import { hashedToken } from './hashed-token.ts'
import { plain } from './plain.ts'
import { scram } from './scram.ts'

const mechanisms: [RegExp, SaslMechanism][] = [
  [/^PLAIN$/, plain],
  [/^SCRAM-SHA-(1|256|512)(-PLUS)?$/, scram],
  [/^ANONYMOUS$/, anonymous],
  [/^EXTERNAL$/, external],
  [/^HT-SHA-(256|512)-(NONE|ENDP|EXPR)$/, hashedToken],
]

/** Begins an exchange of the mechanism that the client named; undefined where the server does not speak it. */
export function startExchange(parts: ExchangeParts): SaslExchange | undefined {
  // Who is let in as nobody, or by a certificate, is the server's own choice.
  const { name, connection } = parts
  if ((name === 'ANONYMOUS' || name === 'EXTERNAL') && !connection.offers(name.toLowerCase())) return undefined
  return mechanisms.find(([pattern]) => pattern.test(name))?.[1].start(parts)
}
