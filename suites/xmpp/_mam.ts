import { type Element, expect, feature, type Session } from '../../harness/suite/index.ts'

export const mam = 'urn:xmpp:mam:2'
const rsm = 'http://jabber.org/protocol/rsm'

export const extended = feature(`${mam}#extended`, 'account')

/** What a query asks for. */
export interface Query {
  /** The archive; default: the session's own. */
  to?: string
  /** Fields of the form: `{ with: 'juliet@…' }`; several values for `ids`. */
  filter?: Record<string, string | string[]>
  /** Paging (XEP-0059): `{ max: 2, after: id }`; `before: ''` asks for the last page. */
  page?: { max?: number; after?: string; before?: string }
  /** More children, e.g. `<flip-page/>`. */
  more?: string
}

/** What came of a query: the messages up to the answer, and the answer. */
export interface Page {
  /** The `<result/>` elements, in order of arrival; one whose id came before is left out. */
  results: Element[]
  /** All of them: that an id comes up only once is a question of its own. */
  all: Element[]
  ids: string[]
  bodies: string[]
  answer: Element
  fin: Element
  set: Element
}

let count = 0

/** Sends a query and returns the IQ's answer, which may be an error, with the messages that came before it. */
export async function ask(session: Session, query: Query = {}): Promise<{ messages: Element[]; answer: Element }> {
  const { to = session.bare, filter, page, more = '' } = query
  const queryid = `q-${++count}`
  const field = ([name, value]: [string, string | string[]]) =>
    `<field var='${name}'>${[value]
      .flat()
      .map((one) => `<value>${one}</value>`)
      .join('')}</field>`
  const form = filter
    ? `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>${mam}</value></field>` +
      `${Object.entries(filter).map(field).join('')}</x>`
    : ''
  const set = page
    ? `<set xmlns='${rsm}'>${Object.entries(page)
        .map(([name, value]) => `<${name}>${value}</${name}>`)
        .join('')}</set>`
    : ''
  const answer = await session.iq(
    `<iq type='set' to='${to}'><query xmlns='${mam}' queryid='${queryid}'>${form}${set}${more}</query></iq>`,
  )
  const messages = session.take((stanza) => stanza.getChild('result', mam)?.attrs.queryid === queryid)
  return { messages, answer }
}

/** A query that succeeds. */
export async function query(session: Session, what: Query = {}): Promise<Page> {
  const { messages, answer } = await ask(session, what)
  expect.result(answer, 'a result of the query')
  const fin = expect.child(answer, 'fin', mam)
  const all = messages.map((message) => expect.child(message, 'result', mam))
  const results = all.filter(({ attrs }, index) => all.findIndex((other) => other.attrs.id === attrs.id) === index)
  return {
    results,
    all,
    ids: results.map(({ attrs }) => attrs.id ?? ''),
    bodies: results.map((result) => archived(result).getChildText('body') ?? ''),
    answer,
    fin,
    set: expect.child(fin, 'set', rsm),
  }
}

/** The message inside a `<result/>`. */
export const archived = (result: Element): Element =>
  expect.child(expect.child(result, 'forwarded', 'urn:xmpp:forward:0'), 'message')

/** Sends chat messages with the bodies and waits for the last one at the other side. */
export async function talk(from: Session, to: Session, bodies: string[]): Promise<void> {
  for (const body of bodies) {
    await from.send(`<message to='${to.jid}' type='chat' id='id-${body}'><body>${body}</body></message>`)
  }
  for (const body of bodies) await to.message((stanza) => stanza.getChildText('body') === body, 'the message')
}

/** Asks again until the archive has so many messages: a server may take its time to write what it delivered. */
export async function archives(session: Session, length: number): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const { messages } = await ask(session)
    if (messages.length >= length) return
  }
}

/** A new account with `length` archived messages, `m1`, `m2` …, from another. */
export async function archiveOf(
  {
    connect,
    given,
  }: { connect: (name: string) => Promise<Session>; given: <T>(what: string, step: () => Promise<T>) => Promise<T> },
  length: number,
): Promise<{ juliet: Session; romeo: Session; bodies: string[] }> {
  const [juliet, romeo] = [await connect('juliet'), await connect('romeo')]
  const bodies = Array.from({ length }, (_, n) => `m${n + 1}`)
  await given('messages are delivered', () => talk(romeo, juliet, bodies))
  await archives(juliet, length)
  return { juliet, romeo, bodies }
}

/** A time so many hours from now (XEP-0082). */
export const hoursFromNow = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()
