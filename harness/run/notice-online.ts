import type { UndrivenClient } from '../lab/embedded/undriven-client.ts'
import type { ScriptedServer } from '../tester/xmpp-server/scripted-server.ts'
import type { ServerConnection } from '../tester/xmpp-server/server-connection.ts'

/**
 * Tells `online` for a client that does not say so itself: it has a resource, and went on to send a stanza that only
 * somebody sends who takes the session for his own.
 */
export function noticeOnline(client: UndrivenClient, server: ScriptedServer): void {
  const known = new Set<ServerConnection>()
  server.watch(() => {
    for (const connection of server.connections) {
      if (known.has(connection) || connection.jid === undefined || !usesSession(connection)) continue
      known.add(connection)
      client.tell('online', { jid: connection.jid, seen: 'it sent a stanza over its new session' })
    }
  })
}

/** The resource may come from a bind request, or with the authentication (RFC 6120 §7, XEP-0386). */
const binding = new Set(['iq/bind', 'iq/session', 'auth', 'response', 'authenticate', 'open', 'stream:stream'])

function usesSession({ received }: ServerConnection): boolean {
  const names = received.map((element) => {
    const [child] = element.getChildElements()
    return element.is('iq') ? `iq/${child?.getName() ?? ''}` : element.name
  })
  const bound = names.findLastIndex((name) => name === 'iq/bind' || name === 'authenticate')
  return names.slice(bound + 1).some((name) => !binding.has(name) && /^(iq\/|message$|presence$)/.test(name))
}
