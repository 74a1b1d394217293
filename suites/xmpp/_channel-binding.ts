import {
  mechanisms,
  type RawStream,
  Scram,
  type ServerFixtures,
  scramHash,
  Unsupported,
} from '../../harness/suite/index.ts'

/** A channel binding that a server has taken: what to bind to, on which version of TLS. */
export interface Binding {
  type: 'tls-exporter' | 'tls-unique' | 'tls-server-end-point'
  maxVersion: 'TLSv1.3' | 'TLSv1.2'
  /** Whether the server proved itself as well. */
  verified: boolean
}

/** RFC 9266 for TLS 1.3, RFC 5929 for what came before and for what is the same everywhere. */
const candidates = [
  { maxVersion: 'TLSv1.3', type: 'tls-exporter' },
  { maxVersion: 'TLSv1.2', type: 'tls-unique' },
  { maxVersion: 'TLSv1.3', type: 'tls-server-end-point' },
] as const

/** A stream inside TLS on which the mechanism is on offer; undefined where it is not. */
async function offering({ stream, given }: ServerFixtures, mechanism: string, maxVersion: Binding['maxVersion']) {
  const raw = await stream({ tls: { maxVersion } })
  const features = await given('TLS', () => raw.openSecure())
  return mechanisms(features).includes(mechanism) ? raw : undefined
}

function exchange(user: { local: string; password: string }, mechanism: string, type: string, data: Uint8Array) {
  const hash = scramHash(mechanism)
  if (!hash) throw new Error(`${mechanism} is no SCRAM`)
  return new Scram({ hash, username: user.local, password: user.password, binding: { flag: 'p', type, data } })
}

/** Goes through an exchange with these binding data; returns the last element and what it proved. */
async function bind(raw: RawStream, scram: Scram, mechanism: string) {
  await raw.auth(mechanism, scram.first())
  const first = await raw.sasl()
  if (!first.is('challenge')) return { element: first, succeeded: false, verified: false }
  await raw.respond(await scram.final(Buffer.from(first.getText(), 'base64').toString()))
  const { element, succeeded } = await raw.outcome()
  return { element, succeeded, verified: scram.verifies(Buffer.from(element.getText(), 'base64').toString()) }
}

/**
 * Looks for a binding that the server takes; undefined where the mechanism is on offer and none is taken.
 *
 * @param only the one type to try
 */
export async function rightBinding(
  fixtures: ServerFixtures,
  mechanism: string,
  only?: Binding['type'],
): Promise<Binding | undefined> {
  const user = await fixtures.account('romeo')
  let offered = false
  for (const { maxVersion, type } of candidates) {
    if (only && type !== only) continue
    const raw = await offering(fixtures, mechanism, maxVersion)
    if (!raw) continue
    if (type === 'tls-exporter' && raw.channel.connection?.tls?.getProtocol() !== 'TLSv1.3') continue
    offered = true
    const { data } = raw.channelBinding(type)
    const { succeeded, verified } = await bind(raw, exchange(user, mechanism, type, data), mechanism)
    if (succeeded) return { type, maxVersion, verified }
  }
  if (!offered) throw new Unsupported(`it does not offer ${mechanism}${only === 'tls-exporter' ? ' on TLS 1.3' : ''}`)
  return undefined
}

/** Tries data that are not those of the connection, with the binding that the server takes. */
export async function wrongBinding(
  fixtures: ServerFixtures,
  mechanism: string,
  { type, maxVersion }: Binding,
  falsify: (data: Uint8Array) => Uint8Array,
) {
  const user = await fixtures.account('romeo')
  const raw = await fixtures.given('the mechanism on offer', () => offering(fixtures, mechanism, maxVersion))
  if (!raw) throw new Unsupported(`it does not offer ${mechanism}`)
  const { data } = raw.channelBinding(type)
  return bind(raw, exchange(user, mechanism, type, falsify(data)), mechanism)
}
