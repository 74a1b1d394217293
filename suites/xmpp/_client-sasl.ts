import {
  type ClientFixtures,
  type Element,
  Inconclusive,
  type LoginAs,
  type LoginOutcome,
  ns,
} from '../../harness/suite/index.ts'

/** Mechanisms for cases that want an exchange of more than one message. */
export const scramOnly = ['SCRAM-SHA-256', 'SCRAM-SHA-1']

/** What a client sent of SASL in the profile of RFC 6120 or XEP-0388, in order, on all connections. */
export const saslSent = ({ server }: Pick<ClientFixtures, 'server'>): Element[] =>
  server.seen((element) => element.getNS() === ns.sasl || element.getNS() === ns.sasl2)

/**
 * Lets the client log in, whatever comes of it; inconclusive where it does not even begin to authenticate: there is
 * nothing to be looked at then.
 */
export async function authenticates(fixtures: ClientFixtures, as?: LoginAs): Promise<LoginOutcome> {
  const outcome = await fixtures.client.attempt(as)
  const begun = saslSent(fixtures).some((element) => element.is('auth') || element.is('authenticate'))
  if (!begun)
    throw new Inconclusive(`could not get as far as "it begins to authenticate": ${outcome.kind} ${outcome.said}`)
  return outcome
}

/** Message of the mechanism in the client's first element, decoded; undefined where it carries none. */
export function firstMessage(fixtures: Pick<ClientFixtures, 'server'>): string | undefined {
  const first = saslSent(fixtures).find((element) => element.is('auth') || element.is('authenticate'))
  const text = first?.is('auth') ? first.getText() : first?.getChildText('initial-response')
  return text ? Buffer.from(text, 'base64').toString('utf8') : undefined
}
