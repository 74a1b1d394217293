import { X509Certificate } from 'node:crypto'
import { askForMore, type SaslMechanism } from './exchange.ts'

/**
 * EXTERNAL (RFC 4422 appendix A) by the client's certificate: whoever has one of the lab's authority is the account's
 * owner, and may say so or say nothing (RFC 6120 §6.3.8, §13.7.2.2).
 */
export const external: SaslMechanism = {
  start: ({ connection }) => ({
    step(message) {
      if (message === undefined) return askForMore
      const identity = message.toString('utf8')
      if (identity !== '' && identity !== connection.parts.account.jid) {
        return { kind: 'failure', condition: 'invalid-authzid' }
      }
      const shown = connection.link.tls?.getPeerX509Certificate()
      connection.provedRight = shown?.verify(new X509Certificate(connection.parts.authority).publicKey) ?? false
      return connection.provedRight ? { kind: 'success', data: '' } : { kind: 'failure', condition: 'not-authorized' }
    },
  }),
}
