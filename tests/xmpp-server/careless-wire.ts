import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import tls from 'node:tls'
import { Element } from '@xmpp/xml'
import { SaxesParser } from 'saxes'
import type { WebSocket } from 'ws'
import { ns } from '../../harness/tester/xmpp-client/namespaces.ts'
import { framed } from '../../harness/tester/xmpp-server/framing.ts'
import type { Has } from './careless-traits.ts'

export interface WireEvents {
  header: [Element]
  element: [Element]
  footer: []
  /** What came is not well-formed. */
  fault: []
  /** An element grew over `most`. */
  tooBig: []
  gone: []
}

/** The server's end of a connection. */
export interface Wire extends EventEmitter<WireEvents> {
  readonly framed: boolean
  readonly encrypted: boolean
  /** The most characters of one element that are read. */
  most: number
  send(text: string): void
  /** Expects a new stream. */
  restart(): void
  close(): void
}

/** Reads a stream element by element, with or without looking at namespaces. */
class Reader {
  readonly #wire: Wire
  readonly #saxes: SaxesParser
  #cursor: Element | undefined
  #depth = 0
  #length = 0
  #over = false

  constructor(wire: Wire, namespaces: boolean, streamless = false) {
    this.#wire = wire
    this.#saxes = new SaxesParser({ xmlns: namespaces, fragment: streamless })
    this.#depth = streamless ? 1 : 0
    this.#saxes.on('error', () => this.#end('fault'))
    this.#saxes.on('opentag', ({ name, attributes }) => {
      const attrs = Object.entries<string | { value: string }>(attributes).map(([key, value]) => [
        key,
        typeof value === 'string' ? value : value.value,
      ])
      this.#open(new Element(name, Object.fromEntries(attrs)))
    })
    this.#saxes.on('closetag', () => this.#close())
    this.#saxes.on('text', (text) => this.#cursor?.t(text))
  }

  write(text: string) {
    if (this.#over) return
    this.#length += text.length
    this.#saxes.write(text)
    if (this.#length > this.#wire.most) this.#end('tooBig')
  }

  stop() {
    this.#over = true
  }

  #end(why: 'fault' | 'tooBig') {
    if (this.#over) return
    this.#over = true
    this.#wire.emit(why)
  }

  #open(element: Element) {
    if (this.#over) return
    this.#depth++
    if (this.#depth === 1) {
      this.#length = 0
      this.#wire.emit('header', element)
      return
    }
    this.#cursor?.append(element)
    this.#cursor = element
  }

  #close() {
    if (this.#over) return
    this.#depth--
    if (this.#depth === 0) {
      this.#over = true
      this.#wire.emit('footer')
      return
    }
    const closed = this.#cursor
    this.#cursor = closed?.parent ?? undefined
    if (this.#depth > 1) return
    this.#length = 0
    if (closed) this.#wire.emit('element', closed)
  }
}

/** First byte of a TLS handshake (RFC 8446 §5.1: content type 22). */
const handshakeByte = 22

/** TCP, on which TLS can be put. */
export class TcpWire extends EventEmitter<WireEvents> implements Wire {
  readonly framed = false
  most = Number.POSITIVE_INFINITY
  readonly #has: Has
  #socket: Socket
  #decoder = new StringDecoder('utf8')
  #reader: Reader
  /** What stood in clear behind `<starttls/>`. */
  #behind = ''

  constructor(socket: Socket, has: Has) {
    super()
    this.#has = has
    this.#socket = socket
    this.#reader = this.#newReader()
    this.#listen(socket)
  }

  get encrypted(): boolean {
    return this.#socket instanceof tls.TLSSocket
  }

  send(text: string) {
    if (this.#socket.writable) this.#socket.write(text)
  }

  restart() {
    this.#reader.stop()
    this.#reader = this.#newReader()
  }

  close() {
    this.#reader.stop()
    this.#socket.end()
  }

  /** Puts TLS onto the connection. */
  encrypt(options: tls.TLSSocketOptions) {
    const plain = this.#socket
    plain.removeAllListeners('data').removeAllListeners('close').removeAllListeners('end')
    this.#reader.stop()
    if (!this.#has('farewell-in-clear')) return this.#wrap(plain, options)
    plain.once('data', (first: Buffer) => {
      if (first[0] !== handshakeByte) return plain.end('</stream:stream>')
      plain.pause()
      plain.unshift(first)
      this.#wrap(plain, options)
    })
  }

  #wrap(plain: Socket, options: tls.TLSSocketOptions) {
    const secure = new tls.TLSSocket(plain, { isServer: true, ...options })
    this.#socket = secure
    this.restart()
    this.#listen(secure)
    const behind = this.#has('keeps-what-was-behind') ? this.#behind : ''
    secure.once('secure', () => this.#reader.write(behind))
  }

  #newReader(): Reader {
    this.#decoder = new StringDecoder('utf8')
    return new Reader(this, !this.#has('any-prefix'))
  }

  #listen(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      let text = this.#decoder.write(chunk)
      const starttls = this.encrypted ? null : /<starttls[^>]*\/>/.exec(text)
      if (starttls) {
        const end = starttls.index + starttls[0].length
        this.#behind = text.slice(end)
        text = text.slice(0, end)
      }
      this.#reader.write(text)
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.emit('gone'))
  }
}

/** A WebSocket (RFC 7395). */
export class WebSocketWire extends EventEmitter<WireEvents> implements Wire {
  readonly framed = true
  readonly encrypted = true
  most = Number.POSITIVE_INFINITY
  readonly #socket: WebSocket
  readonly #has: Has

  constructor(socket: WebSocket, has: Has) {
    super()
    this.#socket = socket
    this.#has = has
    socket.on('error', () => {})
    socket.on('close', () => this.emit('gone'))
    socket.on('message', (data, binary) => {
      if (binary && !has('reads-binary')) return socket.close(1003)
      this.#read(data.toString())
    })
    this.on('element', (element) => {
      if (element.is('close', ns.framing)) this.emit('footer')
      else if (element.getName() === 'open') this.emit('header', element)
    })
  }

  send(text: string) {
    this.#socket.send(framed(text))
  }

  restart() {}

  close() {
    this.#socket.close()
  }

  #read(text: string) {
    const reader = new Reader(this, !this.#has('any-prefix'), true)
    reader.write(text)
  }
}
