import { Resolver } from 'node:dns/promises'
import net from 'node:net'
import { type ServiceRecord, srvOrder } from '../../lab/target/srv-order.ts'
import type { ServerTransport } from '../xmpp-server/scripted-server.ts'
import type { ClientMistake } from './mistake.ts'

/** Somewhere that a client may connect to, and the name under which it found that. */
export interface Place {
  transport: ServerTransport
  address: string
  port: number
  name: string
}

const defaultPort = 5222
/** Letters of a domain name (RFC 1035 §2.3.4). */
const longestName = 253
const services = ['xmpps-client', 'xmpp-client'] as const

/** How the model client finds its server: RFC 6120 §3.2, XEP-0368. */
export class ModelPlaces {
  readonly #resolver: Resolver | undefined
  readonly #errs: (mistake: ClientMistake) => boolean

  /** @param dns `address:port` of the name server; without one only addresses are found */
  constructor(dns: string | undefined, errs: (mistake: ClientMistake) => boolean) {
    this.#errs = errs
    if (!dns) return
    this.#resolver = new Resolver({ timeout: 2_000, tries: 1 })
    this.#resolver.setServers([dns])
  }

  /**
   * The places of a domain, in the order in which they are to be tried.
   *
   * @throws Error when it says that it has no such service.
   */
  async ofDomain(domain: string): Promise<Place[]> {
    const errs = this.#errs
    const fallback = () => this.ofHost(domain, defaultPort, 'starttls')
    if (errs('asks-no-srv')) return fallback()
    if (errs('needs-address-of-domain') && (await fallback()).length === 0) throw new Error(`there is no ${domain}`)
    const asked = errs('asks-no-direct-tls-records') ? services.slice(1) : services
    const answers = await Promise.all(asked.map((service) => this.#records(domain, service)))
    const records = answers.flat()
    const present = records.filter(({ host }) => host !== '')
    if (records.length === 0) return errs('knows-no-fallback') ? [] : fallback()
    const direct = records.filter(({ service }) => service === 'xmpps-client')
    const onlyDirectRefused = direct.some(({ host }) => host === '') && errs('gives-up-on-direct-root-target')
    if (present.length === 0 || onlyDirectRefused) {
      const believes = errs('connects-despite-root-target')
      if (believes) return fallback()
      throw new Error(`${domain} says that it has no such service`)
    }
    const ordered = this.#ordered(present)
    const places: Place[] = []
    for (const { host, port, service } of errs('tries-one-target') ? ordered.slice(0, 1) : ordered) {
      const kind = service === 'xmpps-client' ? 'direct-tls' : 'starttls'
      const other = kind === 'starttls' ? 'direct-tls' : 'starttls'
      const swapped = errs(kind === 'starttls' ? 'starts-with-tls-everywhere' : 'starts-in-clear-everywhere')
      places.push(...(await this.ofHost(host, port, swapped ? other : kind)))
    }
    return errs('falls-back-after-records') ? [...places, ...(await fallback())] : places
  }

  /** The addresses of a host. */
  async ofHost(host: string, port: number, transport: ServerTransport): Promise<Place[]> {
    const place = (address: string) => ({ transport, address, port, name: host })
    if (net.isIP(host)) return [place(host)]
    const none = (): string[] => []
    const [v4, v6] = await Promise.all([
      this.#resolver?.resolve4(host).catch(none),
      this.#errs('asks-no-ipv6') ? [] : this.#resolver?.resolve6(host).catch(none),
    ])
    const addresses = [...(v4 ?? []), ...(v6 ?? [])].map(place)
    return this.#errs('tries-one-address') ? addresses.slice(0, 1) : addresses
  }

  /**
   * Where `<see-other-host/>` sends: a host or an address, with or without a port (RFC 6120 §4.9.3.19).
   *
   * @throws Error when it says nothing of the kind.
   */
  async ofRedirect(text: string, transport: ServerTransport): Promise<Place[]> {
    const errs = this.#errs
    const [, bracketed, plain, digits] = redirectForm.exec(text) ?? []
    if (bracketed && errs('reads-no-ipv6-redirect')) throw new Error(`what is ${text}?`)
    const host = bracketed ?? plain
    const port = digits === undefined ? undefined : Number(digits)
    if (
      !host ||
      host.length > longestName ||
      (bracketed && !net.isIPv6(bracketed)) ||
      port === 0 ||
      (port ?? 0) > 65_535
    ) {
      throw new Error(`it redirects to nowhere: ${text.slice(0, 80)}`)
    }
    if (net.isIP(host) || port !== undefined || errs('resolves-no-redirect-host')) {
      return this.ofHost(host, port ?? defaultPort, transport)
    }
    return this.ofDomain(host)
  }

  #ordered(records: ServiceRecord[]): ServiceRecord[] {
    const errs = this.#errs
    if (errs('ignores-priority')) return records
    if (errs('ignores-weight')) return records.toSorted((a, b) => a.priority - b.priority)
    const ordered = srvOrder(records)
    const preferred = errs('prefers-direct-tls') ? 'xmpps-client' : errs('prefers-starttls') ? 'xmpp-client' : undefined
    if (!preferred) return ordered
    return [
      ...ordered.filter((one) => one.service === preferred),
      ...ordered.filter((one) => one.service !== preferred),
    ]
  }

  async #records(domain: string, service: ServiceRecord['service']): Promise<ServiceRecord[]> {
    const answers = (await this.#resolver?.resolveSrv(`_${service}._tcp.${domain}`).catch(() => [])) ?? []
    return answers.map(({ name, ...rest }) => ({ service, host: name.replace(/\.$/, ''), ...rest }))
  }
}

const redirectForm = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/@]+))(?::(\d{1,5}))?$/
