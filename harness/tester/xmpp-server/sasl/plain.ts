import { askForMore, type SaslMechanism } from './exchange.ts'

/** PLAIN (RFC 4616). */
export const plain: SaslMechanism = {
  start: ({ name, connection }) => ({
    step(message) {
      if (message === undefined) return askForMore
      const [, username, password] = message.toString('utf8').split('\0')
      connection.giveAway('password', name)
      const { account } = connection.parts
      connection.provedRight = username === account.local && password === account.password
      return connection.provedRight ? { kind: 'success', data: '' } : { kind: 'failure', condition: 'not-authorized' }
    },
  }),
}
