import { EventEmitter, once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { Certificate } from '../../lab/certificates.ts'
import { resetSocket } from '../../lab/embedded/reset-socket.ts'
import { epochMicroseconds } from '../../wire/epoch-clock.ts'
import type { ConnectionRecorder } from '../recorder.ts'

export interface TlsChoice {
  /** Name that the certificate must carry and that SNI names; default: the XMPP domain. */
  servername: string
  /** PEM; undefined: the system's authorities. */
  ca?: string
  /** Certificate to be shown where the server asks for one. */
  own?: Certificate
  /** Default true. False only in cases that look at the certificate themselves. */
  verify?: boolean
  /** ALPN protocols offered (XEP-0368 §4). */
  alpn?: string[]
  /** OpenSSL's list of cipher suites; `DEFAULT@SECLEVEL=0` to offer what is out of date. */
  ciphers?: string
  minVersion?: tls.SecureVersion
  maxVersion?: tls.SecureVersion
}

interface ConnectionEvents {
  data: [Buffer]
  /** The peer ended its side. */
  end: []
  /** The connection is gone; the error where it did not go in order. */
  close: [Error | undefined]
}

/** Bound on connecting and on TLS handshakes, milliseconds. */
const connectTimeoutMs = 5_000

/**
 * A TCP connection of the tester, plain or inside TLS, whose every byte above TLS is recorded. It emits `data`, `end`
 * and `close`; it never emits `error`.
 */
export class RecordedConnection extends EventEmitter<ConnectionEvents> {
  readonly recorder: ConnectionRecorder
  #socket: net.Socket
  #closed = false

  private constructor(socket: net.Socket, recorder: ConnectionRecorder) {
    super()
    this.recorder = recorder
    this.#socket = socket
    this.#listen(socket)
  }

  /**
   * Connects to an address.
   *
   * @throws Error when it is refused or takes longer than 5 s.
   */
  static async connect(host: string, port: number, recorder: ConnectionRecorder): Promise<RecordedConnection> {
    const since = epochMicroseconds()
    const socket = net.connect({ host, port, noDelay: true, autoSelectFamily: true })
    await settled(socket, 'connect', `a TCP connection to ${host} port ${port}`)
    recorder.flow({
      localAddress: socket.localAddress ?? '',
      localPort: socket.localPort ?? 0,
      remoteAddress: socket.remoteAddress ?? host,
      remotePort: socket.remotePort ?? port,
      since,
    })
    recorder.event('connected', `${host}:${port}`)
    return new RecordedConnection(socket, recorder)
  }

  get encrypted(): boolean {
    return this.#socket instanceof tls.TLSSocket
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The TLS socket, for channel bindings and the peer's certificate; undefined on a plain connection. */
  get tls(): tls.TLSSocket | undefined {
    return this.#socket instanceof tls.TLSSocket ? this.#socket : undefined
  }

  /**
   * Puts TLS onto the connection, at once (direct TLS) or after STARTTLS.
   *
   * @throws Error when the handshake fails or the certificate is not trusted.
   */
  async encrypt(choice: TlsChoice): Promise<void> {
    const plain = this.#socket
    plain.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close').removeAllListeners('error')
    const secure = tls.connect({
      socket: plain,
      servername: net.isIP(choice.servername) ? '' : choice.servername,
      ca: choice.ca,
      cert: choice.own?.certPem,
      key: choice.own?.keyPem,
      rejectUnauthorized: choice.verify ?? true,
      checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(choice.servername, certificate),
      ALPNProtocols: choice.alpn,
      ciphers: choice.ciphers,
      minVersion: choice.minVersion,
      maxVersion: choice.maxVersion,
    })
    secure.on('keylog', (line) => this.recorder.keyLogLine(line))
    this.#socket = secure
    try {
      await settled(secure, 'secureConnect', 'a TLS handshake')
    } catch (error) {
      secure.on('error', () => {})
      plain.on('error', () => {})
      this.#gone(error instanceof Error ? error : undefined)
      plain.destroy()
      throw error
    }
    this.recorder.event('encrypted', `${secure.getProtocol()} ${secure.getCipher().name}`)
    this.#listen(secure)
  }

  /**
   * Sends bytes as they are. Resolves when the kernel has them; does nothing on a closed connection.
   *
   * @throws Inconclusive where they hold a password of a target's account and TLS does not protect it.
   */
  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    if (this.#closed || !this.#socket.writable) return
    if (!this.tls?.authorized) this.recorder.refuseSecrets(bytes)
    this.recorder.bytes('sent', bytes)
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()))
  }

  /** Ends our side; the peer may still send. */
  end(): void {
    this.#socket.end()
  }

  /** Goes away without a word: a reset where the kernel allows it. */
  destroy(): void {
    if (this.#closed) return
    if (this.encrypted) this.#socket.destroy()
    else resetSocket(this.#socket)
    this.#gone(undefined)
  }

  #listen(socket: net.Socket) {
    let fault: Error | undefined
    socket.on('data', (chunk: Buffer) => {
      this.recorder.bytes('received', chunk)
      this.emit('data', chunk)
    })
    socket.on('end', () => this.emit('end'))
    socket.on('error', (error) => {
      fault = error
    })
    socket.on('close', () => this.#gone(fault))
  }

  #gone(fault: Error | undefined) {
    if (this.#closed) return
    this.#closed = true
    this.recorder.event(fault ? 'reset' : 'closed', fault?.message)
    this.emit('close', fault)
  }
}

async function settled(socket: net.Socket, event: string, awaited: string): Promise<void> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), connectTimeoutMs)
  const closed = () => controller.abort()
  socket.once('close', closed)
  try {
    await once(socket, event, { signal: controller.signal })
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
    throw new Error(socket.closed ? `the peer closed during ${awaited}` : `${awaited} took over ${connectTimeoutMs} ms`)
  } finally {
    clearTimeout(timer)
    socket.off('close', closed)
  }
}
