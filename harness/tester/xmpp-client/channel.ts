import { EventEmitter } from 'node:events'
import net from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import tls from 'node:tls'
import type { Element } from '@xmpp/xml'
import { WebSocket } from 'ws'
import { epochMicroseconds } from '../../wire/epoch-clock.ts'
import type { ConnectionRecorder } from '../recorder.ts'
import { parseElement, StreamParser, type XmlDeclaration } from '../xml/stream-parser.ts'
import { ns } from './namespaces.ts'
import type { RecordedConnection, TlsChoice } from './recorded-connection.ts'

/** What a channel reads: the parts of a stream, whichever way they travel. */
export interface ChannelEvents {
  header: [Element]
  element: [Element]
  /** The peer closed its stream: `</stream:stream>`, or `<close/>` on WebSocket. */
  footer: []
  /** What was read is not XML that a stream may carry. */
  fault: [Error]
  /** The connection is gone. */
  gone: [string]
}

/** A message of a WebSocket as it came. */
export interface WebSocketMessage {
  text: string
  binary: boolean
}

/** A way to carry an XMPP stream. */
export interface Channel extends EventEmitter<ChannelEvents> {
  readonly recorder: ConnectionRecorder
  readonly encrypted: boolean
  readonly closed: boolean
  readonly connection: RecordedConnection | undefined
  /** The XML declaration that stood before the peer's latest stream header; undefined where there was none. */
  readonly declaration: XmlDeclaration | undefined
  /** WebSocket only: the sub-protocol that the server chose, and the messages that came, text and binary. */
  readonly protocol?: string
  readonly messages?: readonly WebSocketMessage[]
  /** Text of a header that opens a stream to `attributes.to`. */
  header(attributes: Record<string, string | undefined>): string
  readonly footerText: string
  write(data: string | Uint8Array): Promise<void>
  /** Expects a new stream from here on. */
  restart(): void
  end(): void
  destroy(): void
}

/** A stream over TCP (RFC 6120 §3), inside TLS or not. */
export class TcpChannel extends EventEmitter<ChannelEvents> implements Channel {
  readonly connection: RecordedConnection
  readonly footerText = '</stream:stream>'
  declaration: XmlDeclaration | undefined
  #parser!: StreamParser
  #decoder = new StringDecoder('utf8')

  constructor(connection: RecordedConnection) {
    super()
    this.connection = connection
    this.restart()
    connection.on('data', (chunk) => this.#parser.write(this.#decoder.write(chunk)))
    connection.on('end', () => connection.end())
    connection.on('close', (error) =>
      this.emit('gone', error ? `the connection broke: ${error.message}` : 'the connection was closed'),
    )
  }

  get recorder(): ConnectionRecorder {
    return this.connection.recorder
  }
  get encrypted(): boolean {
    return this.connection.encrypted
  }
  get closed(): boolean {
    return this.connection.closed
  }

  header(attributes: Record<string, string | undefined>): string {
    const all: Record<string, string | undefined> = {
      version: '1.0',
      xmlns: ns.client,
      'xmlns:stream': ns.streams,
      ...attributes,
    }
    return `<?xml version='1.0'?><stream:stream${attributeText(all)}>`
  }

  write(data: string | Uint8Array): Promise<void> {
    return this.connection.write(data)
  }

  restart(): void {
    this.#parser?.removeAllListeners()
    this.#decoder = new StringDecoder('utf8')
    const parser = new StreamParser()
    this.#parser = parser
    this.declaration = undefined
    parser.on('declaration', (declaration) => {
      this.declaration = declaration
    })
    parser.on('start', (element) => this.emit('header', element))
    parser.on('element', (element) => this.emit('element', element))
    parser.on('end', () => this.emit('footer'))
    parser.on('error', (error) => this.emit('fault', error))
    parser.on('restricted', (kind) => this.emit('fault', new Error(`restricted XML: a ${kind}`)))
  }

  end(): void {
    this.connection.end()
  }
  destroy(): void {
    this.connection.destroy()
  }
}

/** A stream over WebSocket (RFC 7395): one element a message, framed by `<open/>` and `<close/>`. */
export class WebSocketChannel extends EventEmitter<ChannelEvents> implements Channel {
  readonly connection = undefined
  readonly declaration = undefined
  readonly footerText = `<close xmlns='${ns.framing}'/>`
  readonly recorder: ConnectionRecorder
  /** The sub-protocol that the server chose; empty where it chose none. */
  readonly protocol: string
  readonly messages: WebSocketMessage[] = []
  readonly #socket: WebSocket
  readonly encrypted: boolean

