import { type Element, escapeXML } from '@xmpp/xml'
import type { ServerConnection } from '../server-connection.ts'
import { defineOffer } from '../server-feature.ts'

const namespace = 'urn:xmpp:blocking'
const known = {}
const asked = {}

/** The blocking command (XEP-0191): a list that lives as long as the server. */
export const blocking = defineOffer({
  name: 'blocking',
  connect: (connection) => ({
    disco: [namespace],
    iq(iq, payload) {
      // The list is the account's: nobody else is asked for it.
      const own = iq.attrs.to === undefined || iq.attrs.to === connection.identity
      if (payload?.getNS() !== namespace || !own) return undefined
      const list = connection.parts.remembered(known, () => new Set<string>())
      const head = `id='${escapeXML(iq.attrs.id ?? '')}' to='${escapeXML(connection.jid ?? '')}'`
      const askers = connection.parts.remembered(asked, () => new Set<string>())
      if (iq.attrs.type === 'get' && payload.is('blocklist')) {
        if (connection.jid) askers.add(connection.jid)
        return `<iq type='result' ${head}><blocklist xmlns='${namespace}'>${items([...list])}</blocklist></iq>`
      }
      const jids = payload.getChildren('item').flatMap(({ attrs }) => attrs.jid ?? [])
      if (iq.attrs.type !== 'set' || !['block', 'unblock'].includes(payload.getName())) return undefined
      for (const jid of jids) payload.is('block') ? list.add(jid) : list.delete(jid)
      if (payload.is('unblock') && jids.length === 0) list.clear()
      // The push goes behind the answer, to those who have asked for the list (§3.3, §3.4).
      if (connection.jid && askers.has(connection.jid)) queueMicrotask(() => push(connection, payload, jids))
      return `<iq type='result' ${head}/>`
    },
  }),
})

const items = (jids: readonly string[]) => jids.map((jid) => `<item jid='${escapeXML(jid)}'/>`).join('')

function push(connection: ServerConnection, payload: Element, jids: readonly string[]) {
  const name = payload.getName()
  const content = `<${name} xmlns='${namespace}'>${items(jids)}</${name}>`
  connection.say(`<iq type='set' id='push-${name}' to='${escapeXML(connection.jid ?? '')}'>${content}</iq>`)
}
