import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'

/** What changes a message that was sent before: a correction, a retraction, a reaction. */
export interface Afterthought {
  /** Event by which the driver tells that the client shows the message changed. */
  event: 'corrected' | 'retracted' | 'reacted'
  /** What stands in the message that brings it, about the message with this id. */
  payload(id: string): string
}

/** A contact sends a message, somebody an afterthought to it. Returns the id of the message. */
async function follow(
  { server, client, contact, unique }: ClientFixtures,
  { payload }: Afterthought,
  from: string,
): Promise<string> {
  const jid = await client.login()
  const [id, body] = [unique('id'), unique('first')]
  server.send(`<message from='${contact}/x' to='${jid}' type='chat' id='${id}'><body>${body}</body></message>`)
  await client.nextTold('message', (params) => params.body === body, { awaited: 'the message, told' })
  server.send(`<message from='${from}' to='${jid}' type='chat' id='${unique('id')}'>${payload(id)}</message>`)
  return id
}

/** The one who wrote the message has the afterthought: the client shows it. */
export async function takes(fixtures: ClientFixtures, afterthought: Afterthought): Promise<void> {
  const id = await follow(fixtures, afterthought, `${fixtures.contact}/x`)
  const { event } = afterthought
  await fixtures.client.nextTold(event, (params) => params.id === id, { awaited: `that the message is ${event}` })
}

/** A stranger has it: the client shows the message as it was. */
export async function ignores(fixtures: ClientFixtures, afterthought: Afterthought): Promise<void> {
  const { client, expect, stranger } = fixtures
  const { event } = afterthought
  const id = await follow(fixtures, afterthought, stranger)
  expect.unharmed(await client.canary(), 'an afterthought of a stranger')
  const told = client.told(event, (params) => params.id === id)
  expect.ok(told.length === 0, `that the message is not ${event}`, JSON.stringify(told[0]?.params), 'believed')
}
