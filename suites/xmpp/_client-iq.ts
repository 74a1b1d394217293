import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { type Element, ns } from '../../harness/suite/index.ts'

/** Sends an IQ, then the canary, and returns what the client answered to the IQ. */
export async function answersTo({ server, client, expect, contact, domain, unique }: ClientFixtures, iq: string) {
  const jid = await client.login()
  const id = unique('iq')
  server.send(
    iq
      .replaceAll('$ID', id)
      .replaceAll('$JID', jid)
      .replaceAll('$DOMAIN', domain)
      .replaceAll('$CONTACT', `${contact}/x`),
  )
  expect.alive(await client.canary(), 'an IQ')
  return server.seen((element) => element.is('iq') && element.attrs.id === id)
}

/** Asks something through the client while the server answers in its own way. */
export const ask = (client: ClientFixtures['client'], to: string) =>
  client.call('query', { to, name: 'query', xmlns: ns.discoInfo }).then(
    (result) => JSON.stringify(result),
    // One that says nothing at all has told no error.
    (error: Error) => `${error.name === 'DriverError' ? 'an error' : 'nothing'}: ${error.message}`,
  )

/** A disco#info result that can be told from another by this word. */
export const disco = (marker: string) =>
  `<query xmlns='${ns.discoInfo}'><identity category='client' type='${marker}'/><feature var='${ns.discoInfo}'/></query>`

/** An IQ under the id of a request. */
export const iqOf = (type: string, iq: Element, from: string | undefined, content: string) =>
  `<iq type='${type}' id='${escapeXml(iq.attrs.id ?? '')}'${attribute('from', from)}>${content}</iq>`

/** An answer of type `result`. */
export const resultOf = (iq: Element, from: string | undefined, content: string) => iqOf('result', iq, from, content)

/** An answer of type `error`. */
export const errorOf = (iq: Element, from: string | undefined, condition: string) =>
  iqOf('error', iq, from, `<error type='cancel'><${condition} xmlns='${ns.stanzaErrors}'/></error>`)

/** Asks somebody through the client; what comes back is what `answers` makes of the request. Returns what was told. */
export async function askWhile(
  { server, client, domain }: ClientFixtures,
  to: string,
  answers: (iq: Element) => string | readonly string[],
): Promise<string> {
  await client.login()
  server.deviate('iq.reply', ({ iq, namespace }) =>
    namespace === ns.discoInfo && iq.attrs.to !== undefined && iq.attrs.to !== domain ? answers(iq) : undefined,
  )
  return ask(client, to)
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' }

export const escapeXml = (text: string): string => text.replace(/[&<>'"]/g, (sign) => escapes[sign] ?? sign)

const attribute = (name: string, value: string | undefined) =>
  value === undefined ? '' : ` ${name}='${escapeXml(value)}'`
