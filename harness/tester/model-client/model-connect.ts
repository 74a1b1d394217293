import { CaseRecorder } from '../recorder.ts'
import { BoshChannel } from '../xmpp-client/bosh-channel.ts'
import { type Channel, TcpChannel, WebSocketChannel } from '../xmpp-client/channel.ts'
import { RecordedConnection, type TlsChoice } from '../xmpp-client/recorded-connection.ts'
import type { ClientMistake } from './mistake.ts'
import type { Place } from './model-places.ts'

export interface ChannelChoice {
  /** URL of the server, on WebSocket and BOSH. */
  service?: string
  tls: TlsChoice
  errs(mistake: ClientMistake): boolean
}

/** Connects to a place, and negotiates what is negotiated below the stream. */
export async function openChannel(
  { transport, address, port }: Place,
  { service = '', tls, errs }: ChannelChoice,
): Promise<Channel> {
  const recorder = new CaseRecorder().connection('model')
  if (transport === 'bosh') return new BoshChannel(service, recorder, { ...tls, servername: '' }, errs)
  if (transport === 'websocket') {
    const protocols = errs('offers-no-subprotocol') ? [] : undefined
    return WebSocketChannel.connect(service, recorder, { tls: { ...tls, servername: '' }, protocols })
  }
  const connection = await RecordedConnection.connect(address, port, recorder)
  if (transport === 'direct-tls' && !errs('speaks-in-clear')) {
    await connection.encrypt({ ...tls, ...(errs('offers-no-alpn') ? {} : { alpn: ['xmpp-client'] }) })
  }
  return new TcpChannel(connection)
}

const nobodyThere = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ETIMEDOUT)$/

/**
 * Opens the first place that accepts a connection (RFC 6120 §3.2.1). What goes wrong behind that is no reason to look
 * elsewhere.
 *
 * @throws Error when none accepts.
 */
export async function connectFirst<T>(places: readonly Place[], open: (place: Place) => Promise<T>): Promise<T> {
  let reason: unknown = new Error('the server is not to be found')
  for (const place of places) {
    try {
      return await open(place)
    } catch (error) {
      reason = error
      if (!(error instanceof Error && 'code' in error && nobodyThere.test(String(error.code)))) break
    }
  }
  throw reason
}
