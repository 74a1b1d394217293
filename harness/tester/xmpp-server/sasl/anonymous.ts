import { randomBytes } from 'node:crypto'
import type { SaslMechanism } from './exchange.ts'

/** ANONYMOUS (RFC 4505): everybody is let in, as somebody new. Who says nothing says that (XEP-0175, example 5). */
export const anonymous: SaslMechanism = {
  start: ({ connection }) => ({
    step() {
      connection.provedRight = true
      connection.identity = `${randomBytes(8).toString('hex')}@${connection.parts.domain}`
      return { kind: 'success', data: '' }
    },
  }),
}
