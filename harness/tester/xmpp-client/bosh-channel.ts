import { randomInt } from 'node:crypto'
import { EventEmitter } from 'node:events'
import https from 'node:https'
import net from 'node:net'
import type { Element } from '@xmpp/xml'
import type { ConnectionRecorder } from '../recorder.ts'
import { parseElement } from '../xml/stream-parser.ts'
import type { Channel, ChannelEvents } from './channel.ts'
import { ns } from './namespaces.ts'
import type { TlsChoice } from './recorded-connection.ts'

/** What may be done wrong, so that cases can be shown to notice. */
export const boshMistakes = [
  'asks-with-put',
  'says-no-content-type',
  'sends-in-chunks',
  'wraps-nothing',
  'asks-session-with-sid',
  'names-no-target',
  'names-no-wait',
  'starts-with-small-rid',
  'skips-rids',
  'forgets-sid',
  'takes-any-sid',
  'needs-no-sid',
  'polls-no-more',
  'asks-without-bound',
  'processes-as-it-comes',
  'ignores-termination',
  'ends-without-telling',
  'dies-of-termination',
  'ignores-http-errors',
  'repeats-with-changes',
  'talks-after-the-end',
  'leaves-without-a-word',
  'reads-any-body',
  'expands-entities',
  'gives-up-on-broken-connections',
  'follows-in-clear',
  'restarts-never',
  'restarts-without-target',
  'restarts-with-stanza',
  'says-no-xmpp-version',
  'waits-for-no-features',
  'sends-unqualified-stanzas',
  'sends-stream-tags',
  'drops-stanzas-of-the-end',
] as const
export type BoshMistake = (typeof boshMistakes)[number]

/** Requests at a time until the connection manager says how many (XEP-0124 §7.2), and how often one is sent again. */
const bounds = { requests: 2, repeats: 2, wait: 60 }

interface Sent {
  rid: number
  text: string
  repeats: number
}

/** A stream over BOSH (XEP-0124, XEP-0206): requests with rising `rid`s, answers taken in their order. */
export class BoshChannel extends EventEmitter<ChannelEvents> implements Channel {
  readonly connection = undefined
  readonly declaration = undefined
  readonly encrypted = true
  readonly footerText = `<body type='terminate' xmlns='${ns.httpBind}'/>`
  readonly recorder: ConnectionRecorder
  readonly #url: string
  readonly #agent: https.Agent
  readonly #errs: (mistake: BoshMistake) => boolean
  /** Requests without an answer, in order of their rid. */
  readonly #open: Sent[] = []
  readonly #answers = new Map<number, Element>()
  readonly #queue: string[] = []
  #rid: number
  #sid: string | undefined
  #requests = bounds.requests
  /** The connection manager knows conditions; an old one answers with HTTP errors (XEP-0124 §17.1). */
  #legacy = false
  #established = false
  #closed = false
  #scheduled = false
  #ignored = 0
  #talkedOn = false

  /** @param errs whether it makes a mistake; none by default */
  constructor(
    url: string,
    recorder: ConnectionRecorder,
    tls: TlsChoice,
    errs: (mistake: BoshMistake) => boolean = () => false,
  ) {
    super()
    this.#url = url
    this.recorder = recorder
    this.#errs = errs
    this.#rid = errs('starts-with-small-rid') ? 1 : randomInt(2 ** 31, 2 ** 47)
    const { ca, verify = true, servername } = tls
    this.#agent = new https.Agent({ keepAlive: true, ca, rejectUnauthorized: verify, servername, maxCachedSessions: 0 })
  }

  get closed(): boolean {
    return this.#closed
  }

