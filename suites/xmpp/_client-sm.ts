import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { type Element, managedSession } from '../../harness/suite/index.ts'

export const sm = 'urn:xmpp:sm:3'

/** How long a client may take to come back, milliseconds: libraries wait a little before they try. */
const comesBackMs = 15_000

export const smHead = {
  specification: 'XEP-0198',
  version: '1.6.3',
  title: 'Stream Management',
  category: 'IM' as const,
  topic: 'Stream management' as const,
  role: 'xmpp-client' as const,
}

/** Logs in to a server that offers stream management, and waits until the client has switched it on. */
export async function manage({ server, client, given }: ClientFixtures): Promise<string> {
  server.offer('sm')
  const jid = await client.login()
  await given('the client enables stream management', () =>
    server.next((element) => element.is('enable', sm), { awaited: '<enable/>' }),
  )
  return jid
}

/** What the server knows of the managed stream: what it has sent and handled. */
export function session({ server }: ClientFixtures) {
  const known = managedSession(server.connection)
  if (!known) throw new Error('there is no managed stream')
  return known
}

/** Asks how many stanzas the client has handled; with it, how many were sent when it was asked. */
export async function counted(fixtures: ClientFixtures): Promise<{ h: string | undefined; sent: number }> {
  const { server } = fixtures
  const { sent } = session(fixtures)
  // What it acknowledged before it was asked is passed over.
  const earlier = new Set(server.seen(isAck))
  server.send(`<r xmlns='${sm}'/>`)
  const { attrs } = await server.next((element) => isAck(element) && !earlier.has(element), { awaited: 'an <a/>' })
  return { h: attrs.h, sent }
}

const isAck = (element: Element) => element.is('a', sm)

/** Breaks the connection. The client comes back by itself, or is told to. */
export function breakConnection({ server, client }: ClientFixtures): void {
  server.connection?.link.destroy()
  // One that comes back by itself has no such verb.
  client.call('reconnect').catch(() => {})
}

/** Breaks the connection, and waits until the client comes back with one of these. */
export async function comeBack(fixtures: ClientFixtures, match: (element: Element) => boolean, awaited: string) {
  breakConnection(fixtures)
  return fixtures.server.next(match, { awaited, timeoutMs: comesBackMs })
}

/** Breaks the connection, and waits until the client asks to resume. */
export const resumed = (fixtures: ClientFixtures) =>
  comeBack(fixtures, (element) => element.is('resume', sm), 'a client that comes back and sends <resume/>')

export const isBind = (element: Element): boolean =>
  element.is('iq') && element.getChild('bind', 'urn:ietf:params:xml:ns:xmpp-bind') !== undefined

/** The usual, but with another count. */
export const withCount = (usual: string, h: number | string): string => usual.replace(/ h='[^']*'/, ` h='${h}'`)

/**
 * Waits until something holds of the server's connections.
 *
 * @throws Error when it does not in time.
 */
function until<T>({ server }: ClientFixtures, awaited: string, holds: () => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${awaited}: it did not come to that`)), comesBackMs)
    const look = () => {
      const value = holds()
      if (value === undefined) return
      clearTimeout(timer)
      unwatch()
      resolve(value)
    }
    const unwatch = server.watch(look)
    look()
  })
}

/** Waits until the client is online again, on another connection than the first. */
export const onlineAgain = (fixtures: ClientFixtures): Promise<true> =>
  fixtures.given('the client is online again', () =>
    until(
      fixtures,
      'online again',
      () => fixtures.server.connections.slice(1).some(({ online }) => online) || undefined,
    ),
  )

/** Waits until the client has come back and seen the certificate that it is shown; resolves with whether it went on. */
export const secondHandshake = (fixtures: ClientFixtures): Promise<boolean> =>
  fixtures.given('the client comes back', () => {
    const { server } = fixtures
    const streams = server.transport === 'starttls' ? 2 : 1
    const wentOn = () => server.connections.slice(1).some((one) => one.encrypted && one.streams >= streams)
    return until(fixtures, 'back', () => (wentOn() || server.failedHandshakes.length > 0 ? wentOn() : undefined))
  })
