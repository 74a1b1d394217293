import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, isIPv6 } from 'node:net'
import type { CertificateRequest } from '../lab/certificates.ts'
import { type DnsServer, isAbout } from '../lab/dns/dns-server.ts'
import type { Tap } from '../lab/embedded/tap.ts'
import { LabError } from '../lab/lab.ts'
import type { Case } from '../suite/define-suite.ts'
import type { Place, ServiceTarget, ProbeNetwork as SuiteNetwork } from '../suite/probe-network.ts'
import { Inconclusive, Unsupported } from '../suite/verdict-errors.ts'
import type { CertificateStore } from '../tester/xmpp-server/certificate-kinds.ts'
import type { Listener, ListenerPlace } from '../tester/xmpp-server/listener.ts'
import { labDomain, type TesterAddress } from './driver-source.ts'

/** What the lab of a client has of names and addresses. */
export interface LabNames {
  /** The name server that the client's resolver asks. */
  readonly dns: DnsServer
  /** Addresses at which one probe has every port for itself; undefined where there are none. */
  ownAddress(): TesterAddress | undefined
  /** An address at which the client finds nobody. */
  readonly emptyAddress: string
}

/**
 * The domain of a case, and its certificates. One that is about finding the server gets a domain of its own and the name
 * server: probes run side by side.
 */
export function domainFor(
  { requires = [] }: Pick<Case, 'requires'>,
  certificates: CertificateStore,
  names: LabNames,
): { domain: string; certificates: CertificateStore; names?: LabNames } {
  const asks = requires.some((one) => one.kind === 'capability' && one.name === 'srv')
  if (!asks) return { domain: labDomain, certificates }
  const domain = `${randomBytes(4).toString('hex')}.${labDomain}`
  return { domain, certificates: certificates.forDomain(domain), names }
}

export interface ProbeNetworkParts {
  domain: string
  certificates: CertificateStore
  /** Where taps listen by default. */
  address: TesterAddress
  names?: LabNames
  /** Called when the client asks something about its domain. */
  asked(): void
  /** Makes the server listen at a place behind a tap of its own. */
  open(place: ListenerPlace, at: { host: string; port?: number }): Promise<{ listener: Listener; tap: Tap }>
}

/** Ports of shared addresses that a probe has taken, so that those which want the same one wait for each other. */
const turns = new Map<string, Promise<void>>()

/** The addresses and names of one probe. */
export class ProbeNetwork implements SuiteNetwork {
  readonly #parts: ProbeNetworkParts
  readonly #ends: (() => void | Promise<void>)[] = []

  constructor(parts: ProbeNetworkParts) {
    this.#parts = parts
    const { names, domain, asked } = parts
    if (names) this.#ends.push(names.dns.watch((question) => isAbout(question, domain) && asked()))
  }

  async listen(
    transport: 'starttls' | 'direct-tls',
    { port, ipv6 }: { port?: number; ipv6?: boolean } = {},
  ): Promise<Place> {
    const { address, names } = this.#parts
    const at = ipv6 ? ipv6Loopback(address) : port === undefined ? address : (names?.ownAddress() ?? address)
    if (port !== undefined && at === address) await this.#turn(`${at.listen}:${port}`)
    try {
      const { listener, tap } = await this.#parts.open({ transport }, { host: at.listen, port })
      return {
        address: at.seen,
        port: tap.port,
        text: textOf(at.seen, tap.port),
        get arrivals() {
          return listener.arrivals
        },
        get connections() {
          return listener.connections
        },
      }
    } catch (error) {
      if (error instanceof LabError) throw new Inconclusive(`this machine has no such place: ${error.message}`)
      throw error
    }
  }

  async nobody(port?: number): Promise<Pick<Place, 'address' | 'port' | 'text'>> {
    const address = this.#parts.names?.emptyAddress ?? this.#parts.address.seen
    const chosen = port ?? (await closedPort())
    return { address, port: chosen, text: textOf(address, chosen) }
  }

  srv(service: 'xmpp-client' | 'xmpps-client', { host, place, of, priority = 1, weight = 0 }: ServiceTarget): void {
    this.#srv(service, { target: this.#name(host), port: place.port, priority, weight }, of)
    this.addressOf(host, place.address)
  }

  srvWithoutAddress(service: 'xmpp-client' | 'xmpps-client', host: string, { priority = 1 } = {}): void {
    this.#srv(service, { target: this.#name(host), port: 5222, priority, weight: 0 })
  }

  noService(service: 'xmpp-client' | 'xmpps-client'): void {
    this.#srv(service, { target: '.', port: 0, priority: 0, weight: 0 })
  }

  addressOf(label: string | undefined, address: string): void {
    this.#dns.add({ name: this.#name(label), type: isIPv6(address) ? 'AAAA' : 'A', data: address })
  }

  alias(label: string | undefined, of: string): void {
    this.#dns.add({ name: this.#name(label), type: 'CNAME', data: this.#name(of) })
  }

  get questions(): readonly string[] {
    return this.#parts.names?.dns.questionsAbout(this.#parts.domain) ?? []
  }

  certificate(request: CertificateRequest) {
    return this.#parts.certificates.issue(request)
  }

  /** Gives back what was taken. */
  async close(): Promise<void> {
    if (this.#parts.names) this.#parts.names.dns.forget(this.#parts.domain)
    for (const end of this.#ends.splice(0)) await end()
  }

  get #dns(): DnsServer {
    const { names } = this.#parts
    if (!names) throw new Unsupported('names are not looked up here: the client is told host and port')
    return names.dns
  }

  #srv(service: string, data: { target: string; port: number; priority: number; weight: number }, of?: string) {
    this.#dns.add({ name: `_${service}._tcp.${this.#name(of)}`, type: 'SRV', data })
  }

  #name(label: string | undefined): string {
    return label === undefined ? this.#parts.domain : `${label}.${this.#parts.domain}`
  }

  /** Waits until nobody else in this process has the port. */
  async #turn(key: string): Promise<void> {
    const before = turns.get(key)
    const mine = Promise.withResolvers<void>()
    turns.set(
      key,
      (before ?? Promise.resolve()).then(() => mine.promise),
    )
    this.#ends.push(() => mine.resolve())
    await before
  }
}

/** IPv6 is only there where client and tester share a machine. */
function ipv6Loopback({ seen }: TesterAddress): TesterAddress {
  if (!seen.startsWith('127.')) throw new Inconclusive('the lab of this client has no IPv6')
  return { listen: '::1', seen: '::1' }
}

/** A port of 127.0.0.1 that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 1
}

const textOf = (address: string, port: number): string =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
