import {
  type Account,
  type Element,
  type RawStream,
  type ServerFixtures,
  Unsupported,
} from '../../harness/suite/index.ts'

export const sm = 'urn:xmpp:sm:3'

const isStanza = (element: Element): boolean => ['message', 'presence', 'iq'].includes(element.getName())

/** A raw stream, bound, with stream management on. Nothing is acknowledged by itself. */
export interface Managed {
  stream: RawStream
  account: Account
  jid: string
  /** The id for resumption, empty where it was not asked for. */
  id: string
  /** Stanzas that came since stream management is on: the `h` of our side (XEP-0198 §4). */
  received(): number
}

/** Logs in, binds and enables stream management; inconclusive where that fails, unsupported without resumption. */
export async function manage(
  { account, given, stream: connect }: ServerFixtures,
  name: string,
  options: { resume?: boolean; presence?: boolean } = {},
): Promise<Managed> {
  const { resume = false, presence = false } = options
  const who = await account(name)
  const stream = await connect({ name })
  return given(`${name} enables stream management`, async () => {
    await stream.login(who)
    const jid = await stream.bind()
    await stream.write(`<enable xmlns='${sm}'${resume ? " resume='true'" : ''}/>`)
    const enabled = await answer(stream)
    if (!enabled.is('enabled')) throw new Error(`<enable/> was answered with ${enabled}`)
    let received = 0
    stream.channel.on('element', (element) => {
      if (isStanza(element)) received++
    })
    if (resume && !isTrue(enabled.attrs.resume)) throw new Unsupported('it does not allow streams to be resumed')
    if (presence) {
      await stream.write('<presence/>')
      await stream.next((element) => element.is('presence') && element.attrs.from === jid, 'our own presence')
    }
    return { stream, account: who, jid, id: enabled.attrs.id ?? '', received: () => received }
  })
}

/** The next answer of stream management that is no acknowledgement. */
export const answer = (stream: RawStream): Promise<Element> =>
  stream.next(
    (element) => element.getNS() === sm && ['enabled', 'resumed', 'failed'].includes(element.getName()),
    'an answer of stream management',
  )

/** Asks for an acknowledgement and returns its `h`. */
export async function handled(stream: RawStream): Promise<string | undefined> {
  await stream.write(`<r xmlns='${sm}'/>`)
  return (await stream.next((element) => element.is('a', sm), 'an acknowledgement <a/>')).attrs.h
}

/** Logs in on a new stream and asks to resume; the answer is `<resumed/>` or `<failed/>`. */
export async function resumeOn(stream: RawStream, account: Account, previd: string, h: number): Promise<Element> {
  await stream.login(account)
  await stream.write(`<resume xmlns='${sm}' previd='${previd}' h='${h}'/>`)
  return answer(stream)
}

/** Goes away without closing the stream and resumes on another; inconclusive where that fails. */
export async function cutAndResume(fixtures: ServerFixtures, managed: Managed): Promise<RawStream> {
  managed.stream.destroy()
  const stream = await fixtures.stream({ name: 'resuming' })
  await fixtures.given('the stream is resumed', async () => {
    const resumed = await resumeOn(stream, managed.account, managed.id, managed.received())
    if (!resumed.is('resumed')) throw new Error(`<resume/> was answered with ${resumed}`)
  })
  return stream
}

export const isTrue = (value: string | undefined): boolean => value === 'true' || value === '1'

export const hasBody =
  (body: string) =>
  (element: Element): boolean =>
    element.is('message') && element.getChildText('body') === body
