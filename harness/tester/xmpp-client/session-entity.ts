import { EventEmitter } from 'node:events'
import { StringDecoder } from 'node:string_decoder'
import { Client } from '@xmpp/client-core'
import ConnectionTCP from '@xmpp/connection-tcp'
import iqCaller from '@xmpp/iq/caller.js'
import middleware from '@xmpp/middleware'
import resourceBinding from '@xmpp/resource-binding'
import sasl from '@xmpp/sasl'
import streamFeatures from '@xmpp/stream-features'
import xml from '@xmpp/xml'
import type { Account, ServerEndpoints } from '../../lab/lab.ts'
import type { ConnectionRecorder } from '../recorder.ts'
import { StreamParser } from '../xml/stream-parser.ts'
import { ns } from './namespaces.ts'
import { RecordedConnection } from './recorded-connection.ts'
import { SaslMechanisms } from './sasl-mechanisms.ts'

/** Strongest first. Conformance of each mechanism is asked on raw streams. */
const strongest = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'SCRAM-SHA-512', 'PLAIN']
/** On a server of our own the password is made up, and PLAIN spares both sides the derivation of a key. */
const cheapest = strongest.toReversed()

/** The library drops its parser when XML is not well-formed, and then falls over the next bytes. */
class SteadyClient extends Client {
  override _onData(data: string): void {
    if (this.parser) super._onData(data)
  }
}

/**
 * An @xmpp/client entity put together from the package's own parts, whose socket and parser are ours: every byte is
 * recorded, TLS trusts the lab's CA and nothing reconnects by itself. Stream management is left out on purpose.
 */
export function sessionEntity(
  endpoints: ServerEndpoints,
  account: Account,
  resource: string | undefined,
  recorder: ConnectionRecorder,
): Client {
  const { host, starttls, directTls, domain } = endpoints
  const direct = starttls === undefined
  const socket = new SessionSocket(recorder, {
    host: (direct && endpoints.directTlsHost) || host,
    port: direct ? directTls : starttls,
    domain,
    ca: endpoints.ca,
    direct,
  })

  class RecordedTransport extends ConnectionTCP {
    override socketParameters() {
      return {}
    }
  }
  // The library makes its socket with `new this.Socket()`; this session has just the one.
  Object.assign(RecordedTransport.prototype, {
    Socket: function Socket() {
      return socket
    },
    Parser: StreamParser,
    NS: ns.client,
  })

  const entity = new SteadyClient({ service: `xmpp://${host}`, domain, timeout: 10_000 })
  entity.transports.push(RecordedTransport)
  const layers = middleware({ entity })
  const features = streamFeatures({ middleware: layers })
  const caller = iqCaller({ middleware: layers, entity })
  features.use('starttls', ns.tls, async (_context, next) => {
    if (socket.secure) return next()
    const answer = await entity.sendReceive(xml('starttls', { xmlns: ns.tls }))
    if (!answer.is('proceed', ns.tls)) throw new Error(`STARTTLS was answered with ${answer}`)
    await socket.encrypt()
    await entity.restart()
  })
  const saslFactory = new SaslMechanisms()
  sasl({ streamFeatures: features, saslFactory }, async (done, offered) => {
    const mechanism = (endpoints.ours ? cheapest : strongest).find((name) => offered.includes(name))
    if (!mechanism) throw new Error(`none of ${strongest.join(', ')} is offered, only ${offered.join(', ')}`)
    recorder.secret = true
    await done({ username: account.local, password: account.password }, mechanism)
    recorder.secret = false
  })
  resourceBinding({ iqCaller: caller, streamFeatures: features }, resource)
  return entity
}

interface SocketParameters {
  host: string
  port: number | undefined
  domain: string
  ca: string | undefined
  direct: boolean
}

/** A recorded connection in the shape of the socket that @xmpp/connection works with. */
class SessionSocket extends EventEmitter {
  readonly #recorder: ConnectionRecorder
  readonly #parameters: SocketParameters
  readonly #decoder = new StringDecoder('utf8')
  #connection: RecordedConnection | undefined

  constructor(recorder: ConnectionRecorder, parameters: SocketParameters) {
    super()
    this.#recorder = recorder
    this.#parameters = parameters
  }

  get secure(): boolean {
    return this.#connection?.encrypted ?? false
  }

  connect(): void {
    this.#connect().catch((error) => this.emit('error', error))
  }

  async #connect() {
    const { host, port, direct } = this.#parameters
    if (port === undefined) throw new Error('the server has no port for TCP')
    const connection = await RecordedConnection.connect(host, port, this.#recorder)
    this.#connection = connection
    connection.on('data', (chunk) => this.emit('data', this.#decoder.write(chunk)))
    connection.on('end', () => connection.end())
    connection.on('close', (error) => this.emit('close', error !== undefined, error))
    if (direct) await this.encrypt()
    this.emit('connect')
  }

  async encrypt(): Promise<void> {
    await this.#connection?.encrypt({ servername: this.#parameters.domain, ca: this.#parameters.ca })
  }

  write(text: string, done: (error?: Error) => void): void {
    if (!this.#connection || this.#connection.closed) done(new Error('the connection is closed'))
    else this.#connection.write(text).then(() => done(), done)
  }

  end(): void {
    this.#connection?.end()
  }

  destroy(): void {
    this.#connection?.destroy()
  }
}
