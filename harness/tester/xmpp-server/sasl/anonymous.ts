import { randomBytes } from 'node:crypto'
import { askForMore, type SaslMechanism } from './exchange.ts'

/** ANONYMOUS (RFC 4505): everybody is let in, as somebody new. */
export const anonymous: SaslMechanism = {
  start: ({ connection }) => ({
    step(message) {
      if (message === undefined) return askForMore
      connection.provedRight = true
      connection.identity = `${randomBytes(8).toString('hex')}@${connection.parts.domain}`
      return { kind: 'success', data: '' }
    },
  }),
}
