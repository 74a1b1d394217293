import { escapeXML } from '@xmpp/xml'
import { ns } from '../../xmpp-client/namespaces.ts'
import { contactOf } from '../answer-iq.ts'
import { defineOffer } from '../server-feature.ts'

/** Version of the roster that the server holds. */
export const rosterVersion = 'assay-1'

/** Roster versioning (RFC 6121 §2.6): who names the version that is, gets no roster again. */
export const rosterVersions = defineOffer({
  name: 'roster-versions',
  connect: (connection) => ({
    advertise: (stage) => (stage === 'authenticated' ? `<ver xmlns='urn:xmpp:features:rosterver'/>` : ''),
    iq(iq, payload) {
      if (iq.attrs.type !== 'get' || !payload?.is('query', ns.roster)) return undefined
      const head = `<iq type='result' id='${escapeXML(iq.attrs.id ?? '')}' to='${escapeXML(connection.jid ?? '')}'`
      if (payload.attrs.ver === rosterVersion) return `${head}/>`
      const item = `<item jid='${contactOf(connection.parts.domain)}' name='Juliet' subscription='both'/>`
      return `${head}><query xmlns='${ns.roster}' ver='${rosterVersion}'>${item}</query></iq>`
    },
  }),
})
