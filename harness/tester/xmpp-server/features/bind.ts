import { randomBytes } from 'node:crypto'
import { escapeXML } from '@xmpp/xml'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { IqContext, Said } from '../deviations.ts'
import { defineOffer } from '../server-feature.ts'

export interface BindContext extends IqContext {
  jid: string
}

export interface BindPoints {
  /** Answer to the bind request (RFC 6120 §7.6). */
  'bind.reply': { context: BindContext; value: Said }
}

/** Resource binding (RFC 6120 §7). */
export const bind = defineOffer({
  name: 'bind',
  standard: true,
  connect: (connection) => ({
    // Whoever has a resource by Bind 2, or resumed a session, needs none.
    advertise: (stage) =>
      stage === 'authenticated' && connection.jid === undefined ? `<bind xmlns='${ns.bind}'/>` : '',
    element(iq) {
      const [payload] = iq.getChildElements()
      const asked = iq.is('iq') && (iq.attrs.type === 'set' || iq.attrs.type === 'get')
      if (!connection.authenticated || !asked || !payload?.is('bind', ns.bind)) return false
      const jid = `${connection.identity}/${payload.getChildText('resource') || newResource()}`
      const bound = `<bind xmlns='${ns.bind}'><jid>${escapeXML(jid)}</jid></bind>`
      const usual = `<iq type='result' id='${escapeXML(iq.attrs.id ?? '')}'>${bound}</iq>`
      const said = connection.speak('bind.reply', usual, { iq, namespace: ns.bind, jid })
      const told = /<jid>([^<]*)<\/jid>/.exec(said)?.[1]
      if (told !== undefined && /type=['"]result/.test(said)) connection.becomes(told)
      return true
    },
  }),
})

/** A resource as a server makes one up (RFC 6120 §7.6). */
export const newResource = (): string => randomBytes(6).toString('hex')