  header({ to, from }: Record<string, string | undefined>): string {
    const errs = this.#errs
    const namespaces = `xmlns='${ns.httpBind}' xmlns:xmpp='${ns.xbosh}'`
    const target = to && !errs(this.#established ? 'restarts-without-target' : 'names-no-target') ? ` to='${to}'` : ''
    const origin = from ? ` from='${from}'` : ''
    if (this.#established) {
      const stanza = errs('restarts-with-stanza') ? `<presence xmlns='${ns.client}'/>` : ''
      return `<body${target}${origin} xml:lang='en' xmpp:restart='true' ${namespaces}>${stanza}</body>`
    }
    const version = errs('says-no-xmpp-version') ? '' : ` xmpp:version='1.0'`
    const wait = errs('names-no-wait') ? '' : ` wait='${bounds.wait}' hold='1'`
    const sid = errs('asks-session-with-sid') ? ` sid='mine'` : ''
    return `<body${target}${origin}${sid} xml:lang='en' ver='1.11'${wait}${version} ${namespaces}/>`
  }

  async write(data: string | Uint8Array): Promise<void> {
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('utf8')
    if (this.#closed || text.trim() === '') return
    if (text.startsWith('<body ') && text.includes(ns.httpBind)) {
      this.#flush()
      if (text.includes('xmpp:restart') && this.#errs('restarts-never')) return
      if (text.includes('terminate') && this.#errs('leaves-without-a-word')) return
      this.#request(text)
    } else this.#queue.push(text)
    this.#schedule()
  }

  restart(): void {}

  end(): void {
    this.#flush()
    this.#closed = true
    if (this.#open.length === 0) this.#over()
  }

  destroy(): void {
    this.#closed = true
    this.#open.length = 0
    this.#agent.destroy()
  }

  /** What is said in one turn goes into one request. */
  #schedule() {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#next()
    })
  }

  #next() {
    if (this.#closed) return
    const errs = this.#errs
    if (errs('asks-without-bound')) {
      for (const text of this.#queue.splice(0)) this.#request(this.#wrapped(text))
    }
    if (this.#queue.length > 0 && this.#open.length < this.#requests && this.#established) this.#flush()
    // A request is always there for what the server has to say (XEP-0124 §10).
    else if (this.#established && this.#open.length === 0 && !errs('polls-no-more')) this.#request(this.#wrapped(''))
  }

  #flush() {
    if (this.#queue.length > 0) this.#request(this.#wrapped(this.#queue.splice(0).join('')))
  }

  #wrapped(content: string): string {
    const errs = this.#errs
    if (content !== '' && errs('wraps-nothing')) return content
    const header = errs('sends-stream-tags') && content !== '' ? `<stream:stream xmlns:stream='${ns.streams}'/>` : ''
    const plain = errs('sends-unqualified-stanzas') ? content.replaceAll(` xmlns='${ns.client}'`, '') : content
    return content === '' ? `<body xmlns='${ns.httpBind}'/>` : `<body xmlns='${ns.httpBind}'>${header}${plain}</body>`
  }

  #request(body: string) {
    const rid = this.#rid
    this.#rid += this.#errs('skips-rids') && this.#established ? 2 : 1
    const sid = this.#sid && !this.#errs('forgets-sid') ? ` sid='${this.#sid}'` : ''
    const sent = { rid, text: body.replace('<body ', `<body rid='${rid}'${sid} `), repeats: 0 }
    this.#open.push(sent)
    this.#send(sent)
  }

  #send(sent: Sent) {
    const errs = this.#errs
    const bytes = Buffer.from(sent.text)
    this.recorder.bytes('sent', bytes)
    const request = https.request(this.#url, {
      agent: this.#agent,
      method: errs('asks-with-put') && this.#established ? 'PUT' : 'POST',
      headers: {
        ...(errs('says-no-content-type') ? {} : { 'Content-Type': 'text/xml; charset=utf-8' }),
        ...(errs('sends-in-chunks') ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': bytes.length }),
      },
    })
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => this.#answered(sent, response.statusCode ?? 0, Buffer.concat(chunks)))
      response.on('error', (error) => this.#broke(sent, error))
    })
    request.on('error', (error) => this.#broke(sent, error))
    request.end(bytes)
  }

  /** The connection broke: the same again, byte for byte (XEP-0124 §14.3). */
  #broke(sent: Sent, error: Error) {
    if (!this.#open.includes(sent)) return
    const refused = 'code' in error && /CERT|SELF_SIGNED|ALTNAME|UNABLE|EPROTO|ECONNREFUSED/.test(String(error.code))
    if (refused || sent.repeats >= bounds.repeats || this.#errs('gives-up-on-broken-connections')) {
      return this.#gone(`a request failed: ${error.message}`)
    }
    sent.repeats++
    this.#send(sent)
  }

  #answered(sent: Sent, status: number, bytes: Buffer) {
    if (!this.#open.includes(sent)) return
    this.recorder.bytes('received', bytes)
    if (status !== 200 && this.#errs('ignores-http-errors')) return this.#settle(sent, emptyBody)
    if (status >= 400 && status < 500 && this.#legacy) return this.#gone(`HTTP ${status}`)
    if (status !== 200) return this.#broke(sent, new Error(`HTTP ${status}`))
    let body: Element
    try {
      const text = bytes.toString('utf8')
      body = parseElement(this.#errs('expands-entities') ? expanded(text) : text, { declared: [] })
      if (!body.is('body', ns.httpBind) && !this.#errs('reads-any-body')) throw new Error('not a <body/> of BOSH')
    } catch (error) {
      this.emit('fault', error instanceof Error ? error : new Error(String(error)))
      return this.destroy()
    }
    if (body.attrs.type === 'error') return this.#repeat(sent)
    this.#settle(sent, body)
  }

  /** A recoverable error: this request and those before it are sent again as they were (XEP-0124 §17.3). */
  #repeat(sent: Sent) {
    if (sent.repeats++ >= bounds.repeats) return this.#gone('the error comes again')
    if (this.#errs('repeats-with-changes')) sent.text = sent.text.replace(/<body (.*)>$/s, `<body again='1' $1>`)
    for (const one of this.#open) if (one.rid <= sent.rid) this.#send(one)
  }

  /** Answers are taken in the order of their requests (XEP-0124 §14.2). */
  #settle(sent: Sent, body: Element) {
    this.#answers.set(sent.rid, body)
    if (this.#errs('processes-as-it-comes')) {
      this.#open.splice(this.#open.indexOf(sent), 1)
      this.#take(sent.rid)
    }
    for (let [first] = this.#open; first && this.#answers.has(first.rid); [first] = this.#open) {
      this.#open.shift()
      this.#take(first.rid)
    }
    if (this.#closed && this.#open.length === 0) this.#over()
    this.#schedule()
  }

  /** The end was answered. Only now does it talk on: a request beside the end could be there before it. */
  #over() {
    if (!this.#errs('talks-after-the-end') || this.#talkedOn) return this.#agent.destroy()
    this.#talkedOn = true
    for (let n = 0; n < 3; n++) this.#request(this.#wrapped(''))
  }

  #take(rid: number) {
    const body = this.#answers.get(rid)
    this.#answers.delete(rid)
    if (!body || this.#closed) return
    const { sid, requests, ver } = body.attrs
    if (this.#errs('takes-any-sid') && sid) this.#sid = sid
    if (!this.#established) {
      if (body.attrs.type === 'terminate') return this.#terminated(body)
      if (!sid && !this.#errs('needs-no-sid')) return this.#gone('the connection manager made no session')
      this.#sid = sid
      this.#legacy = ver === undefined
      this.#requests = Number(requests) || bounds.requests
      this.#established = true
    }
    const ends = body.attrs.type === 'terminate' && !(this.#errs('ignores-termination') && this.#ignored++ < 2)
    const elements = body.getChildElements()
    if (this.#errs('waits-for-no-features') && elements.length === 0) this.#gone('no features')
    if (ends && this.#errs('drops-stanzas-of-the-end')) return this.#terminated(body)
    // Nothing is said any more, not even goodbye.
    if (ends) this.#closed = true
    for (const element of elements) this.emit('element', element)
    if (ends) this.#terminated(body)
  }

  #terminated(body: Element) {
    const { condition } = body.attrs
    const uri = body.getChildText('uri')
    if (uri && this.#errs('follows-in-clear')) {
      const { hostname, port } = new URL(uri)
      net.connect(Number(port), hostname).end('POST / HTTP/1.1\r\n\r\n')
    }
    this.destroy()
    if (this.#errs('ends-without-telling')) return
    if (condition === undefined) this.emit('footer')
    else this.emit('gone', `the session was terminated: ${condition}`)
  }

  #gone(reason: string) {
    if (this.#closed) return
    this.#closed = true
    this.#open.length = 0
    this.#agent.destroy()
    this.emit('gone', reason)
  }
}

/** What a parser makes of a text that declares its own entities. */
const expanded = (text: string): string => {
  const [, name, value] = /<!ENTITY (\w+) "([^"]*)">/.exec(text) ?? []
  return name ? text.replace(/^.*?\]>/s, '').replaceAll(`&${name};`, value ?? '') : text
}

const emptyBody = parseElement(`<body xmlns='${ns.httpBind}'/>`)
