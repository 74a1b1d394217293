import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PointContext } from '../deviations.ts'
import { bindingData } from './channel-binding.ts'
import { askForMore, type SaslMechanism } from './exchange.ts'
import { tokensOf, useToken } from './tokens.ts'

export interface HashedTokenPoints {
  /** What the server proves to know the token with, as it is before base64; empty: a success without additional data. */
  'fast.responder': { context: PointContext & { usual: Uint8Array }; value: Uint8Array | string }
}

const bindingTypes: Record<string, string | undefined> = { ENDP: 'tls-server-end-point', EXPR: 'tls-exporter' }

/**
 * The hashed tokens of XEP-0484 (draft-schmaus-kitten-sasl-ht §2): one message each way, in which both prove to know the
 * token, over the data of a channel binding where the mechanism has one.
 */
export const hashedToken: SaslMechanism = {
  start: ({ name, connection }) => ({
    step(message) {
      if (message === undefined) return askForMore
      const [, hash = '256', binding = 'NONE'] = /^HT-SHA-(\d+)-(\w+)$/.exec(name) ?? []
      const end = message.indexOf(0)
      const [username, claimed] = [message.subarray(0, end).toString('utf8'), message.subarray(end + 1)]
      const data = bindingData(connection, bindingTypes[binding]) ?? Buffer.alloc(0)
      const hmac = (token: string, word: string) => createHmac(`sha${hash}`, token).update(word).update(data).digest()
      connection.giveAway('proof', name)
      const token = tokensOf(connection).find((known) => {
        const expected = hmac(known.token, 'Initiator')
        return known.mechanism === name && claimed.length === expected.length && timingSafeEqual(claimed, expected)
      })
      connection.provedRight = token !== undefined && username === connection.parts.account.local
      const usual = hmac(token?.token ?? '', 'Responder')
      const responder = connection.at('fast.responder', { usual })
      // As with SCRAM: whoever lies about its own proof does not mind the client's.
      if (!connection.provedRight && responder === undefined) return { kind: 'failure', condition: 'not-authorized' }
      if (token) useToken(connection, token)
      return { kind: 'success', data: responder ?? usual }
    },
  }),
}
