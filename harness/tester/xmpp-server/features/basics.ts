import type { Element } from '@xmpp/xml'
import { parseElement } from '../../xml/stream-parser.ts'
import { answerIq, basicFeatures } from '../answer-iq.ts'
import type { IqContext, Said } from '../deviations.ts'
import type { ServerConnection } from '../server-connection.ts'
import { defineOffer } from '../server-feature.ts'

export interface BasicsPoints {
  /** Answer to any IQ get or set but the bind request. */
  'iq.reply': { context: IqContext; value: Said }
}

/** What every server does with stanzas: answers what it knows, refuses what it does not, and hands on. */
export const basics = defineOffer({
  name: 'basics',
  standard: true,
  connect: (connection) => ({
    disco: basicFeatures,
    iq: (iq) =>
      answerIq(iq, {
        domain: connection.parts.domain,
        account: connection.parts.account,
        jid: connection.jid ?? '',
        features: connection.disco,
      }),
    stanza(stanza) {
      handOn(stanza, connection)
      return true
    },
  }),
})

/** What a client sends to itself comes back; its presence comes back to it as to all its resources (RFC 6121 §4.2.2). */
function handOn(stanza: Element, connection: ServerConnection) {
  const { to } = stanza.attrs
  const own = to === connection.jid || to === connection.parts.account.jid
  const broadcast = stanza.is('presence') && to === undefined && stanza.attrs.type === undefined
  if (!own && !broadcast) return
  const copy = parseElement(stanza.toString())
  Object.assign(copy.attrs, { from: connection.jid, to: connection.jid })
  connection.say(copy.toString())
}
