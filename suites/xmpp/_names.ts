import { type ClientFixtures, capability } from '../../harness/suite/index.ts'

type Network = ClientFixtures['network']

/** For cases in which the client is told its domain and nothing else. */
export const byName = [capability('srv')]

/** For cases about the records of direct TLS, which not every client knows that knows SRV (XEP-0368). */
export const byNameOverTls = [...byName, capability('direct-tls-records')]

/** The domain has an address, as most have: some other host, on which nobody speaks XMPP. */
export async function hasOtherHost(network: Network): Promise<void> {
  network.addressOf(undefined, (await network.nobody()).address)
}

/** The question for the records of a service (RFC 6120 §3.2.1, XEP-0368 §3). */
export const question = (service: 'xmpp-client' | 'xmpps-client', domain: string): string =>
  `SRV _${service}._tcp.${domain}`