  private constructor(socket: WebSocket, recorder: ConnectionRecorder, encrypted: boolean) {
    super()
    this.#socket = socket
    this.recorder = recorder
    this.encrypted = encrypted
    this.protocol = socket.protocol
    socket.on('message', (data, binary) => this.#read(data as Buffer, binary))
    socket.on('error', () => {})
    socket.on('close', (code, reason) => {
      recorder.event('closed', `WebSocket ${code} ${reason.toString().slice(0, 200)}`)
      this.emit('gone', `the WebSocket was closed with ${code}`)
    })
  }

  /**
   * Opens a WebSocket with the sub-protocol `xmpp` (RFC 7395 §3.1).
   *
   * @throws Error when the server does not upgrade, with its HTTP status.
   */
  static async connect(
    url: string,
    recorder: ConnectionRecorder,
    options: { tls?: TlsChoice; protocols?: string[]; origin?: string },
  ): Promise<WebSocketChannel> {
    const since = epochMicroseconds()
    const socket = new WebSocket(url, options.protocols ?? ['xmpp'], {
      origin: options.origin ?? 'https://assay.test',
      perMessageDeflate: false,
      handshakeTimeout: 5_000,
      maxPayload: 32 * 1024 * 1024,
      createConnection: ((target: { host: string; port: number }) => {
        if (!url.startsWith('wss:')) return net.connect({ ...target, path: undefined })
        const secure = tls.connect({
          host: target.host,
          port: target.port,
          ca: options.tls?.ca,
          servername: options.tls?.servername,
          rejectUnauthorized: options.tls?.verify ?? true,
        })
        return secure.on('keylog', (line) => recorder.keyLogLine(line))
      }) as typeof net.createConnection,
    })
    socket.on('upgrade', (response) => {
      const tcp = response.socket
      recorder.flow({
        localAddress: tcp.localAddress ?? '',
        localPort: tcp.localPort ?? 0,
        remoteAddress: tcp.remoteAddress ?? '',
        remotePort: tcp.remotePort ?? 0,
        since,
      })
    })
    const opened = Promise.withResolvers<void>()
    socket.once('open', () => opened.resolve())
    socket.once('error', (error) => opened.reject(error))
    socket.once('unexpected-response', (_request, response) => {
      opened.reject(new Error(`the server answered the WebSocket upgrade with HTTP ${response.statusCode}`))
      socket.terminate()
    })
    await opened.promise
    recorder.event('connected', `${url}, sub-protocol ${socket.protocol || 'none'}`)
    return new WebSocketChannel(socket, recorder, url.startsWith('wss:'))
  }

  get closed(): boolean {
    return this.#socket.readyState !== WebSocket.OPEN
  }

  header(attributes: Record<string, string | undefined>): string {
    return `<open${attributeText({ xmlns: ns.framing, version: '1.0', ...attributes, 'xmlns:stream': undefined })}/>`
  }

  write(data: string | Uint8Array): Promise<void> {
    if (this.closed) return Promise.resolve()
    this.recorder.bytes('sent', typeof data === 'string' ? Buffer.from(data) : data)
    return new Promise((resolve) => this.#socket.send(data, { binary: typeof data !== 'string' }, () => resolve()))
  }

  restart(): void {}

  end(): void {
    this.#socket.close()
  }
  destroy(): void {
    this.#socket.terminate()
  }

  #read(data: Buffer, binary: boolean) {
    this.recorder.bytes('received', data)
    const text = data.toString('utf8')
    if (this.messages.length < 1_000) this.messages.push({ text, binary })
    let element: Element
    try {
      // A declaration is not recommended, but allowed (RFC 7395 §3.3.3).
      element = parseElement(text.replace(/^<\?xml[^>]*\?>/, ''), { declared: [] })
    } catch (error) {
      this.emit('fault', error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (element.is('open', ns.framing)) this.emit('header', element)
    else if (element.is('close', ns.framing)) this.emit('footer')
    else this.emit('element', element)
  }
}

const attributeText = (attributes: Record<string, string | undefined>): string =>
  Object.entries(attributes)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}='${value.replaceAll('&', '&amp;').replaceAll("'", '&apos;').replaceAll('<', '&lt;')}'`,
    )
    .join('')
