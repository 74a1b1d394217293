import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import tls from 'node:tls'
import type { Element } from '@xmpp/xml'
import type { WebSocket } from 'ws'
import { resetSocket } from '../../lab/embedded/reset-socket.ts'
import type { ConnectionRecorder } from '../recorder.ts'
import { parseElement, StreamParser } from '../xml/stream-parser.ts'
import { ns } from '../xmpp-client/namespaces.ts'

/** What a client says, whichever way it travels. */
export interface LinkEvents {
  /** The client opened a stream: `<stream:stream>`, `<open/>` on WebSocket, a `<body/>` that asks for one in BOSH. */
  header: [Element]
  element: [Element]
  /** White space or other text between stanzas. */
  text: [string]
  /** The client closed its stream. */
  footer: []
  /** What it sent is not XML that a stream may carry. */
  fault: [string]
  /** The connection is gone; the reason where it did not go in order. */
  gone: [string | undefined]
}

/** The server's end of one connection, below the stream: bytes out, parsed elements in, everything recorded. */
export interface Link extends EventEmitter<LinkEvents> {
  readonly recorder: ConnectionRecorder
  /** Each thing that is sent stands on its own and declares its namespaces: WebSocket, BOSH. */
  readonly framed: boolean
  readonly closed: boolean
  /** A client shows nothing on the wire when it takes the end of a session that the server ends (XEP-0124 §13). */
  readonly endsUnseen?: boolean
  /** What closes the stream: `</stream:stream>`, `<close/>` (RFC 7395 §3.6), a body that terminates (XEP-0124 §13). */
  readonly footerText: string
  /** The TLS socket; undefined while the connection is in clear. */
  readonly tls: tls.TLSSocket | undefined
  /** What a right server answers to the client's header (RFC 6120 §4.7, RFC 7395 §3.4, XEP-0124 §7.2). */
  headerText(stream: { domain: string; id: string }): string
  /** Sends bytes as they are; on WebSocket, as one text message. */
  write(data: string | Uint8Array): void
  /** One piece of a larger whole: on WebSocket a fragment of a message (RFC 6455 §5.4). */
  writePart(data: Uint8Array, last: boolean): void
  /** The client is expected to open a new stream. */
  restart(): void
  /** Ends our side in order. */
  end(): void
  /** Resets the connection. */
  destroy(): void
}

/** A TCP connection, on which TLS can be put (RFC 6120 §5). */
export class TcpLink extends EventEmitter<LinkEvents> implements Link {
  readonly framed = false
  readonly footerText = '</stream:stream>'
  readonly recorder: ConnectionRecorder
  readonly #plain: Socket
  readonly #parts = new Parts()
  #socket: Socket
  #parser = new StreamParser()
  #decoder = new StringDecoder('utf8')
  /** The end of what came since it was no XML any more; undefined while it is XML. */
  #afterFault: string | undefined
  #closed = false

  constructor(socket: Socket, recorder: ConnectionRecorder) {
    super()
    this.recorder = recorder
    this.#plain = socket
    this.#socket = socket
    this.#listen(socket)
    this.restart()
  }

  get closed(): boolean {
    return this.#closed
  }

  get tls(): tls.TLSSocket | undefined {
    return this.#socket instanceof tls.TLSSocket ? this.#socket : undefined
  }

  /** Reads nothing more until `encrypt`: a handshake that comes while its certificate is still being made is no XML. */
  awaitHandshake(): void {
    this.#plain.pause()
  }

  /** Puts TLS onto the connection, as the server of the handshake. What comes of the handshake is recorded. */
  encrypt(options: tls.TLSSocketOptions): void {
    for (const event of ['data', 'end', 'close', 'error']) this.#plain.removeAllListeners(event)
    this.#socket = serveTls(this.#plain, options, this.recorder)
    this.#listen(this.#socket)
    this.restart()
  }

  headerText({ domain, id }: { domain: string; id: string }): string {
    const declared = `xmlns='jabber:client' xmlns:stream='${ns.streams}'`
    return `<?xml version='1.0'?><stream:stream ${declared} ${headerAttributes(domain, id)}>`
  }

