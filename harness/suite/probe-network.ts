import type { Certificate, CertificateRequest } from '../lab/certificates.ts'
import type { ServerConnection } from '../tester/xmpp-server/server-connection.ts'

/** A place to which a client can be sent: by a name server, or by the server itself. */
export interface Place {
  /** The IP address under which the client finds it. */
  readonly address: string
  readonly port: number
  /** Both, as `<see-other-host/>` has them: with brackets around IPv6 (RFC 6120 §4.9.3.19). */
  readonly text: string
  /** How many connections came there, whatever became of them. */
  readonly arrivals: number
  /** Those of them that talked, in order. */
  readonly connections: readonly ServerConnection[]
}

/** An SRV record to a place (RFC 2782). */
export interface ServiceTarget {
  /** First label of the target's name, below the domain: `one` for one.DOMAIN. The name gets the place's address. */
  host: string
  place: Pick<Place, 'address' | 'port'>
  /** Label of the name whose record it is; the domain itself by default. */
  of?: string
  /** 1 by default. */
  priority?: number
  /** 0 by default. */
  weight?: number
}

/** The addresses and names of one probe. Names are only looked up by clients that have the capability `srv`. */
export interface ProbeNetwork {
  /** Another place at which the server listens, and does what it does everywhere; 127.0.0.1 and a free port by default. */
  listen(transport: 'starttls' | 'direct-tls', where?: { port?: number; ipv6?: boolean }): Promise<Place>
  /** A place at which nobody listens: connections are refused. On an address of its own, where the machine has several. */
  nobody(port?: number): Promise<Pick<Place, 'address' | 'port' | 'text'>>
  /** Adds an SRV record of the domain, and the address of its target. */
  srv(service: 'xmpp-client' | 'xmpps-client', target: ServiceTarget): void
  /** Adds an SRV record whose target has no address. */
  srvWithoutAddress(service: 'xmpp-client' | 'xmpps-client', host: string, order?: { priority?: number }): void
  /** Adds an SRV record that says that there is no such service: its target is the root (RFC 2782). */
  noService(service: 'xmpp-client' | 'xmpps-client'): void
  /** Adds an address record, of the domain itself or of a name below it. */
  addressOf(label: string | undefined, address: string): void
  /** Makes a name, or the domain itself, an alias of a name below the domain (CNAME). */
  alias(label: string | undefined, of: string): void
  /** What was asked about the domain and the names below it: `SRV _xmpp-client._tcp.DOMAIN`. */
  readonly questions: readonly string[]
  /** A certificate that the client trusts, for names and addresses that the case chooses. */
  certificate(request: CertificateRequest): Promise<Certificate>
}
