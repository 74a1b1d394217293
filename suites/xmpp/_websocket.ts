import {
  type Element,
  expect,
  ns,
  parseElement,
  type RawStream,
  type ServerFixtures,
} from '../../harness/suite/index.ts'

export const websocket = { transport: 'websocket' } as const

/** A WebSocket on which the stream has been opened and features have come. */
export async function opened({ stream, given }: ServerFixtures): Promise<RawStream> {
  const raw = await stream(websocket)
  await given('features', async () => {
    await raw.open()
    await raw.features()
  })
  return raw
}

/** A login with all that a server says on the way, and a message that comes from somebody else. */
export async function conversation({ rawSession, connect, unique }: ServerFixtures): Promise<RawStream> {
  const juliet = await connect('juliet')
  const raw = await rawSession('romeo', websocket)
  const body = unique()
  await raw.write(`<message xmlns='${ns.client}' to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
  const message = await juliet.message((element) => element.getChildText('body') === body)
  await juliet.send(`<message to='${message.attrs.from}' type='chat'><body>${body} back</body></message>`)
  await raw.next((element) => element.getChildText('body') === `${body} back`, 'the reply')
  return raw
}

export const messagesOf = (raw: RawStream) => raw.channel.messages ?? []

/**
 * Waits for a stream error, or features in its place, and returns the message that holds it. The prefix need not be
 * declared here: whether it is, is a question of its own.
 */
export async function errorMessage(raw: RawStream) {
  const stop = (element: Element) => element.is('error', ns.streams) || element.is('features', ns.streams)
  const came = await raw.next(stop, 'a stream error').catch(() => undefined)
  const text = messagesOf(raw).find(({ text }) => /^<([\w-]+:)?error\b/.test(text))?.text ?? ''
  const element = came?.is('error', ns.streams) ? came : text && parseElement(text)
  expect.ok(element, 'a stream error', came ?? (raw.isGone ? 'the end of the connection' : 'none'))
  return { text, element, is: (names: string[]) => names.some((name) => element.getChild(name, ns.streamErrors)) }
}