  write(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    if (!this.#parts.holds(bytes)) this.#send(bytes)
  }

  writePart(data: Uint8Array, last: boolean): void {
    this.#send(data)
    for (const held of this.#parts.sent(last)) this.#send(held)
  }

  #send(bytes: Uint8Array) {
    if (this.#closed || !this.#socket.writable) return
    this.recorder.bytes('sent', bytes)
    this.#socket.write(bytes)
  }

  restart(): void {
    this.#parser.removeAllListeners()
    this.#decoder = new StringDecoder('utf8')
    this.#afterFault = undefined
    const parser = new StreamParser()
    this.#parser = parser
    parser.on('start', (header) => this.emit('header', header))
    parser.on('element', (element) => this.emit('element', element))
    parser.on('text', (text) => this.emit('text', text))
    parser.on('end', () => this.emit('footer'))
    parser.on('error', (error) => {
      this.#afterFault = ''
      this.emit('fault', error.message)
    })
    parser.on('restricted', (kind) => this.emit('fault', `restricted XML: a ${kind}`))
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    // A reset below TLS leaks the descriptor: Node no longer owns what it would reset.
    if (this.tls) this.#socket.destroy()
    else resetSocket(this.#plain)
  }

  #listen(socket: Socket) {
    let fault: string | undefined
    socket.on('data', (chunk: Buffer) => {
      this.recorder.bytes('received', chunk)
      const text = this.#decoder.write(chunk)
      this.#parser.write(text)
      // Whoever writes no XML any more may still close the stream, and is seen to.
      if (this.#afterFault === undefined) return
      this.#afterFault = (this.#afterFault + text).trimEnd().slice(-this.footerText.length)
      if (this.#afterFault === this.footerText) this.emit('footer')
    })
    socket.on('end', () => socket.end())
    socket.on('error', (error) => {
      fault = error.message
    })
    socket.on('close', () => {
      if (this.#closed) return
      this.#closed = true
      this.recorder.event(fault ? 'reset' : 'closed', fault)
      this.emit('gone', fault)
    })
  }
}

/** A WebSocket connection: every message is one element with its own namespaces (RFC 7395 §3.3). */
export class WebSocketLink extends EventEmitter<LinkEvents> implements Link {
  readonly framed = true
  readonly footerText = `<close xmlns='${ns.framing}'/>`
  readonly recorder: ConnectionRecorder
  readonly tls: tls.TLSSocket | undefined
  readonly #socket: WebSocket
  readonly #parts = new Parts()
  #closed = false

  constructor(socket: WebSocket, secure: tls.TLSSocket | undefined, recorder: ConnectionRecorder) {
    super()
    this.recorder = recorder
    this.#socket = socket
    this.tls = secure
    socket.on('message', (data: Buffer, binary: boolean) => this.#message(data, binary))
    socket.on('error', (error) => this.recorder.event('reset', error.message))
    socket.on('close', (code) => {
      this.#closed = true
      this.recorder.event('closed', `WebSocket code ${code}`)
      this.emit('gone', undefined)
    })
  }

  get closed(): boolean {
    return this.#closed
  }

  headerText({ domain, id }: { domain: string; id: string }): string {
    return `<open xmlns='${ns.framing}' ${headerAttributes(domain, id)}/>`
  }

  write(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    if (!this.#parts.holds(bytes)) this.#send(bytes, true)
  }

  writePart(data: Uint8Array, last: boolean): void {
    this.#send(data, last)
    for (const held of this.#parts.sent(last)) this.#send(held, true)
  }

  #send(bytes: Uint8Array, last: boolean) {
    if (this.#closed) return
    this.recorder.bytes('sent', bytes)
    this.#socket.send(bytes, { binary: false, fin: last }, () => {})
  }

  restart(): void {}

  end(): void {
    this.#socket.close()
  }

  destroy(): void {
    this.#socket.terminate()
  }

  #message(data: Buffer, binary: boolean) {
    this.recorder.bytes('received', data)
    if (binary) this.emit('fault', 'a binary WebSocket message')
    let element: Element
    try {
      element = parseElement(data.toString('utf8'), { declared: [] })
    } catch (error) {
      this.emit('fault', error instanceof Error ? error.message : String(error))
      return
    }
    if (element.is('open', ns.framing)) this.emit('header', element)
    else if (element.is('close', ns.framing)) this.emit('footer')
    else this.emit('element', element)
  }
}

const headerAttributes = (domain: string, id: string) => `from='${domain}' id='${id}' xml:lang='en' version='1.0'`

/** Keeps what is sent while a stanza is under way in pieces from falling between them. */
class Parts {
  #held: Uint8Array[] | undefined

  /** Whether these bytes have to wait; then they are kept. */
  holds(bytes: Uint8Array): boolean {
    this.#held?.push(bytes)
    return this.#held !== undefined
  }

  /** A piece was sent; returns what may be sent behind it. */
  sent(last: boolean): Uint8Array[] {
    if (!last) {
      this.#held ??= []
      return []
    }
    const held = this.#held ?? []
    this.#held = undefined
    return held
  }
}

/** The server's half of a TLS handshake on a socket; the secrets go to the key log. */
export function serveTls(socket: Socket, options: tls.TLSSocketOptions, recorder: ConnectionRecorder): tls.TLSSocket {
  const secure = new tls.TLSSocket(socket, { isServer: true, ...options })
  secure.on('keylog', (line: Buffer) => recorder.keyLogLine(line))
  secure.on('secure', () => recorder.event('encrypted', `${secure.getProtocol()} ${secure.getCipher()?.name ?? ''}`))
  socket.on('error', (error) => secure.destroy(error))
  return secure
}
