import { EventEmitter } from 'node:events'
import { Element } from '@xmpp/xml'
import { SaxesParser } from 'saxes'

/** What XML an XMPP stream must not carry (RFC 6120 §11.1). */
export type RestrictedXml = 'comment' | 'processing-instruction' | 'dtd'

/** The XML declaration before a stream header (RFC 6120 §11.5). */
export interface XmlDeclaration {
  version?: string
  encoding?: string
  standalone?: string
}

interface StreamParserEvents {
  declaration: [XmlDeclaration]
  /** The opening tag of the stream; its children never come to it. */
  start: [Element]
  /** A complete child of the stream. */
  element: [Element]
  /** Text between the children of the stream: white space as a rule. */
  text: [string]
  /** The closing tag of the stream. */
  end: []
  /** Not well-formed, a namespace fault, or more than the bounds allow. Nothing is read behind it. */
  error: [Error]
  restricted: [RestrictedXml]
}

/** Bounds on what one peer may make us hold: nesting levels, and characters of one top-level element. */
const limits = { depth: 2_000, characters: 16 * 1024 * 1024 }

/**
 * Reads one XML stream (RFC 6120 §4) strictly: well-formedness, namespaces and entities are checked as XML 1.0 has them,
 * unlike the parsers of most XMPP libraries. Feed it text with `write`; make a new one for each restart of the stream.
 */
export class StreamParser extends EventEmitter<StreamParserEvents> {
  root: Element | null = null
  #cursor: Element | null = null
  #depth = 0
  #characters = 0
  #dead = false
  readonly #saxes = new SaxesParser({ xmlns: true })

  constructor() {
    super()
    this.#saxes.on('error', (error) => this.#fail(error))
    this.#saxes.on('xmldecl', (declaration) => this.emit('declaration', declaration))
    this.#saxes.on('comment', () => this.emit('restricted', 'comment'))
    this.#saxes.on('processinginstruction', () => this.emit('restricted', 'processing-instruction'))
    this.#saxes.on('doctype', () => this.emit('restricted', 'dtd'))
    this.#saxes.on('opentag', (tag) => this.#open(tag.name, tag.attributes))
    this.#saxes.on('closetag', () => this.#close())
    this.#saxes.on('text', (text) => this.#text(text))
    this.#saxes.on('cdata', (text) => this.#text(text))
  }

  write(text: string): void {
    if (this.#dead) return
    this.#characters += text.length
    if (this.#characters > limits.characters) {
      this.#fail(new Error('an element of more than 16 MiB'))
      return
    }
    try {
      this.#saxes.write(text)
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #fail(error: Error) {
    if (this.#dead) return
    this.#dead = true
    this.emit('error', error)
  }

  #open(name: string, attributes: Record<string, { value: string }>) {
    if (this.#dead) return
    const element = new Element(name)
    for (const key in attributes) element.attrs[key] = attributes[key]?.value
    this.#depth++
    if (this.#depth > limits.depth) return this.#fail(new Error(`more than ${limits.depth} levels of elements`))
    if (!this.root) {
      this.root = element
      this.#characters = 0
      this.emit('start', element)
      return
    }
    if (this.#cursor) this.#cursor.append(element)
    else element.parent = this.root
    this.#cursor = element
  }

  #close() {
    if (this.#dead) return
    this.#depth--
    if (this.#depth === 0) {
      this.emit('end')
      return
    }
    const closed = this.#cursor
    if (this.#depth > 1) {
      this.#cursor = closed?.parent ?? null
      return
    }
    this.#cursor = null
    this.#characters = 0
    if (closed) this.emit('element', closed)
  }

  #text(text: string) {
    if (this.#dead) return
    if (this.#cursor) this.#cursor.t(text)
    else if (this.root) {
      this.#characters = 0
      this.emit('text', text)
    }
  }
}

const streamDeclarations = ["xmlns='jabber:client'", "xmlns:stream='http://etherx.jabber.org/streams'"]

/**
 * Parses one element from text. By default it is read as a child of a stream would be, so `jabber:client` and the
 * prefix `stream` need no declaration; with `declared: []` it must stand on its own (RFC 7395 §3.3.3).
 *
 * @throws Error when the text is not one well-formed element.
 */
export function parseElement(text: string, { declared = streamDeclarations }: { declared?: string[] } = {}): Element {
  let result: Element | undefined
  let fault: Error | undefined
  const parser = new StreamParser()
  parser.on('element', (element) => {
    result ??= element
  })
  parser.on('error', (error) => {
    fault ??= error
  })
  parser.write(`<r ${declared.join(' ')}>${text}</r>`)
  if (fault) throw new Error(`not one well-formed element: ${fault.message}: ${text.slice(0, 200)}`)
  if (!result) throw new Error(`not an element: ${text.slice(0, 200)}`)
  return result
}
