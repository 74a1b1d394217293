import { type ClientFixtures, type Element, ns, parseElement } from '../../harness/suite/index.ts'

/** The case in which a client gets online over BOSH: the control of the others. */
export const boshControl = 'xep-0124/7.1/client-asks-for-session'

/** A body that ends the session (XEP-0124 §17.2). */
export const terminal = (condition?: string, content = ''): string => {
  const attribute = condition === undefined ? '' : ` condition='${condition}'`
  return `<body type='terminate'${attribute} xmlns='${ns.httpBind}' xmlns:stream='${ns.streams}'>${content}</body>`
}

/** Requests of the newest session, without the one that asked for it. */
export const requestsWithin = ({ bosh }: ClientFixtures['server']) =>
  bosh.requests.filter(({ body }) => body && !asksForSession(body))

/** Whether a request asks for a session: it is addressed and names none. */
export const asksForSession = ({ attrs }: Element): boolean => attrs.sid === undefined && attrs.to !== undefined

/** What was asked in sessions that were over. Goodbyes are no use there, and no harm. */
export const askedAfterTheEnd = ({ bosh }: ClientFixtures['server']): Element[] =>
  bosh.late.flatMap(({ body }) => (body && body.attrs.type === undefined ? [body] : []))

/** An attribute that XEP-0206 adds to a body, whatever prefix the client chose. */
export function xboshAttribute(body: Element, name: string): string | undefined {
  const found = Object.keys(body.attrs).find((key) => {
    const [prefix, local] = key.split(':')
    return local === name && body.attrs[`xmlns:${prefix}`] === ns.xbosh
  })
  return found === undefined ? undefined : body.attrs[found]
}

/** Requests that ask for a new stream (XEP-0206 §5). */
export const restarts = (server: ClientFixtures['server']): Element[] =>
  requestsWithin(server).flatMap(({ body }) =>
    body && ['true', '1'].includes(xboshAttribute(body, 'restart') ?? '') ? [body] : [],
  )

/** Puts a message into an answer of the server. */
export const messageTo = ({ contact }: ClientFixtures, jid: string, body: string): string =>
  `<message xmlns='${ns.client}' from='${contact}/x' to='${jid}' type='chat'><body>${body}</body></message>`

/** Waits until nothing is under way but a request that waits for the server; returns its id. */
export async function nextPoll({ server, client, given }: ClientFixtures) {
  return given('the client waits for the server in a request', async () => {
    await client.quiet()
    const waiting = server.bosh.session?.waiting.at(-1)
    if (waiting !== undefined) return waiting
    const last = requestsWithin(server).at(-1)?.rid ?? 0
    const poll = await server.bosh.next(({ rid = 0 }) => rid > last, { awaited: 'a request' })
    return poll.rid ?? 0
  })
}

export const bodyOf = (text: string): Element => parseElement(text, { declared: [] })
