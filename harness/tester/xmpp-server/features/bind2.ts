import { escapeXML } from '@xmpp/xml'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { SayContext } from '../deviations.ts'
import { defineOffer } from '../server-feature.ts'
import { newResource } from './bind.ts'

export interface Bind2Points {
  /** `<bind/>` among what SASL2 has inline (XEP-0386 §3.1). */
  'bind2.features': { context: SayContext; value: string }
  /** `<bound/>` within `<success/>` (XEP-0386 §3.2.1). */
  'bind2.bound': { context: SayContext; value: string }
}

/** Bind 2 (XEP-0386): a resource, and session features with it, within SASL2. */
export const bind2 = defineOffer({
  name: 'bind2',
  connect: (connection) => ({
    inSasl2: {
      advertise() {
        // Carbons are switched on without a word (§3.2.1).
        const list = [
          `<feature var='urn:xmpp:carbons:2'/>`,
          ...connection.inline('inBind2').map((part) => part.advertise()),
        ]
        const usual = `<bind xmlns='${ns.bind2}'><inline>${list.join('')}</inline></bind>`
        return connection.at('bind2.features', { usual }) ?? usual
      },
      take(authenticate) {
        const bind = authenticate.getChild('bind', ns.bind2)
        // A session that was resumed has its resource.
        if (!bind || connection.jid !== undefined) return ''
        const tag = bind.getChildText('tag')
        const resource = tag ? `${tag}/${newResource()}` : newResource()
        connection.becomes(`${connection.identity}/${escapeXML(resource)}`)
        const answers = connection.inline('inBind2').map((part) => part.take(bind))
        const usual = `<bound xmlns='${ns.bind2}'>${answers.join('')}</bound>`
        return connection.at('bind2.bound', { usual }) ?? usual
      },
    },
  }),
})
