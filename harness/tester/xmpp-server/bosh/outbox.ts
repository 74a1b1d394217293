import { ns } from '../../xmpp-client/namespaces.ts'

/** What a session has to say, until a request is there whose answer can carry it. */
export class Outbox {
  #payloads: string[] = []
  /** The opening tag of the body, where it is more than a plain one. */
  #opening: string | undefined
  #parts = ''

  get empty(): boolean {
    return this.#payloads.length === 0 && this.#opening === undefined
  }

  /**
   * Adds a stanza, or a whole `<body/>` whose attributes the next answer gets. A stream error ends the session, as does
   * the end of a stream (XEP-0206 §6).
   */
  add(data: string | Uint8Array): void {
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('utf8')
    const body = /^(<body\s[^>]*?)(?:\/>|>(.*)<\/body>)$/s.exec(text)
    if (body?.[1]) {
      this.#opening = body[1]
      if (body[2]) this.#payloads.push(body[2])
      return
    }
    const closes = text.endsWith('</stream:stream>')
    const payload = closes ? text.slice(0, -'</stream:stream>'.length) : text
    if (payload !== '') this.#payloads.push(payload)
    const error = payload.startsWith('<stream:error')
    if (!closes && !error) return
    const condition = error ? ` condition='remote-stream-error'` : ''
    this.#opening = `<body type='terminate'${condition} xmlns='${ns.httpBind}' xmlns:stream='${ns.streams}'`
  }

  /** A piece of a stanza: HTTP carries it when it is whole. */
  addPart(data: Uint8Array, last: boolean): void {
    this.#parts += Buffer.from(data).toString('latin1')
    if (!last) return
    this.add(Buffer.from(this.#parts, 'latin1'))
    this.#parts = ''
  }

  /** The body of the next answer, empty where there is nothing to say, and whether it ends the session. */
  takeBody(): { text: string; terminates: boolean } {
    const content = this.#payloads.splice(0).join('')
    const opening = this.#opening
    this.#opening = undefined
    if (opening === undefined) return { text: wrapped(content), terminates: false }
    const text = content === '' ? `${opening}/>` : `${opening}>${content}</body>`
    return { text, terminates: /\stype=['"]terminate['"]/.test(opening) }
  }
}

/** A body with these attributes and this content. */
export const wrapped = (content: string, attributes = ''): string =>
  content === ''
    ? `<body${attributes} xmlns='${ns.httpBind}'/>`
    : `<body${attributes} xmlns='${ns.httpBind}' xmlns:stream='${ns.streams}'>${content}</body>`
