import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import type { Element } from '../../harness/suite/index.ts'

/** A copy of a message from a contact, as the user's own server would send it; or somebody else. */
export const carbon = (direction: 'received' | 'sent', from: string, to: string, contact: string, body: string) =>
  `<message from='${from}' to='${to}' type='chat'><${direction} xmlns='urn:xmpp:carbons:2'>` +
  `<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='${contact}/x' to='${to}' type='chat'>` +
  `<body>${body}</body></message></forwarded></${direction}></message>`

const mam = 'urn:xmpp:mam:2'

/** A message of the archive, as an answer to a query brings it (XEP-0313 §4.2). */
export const result = (from: string, to: string, query: string, body: string) =>
  `<message from='${from}' to='${to}'><result xmlns='${mam}' queryid='${query}' id='r-${body}'>` +
  `<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>` +
  `<message xmlns='jabber:client' from='juliet@assay.test/x' to='${to}' type='chat'><body>${body}</body></message>` +
  '</forwarded></result></message>'

/** Asks for the archive; the server sends these results before its own answer. */
export async function archive(
  { server, client, account }: ClientFixtures,
  results: (query: string, to: string) => string[],
) {
  const jid = await client.login()
  server.deviate('iq.reply', ({ iq, namespace }) => {
    if (namespace !== mam) return undefined
    const query = (iq.getChild('query', mam) as Element | undefined)?.attrs.queryid ?? ''
    const fin = `<fin xmlns='${mam}' complete='true'><set xmlns='http://jabber.org/protocol/rsm'/></fin>`
    return [
      ...results(query, jid),
      `<iq type='result' id='${iq.attrs.id}' from='${account.jid}' to='${jid}'>${fin}</iq>`,
    ]
  })
  return JSON.stringify(await client.call('archive', {}))
}
