import { type Requirement, toldAs } from '../suite/requirements.ts'
import type { ServerTransport } from '../tester/xmpp-server/scripted-server.ts'

/** What cases about one way of reaching a server require, and why another cell cannot be asked. */
const transportReasons: Record<string, string> = {
  starttls: 'this is about TCP with STARTTLS',
  'direct-tls': 'this is about direct TLS',
  websocket: 'this is about WebSocket',
  bosh: 'this is about BOSH',
  tcp: 'this is about streams over TCP',
}

/**
 * Why a case cannot be asked of a client in this cell; undefined where it can.
 *
 * @param lacks reasons of the manifest for what the client has not got
 */
export function unmetByClient(
  requirement: Requirement,
  transport: ServerTransport,
  capabilities: Set<string>,
  lacks: Record<string, string> = {},
): string | undefined {
  if (requirement.kind !== 'capability') return requirement.reason
  const { name, reason } = requirement
  if (requirement.presumed) return lacks[name]
  if (name in transportReasons) {
    const fits = name === 'tcp' ? transport === 'starttls' || transport === 'direct-tls' : name === transport
    return fits ? undefined : `${transportReasons[name]}, and this cell is not`
  }
  return capabilities.has(name) ? undefined : (lacks[name] ?? reason)
}

/**
 * What a driver's description lets a case ask for: each verb by its name, and each event as `tells` in
 * harness/suite/requirements.ts names it. A manifest need not repeat it.
 */
export const askableOf = ({ verbs, events }: { verbs: readonly string[]; events: readonly string[] }): string[] => [
  ...verbs,
  ...events.map(toldAs),
]
