import { Resolver } from 'node:dns/promises'
import net from 'node:net'
import { LabError, type RunningServer, type ServerEndpoints } from '../lab.ts'
import { type ServiceRecord, srvOrder } from './srv-order.ts'
import { parseTargetUri } from './target-uri.ts'
import { discoverWebSocket } from './websocket-discovery.ts'

/** How long one address may take to accept a connection, milliseconds. */
const connectTimeoutMs = 4_000

interface Answer {
  records: ServiceRecord[]
  /** The domain says that it has no such service: a single record whose target is the root (RFC 2782). */
  refused: boolean
}

/**
 * Finds a server that runs elsewhere the way a client does: SRV records of both kinds in the order of RFC 2782 (RFC
 * 6120 §3.2.1, XEP-0368 §3), the domain itself at port 5222 where there are none (§3.2.2), and nothing looked up where
 * the URI names a port (§3.2.3). Nothing is started, so nothing can be restarted, captured or read from its log.
 *
 * The environment variable ASSAY_DNS (`address[:port]`) names another DNS server than the system's.
 *
 * @throws LabError when the domain offers no service or nothing accepts a connection.
 */
export async function findTarget(uri: string): Promise<RunningServer> {
  const { domain, port, directTls } = parseTargetUri(uri)
  const resolver = new Resolver({ timeout: 3_000, tries: 2 })
  if (process.env.ASSAY_DNS) resolver.setServers([process.env.ASSAY_DNS])
  const tried: string[] = []
  const endpoints: ServerEndpoints = { host: '', domain, services: {} }

  const candidates = port
    ? [{ service: directTls ? 'xmpps-client' : 'xmpp-client', host: domain, port, priority: 0, weight: 0 } as const]
    : await lookUp(resolver, domain, directTls)
  for (const { service, host, port } of candidates) {
    if (service === 'xmpp-client' ? endpoints.starttls : endpoints.directTls) continue
    const address = await firstAddress(resolver, host, port)
    tried.push(`${service} ${host}:${port} ${address ? `accepts at ${address}` : 'does not accept'}`)
    if (!address) continue
    if (service === 'xmpp-client') Object.assign(endpoints, { host: address, starttls: port })
    else Object.assign(endpoints, { directTlsHost: address, directTls: port })
  }
  endpoints.host ||= endpoints.directTlsHost ?? ''
  if (!endpoints.host) {
    throw new LabError(`nothing of ${domain} accepts a connection: ${tried.join('; ') || 'no address was found'}`)
  }
  if (!port) endpoints.websocket = await discoverWebSocket(domain)

  return {
    endpoints,
    provenance: { target: uri, records: tried.join('; '), websocket: endpoints.websocket ?? 'none found' },
    addAccounts: () => Promise.reject(new LabError('accounts of a target are given by --account')),
    onDeath: () => {},
    restart: () => Promise.reject(new LabError('the target stopped answering, and is not ours to start again')),
    log: () => Promise.resolve(''),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function lookUp(resolver: Resolver, domain: string, directTlsOnly: boolean): Promise<ServiceRecord[]> {
  const [starttls, direct] = await Promise.all([
    directTlsOnly ? { records: [], refused: false } : ask(resolver, domain, 'xmpp-client'),
    ask(resolver, domain, 'xmpps-client'),
  ])
  const records = srvOrder([...starttls.records, ...direct.records])
  if (records.length > 0) return records
  if (starttls.refused || direct.refused) {
    throw new LabError(`the SRV records of ${domain} say that it offers no XMPP service to clients (target ".")`)
  }
  if (directTlsOnly)
    throw new LabError(`${domain} has no _xmpps-client SRV record; name a port: xmpps://${domain}:5223`)
  return [{ service: 'xmpp-client', host: domain, port: 5222, priority: 0, weight: 0 }]
}

async function ask(resolver: Resolver, domain: string, service: ServiceRecord['service']): Promise<Answer> {
  try {
    const answers = await resolver.resolveSrv(`_${service}._tcp.${domain}`)
    const records = answers.map(({ name, ...rest }) => ({ service, host: name.replace(/\.$/, ''), ...rest }))
    const present = records.filter(({ host }) => host !== '')
    return { records: present, refused: records.length > 0 && present.length === 0 }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTFOUND' || code === 'ENODATA') return { records: [], refused: false }
    throw new LabError(`the SRV records of ${domain} could not be looked up: ${code ?? error}`, { cause: error })
  }
}

/** The first address of a host that accepts a connection. */
async function firstAddress(resolver: Resolver, host: string, port: number): Promise<string | undefined> {
  const literal = host.replace(/^\[|\]$/g, '')
  if (net.isIP(literal)) return (await accepts(literal, port)) ? literal : undefined
  const none = (): string[] => []
  const [v6, v4] = await Promise.all([resolver.resolve6(host).catch(none), resolver.resolve4(host).catch(none)])
  for (const address of [...v4, ...v6, ...(host === 'localhost' ? ['127.0.0.1'] : [])]) {
    if (await accepts(address, port)) return address
  }
  return undefined
}

function accepts(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = net.connect({ host, port, timeout: connectTimeoutMs })
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  socket.once('timeout', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
