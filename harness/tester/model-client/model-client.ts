import net from 'node:net'
import type { Element } from '@xmpp/xml'
import {
  type ClientDriver,
  DriverError,
  type DriverEvent,
  type DriverExit,
  driverCodes,
} from '../../lab/embedded/client-driver.ts'
import { BoshChannel } from '../xmpp-client/bosh-channel.ts'
import type { Channel } from '../xmpp-client/channel.ts'
import { ns } from '../xmpp-client/namespaces.ts'
import type { ServerTransport } from '../xmpp-server/scripted-server.ts'
import { inTime } from './in-time.ts'
import type { ClientMistake } from './mistake.ts'
import { connectFirst, openChannel } from './model-connect.ts'
import { ModelLogin } from './model-login.ts'
import { ModelManaged } from './model-managed.ts'
import { newMemory } from './model-memory.ts'
import type { LoginParams, ModelParts } from './model-parts.ts'
import { ModelPlaces, type Place } from './model-places.ts'
import { ModelSession } from './model-session.ts'

export { attribute, type ModelParts } from './model-parts.ts'

/** Redirects that are followed in a row: RFC 6120 §4.9.3.19 wants between 2 and 5. */
const mostRedirects = 4

/**
 * A client inside this process that does everything right; with mistakes named, one that does exactly that wrong. Cases
 * about clients are proved with it: the model passes each, and for each there is a mistake that fails it.
 */
export class ModelClient implements ClientDriver, ModelParts {
  readonly exited: Promise<DriverExit>
  readonly stderr = ''
  readonly #mistakes: Set<ClientMistake>
  readonly #ca: string
  readonly #exit: (exit: DriverExit) => void
  readonly #waiting: DriverEvent[] = []
  #listener: ((event: DriverEvent) => void) | undefined
  #params: LoginParams | undefined
  #channel: Channel | undefined
  #login: ModelLogin | undefined
  #session: ModelSession | undefined
  #closing = false
  #dead = false
  #hangs = false
  #chunks = 0
  #place: Place | undefined
  #redirects = 0
  readonly #places: ModelPlaces
  readonly #memory = newMemory()
  readonly #managed = new ModelManaged(this)
  /** The session of a connection that broke, until it is taken up again. */
  #resting: ModelSession | undefined

  /**
   * @param ca PEM of the authority that it trusts
   * @param dns `address:port` of the name server that it asks
   */
  constructor(ca: string, mistakes: readonly ClientMistake[] = [], dns?: string) {
    this.#ca = ca
    this.#mistakes = new Set(mistakes)
    this.#places = new ModelPlaces(dns, (mistake) => this.errs(mistake))
    const { promise, resolve } = Promise.withResolvers<DriverExit>()
    this.exited = promise
    this.#exit = resolve
  }

  get params(): LoginParams {
    if (!this.#params) throw new Error('log in first')
    return this.#params
  }

  get transport(): ServerTransport {
    return this.#place?.transport ?? this.params.transport ?? 'starttls'
  }

  errs(mistake: ClientMistake): boolean {
    return this.#mistakes.has(mistake)
  }

  is(element: Element, name: string, namespace: string): boolean {
    return this.errs('ignores-namespaces') ? element.getName() === name : element.is(name, namespace)
  }

  onEvent(listener: (event: DriverEvent) => void): void {
    this.#listener = listener
    for (const event of this.#waiting.splice(0)) listener(event)
  }

  async request(verb: string, params: Record<string, unknown> = {}, timeoutMs = 5_000): Promise<unknown> {
    if (this.#dead) throw new Error('the driver is gone')
    if (this.#hangs) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(timeoutMs, 50)))
      throw new Error(`the driver did not answer "${verb}"`)
    }
    if (verb === 'alive') return new Promise((resolve) => setImmediate(resolve, null))
    if (verb === 'login') {
      this.#params = { ...(params as unknown as LoginParams), anonymous: params.username === undefined }
      this.#session = undefined
      this.#channel = undefined
      this.#start().catch((error: Error) => this.giveUp(error.message))
      return null
    }
    if (verb === 'logout') {
      if (!this.errs('closes-without-acknowledging')) this.#managed.acknowledge()
      if (this.errs('leaves-without-closing')) this.#channel?.destroy()
      this.#close()
      return null
    }
    if (!this.#session) throw new DriverError('log in first', driverCodes.failed)
    return inTime(this.#session.request(verb, params), verb, timeoutMs)
  }

  async end(): Promise<void> {
    this.#dead = true
    this.#channel?.destroy()
    this.#exit({ code: null, signal: 'SIGTERM' })
  }

  send(text: string): void {
    if (this.#closing) return
    this.#managed.sends(text)
    this.#channel?.write(this.#framed(text))
  }

  tell(event: string, params: Record<string, unknown> = {}): void {
    if (this.#dead) return
    if (this.#listener) this.#listener({ event, params })
    else this.#waiting.push({ event, params })
  }

  giveUp(reason: string): void {
    if (this.#closing || this.#dead) return
    if (!this.errs('tells-no-failure')) this.tell('error', { message: reason })
    if (!this.errs('keeps-connection-after-failure')) this.#close()
  }

  die(reason: string): void {
    if (this.#dead) return
    this.#dead = true
    this.#channel?.destroy()
    this.#exit({ code: 1, signal: null, reason })
  }

  /** Its event loop goes round no more. */
  hang(): void {
    this.#hangs = true
  }

  /** Finds the server and connects, to the first place that accepts. */
  async #start(): Promise<void> {
    const { transport, host, port, domain } = this.params
    const told = transport && host && port
    this.#redirects = 0
    await this.#connectTo(told ? [{ transport, address: host, port, name: host }] : await this.#places.ofDomain(domain))
  }

  async #connectTo(places: Place[]): Promise<void> {
    const channel = await connectFirst(places, (place) => {
      this.#place = place
      this.#closing = false
      const tls = this.#tlsChoice()
      return openChannel(place, { service: this.params.service, tls, errs: (mistake) => this.errs(mistake) })
    })
    this.#use(channel)
    channel.connection?.prependListener('data', (chunk) => this.#chunk(chunk))
    const goesOn = () => {
      this.#session = this.#resting
    }
    this.#login = new ModelLogin(this, {
      memory: this.#memory,
      encrypted: () => this.#channel?.encrypted ?? false,
      tls: () => this.#channel?.connection?.tls,
      startTls: () => this.#startTls(),
      openStream: () => this.#open(),
      hang: () => this.hang(),
      enable: (features) => this.#managed.enable(features),
      resume: (features, then) => this.#managed.resume(features, goesOn, then),
      streams: this.#managed.inline(goesOn),
      online: (jid, features) => {
        this.#session = new ModelSession(this, jid, features)
        if (!this.errs('enables-before-binding')) this.#managed.enable(features)
        this.tell('online', { jid })
        this.#session.begin()
      },
    })
    if (this.params.domain) this.#open()
  }

  #tlsChoice() {
    const { domain, certificate, key } = this.params
    const servername = this.errs('checks-address-not-domain') ? (this.#place?.name ?? domain) : domain
    return {
      servername,
      ...(certificate && key ? { own: { certPem: certificate, keyPem: key } } : {}),
      ca: this.#ca,
      verify:
        !this.errs('accepts-any-certificate') &&
        !this.errs('follows-any-redirect') &&
        !(this.#resting && this.errs('trusts-host-to-come-back-to')),
    }
  }

  async #startTls() {
    await this.#channel?.connection?.encrypt(this.#tlsChoice())
    this.#open()
  }

  #open() {
    const { domain, jid, anonymous } = this.params
    const to = this.errs('names-host-not-domain') ? this.#place?.name : domain
    this.#channel?.restart()
    // Who it is stays private until the stream is (RFC 6120 §4.7.1).
    const wrong = this.errs('uses-wrong-content-namespace')
    const named = this.#channel?.encrypted && !anonymous && !this.errs('names-no-from')
    const attributes = {
      ...(named ? { from: jid } : {}),
      ...(this.errs('names-no-domain') ? {} : { to }),
      ...(this.errs('says-no-version') ? { version: undefined } : {}),
      ...(this.errs('sends-id') ? { id: 'mine' } : {}),
      ...(wrong && this.transport !== 'websocket' ? { xmlns: 'jabber:server' } : {}),
    }
    this.#channel?.write(this.#channel.header(attributes))
  }

  #use(channel: Channel) {
    this.#channel = channel
    channel.on('header', (header) => this.#header(header))
    channel.on('element', (element) => this.#element(element))
    channel.on('footer', () => {
      if (this.#channel !== channel || this.#closing || this.errs('keeps-stream-open')) return
      this.tell('disconnected')
      this.#close()
    })
    channel.on('fault', (fault) => this.#fault(fault))
    channel.on('gone', () => {
      if (this.#channel !== channel || this.#closing) return
      if (channel instanceof BoshChannel && this.errs('dies-of-termination')) return this.die('write after end')
      this.tell('disconnected')
      this.#closing = true
      this.#comeBack().catch((error: Error) => this.giveUp(error.message))
    })
  }

  /** Connects again, first to where the server would have it (XEP-0198 §5). */
  async #comeBack() {
    if (this.#dead || !(this.#managed.on || this.#memory.hadToken)) return
    const { location } = this.#managed
    const places = location === undefined ? [] : await this.#places.ofRedirect(location, this.transport)
    if (this.#place) places.push(this.#place)
    this.#resting = this.#session
    this.#session = undefined
    await this.#connectTo(places)
  }

  #header(header: Element) {
    const right = this.transport === 'websocket' || header.is('stream', ns.streams) || this.errs('ignores-namespaces')
    if (!right) return this.#streamError('invalid-namespace', 'the stream header is in another namespace')
    const major = Number.parseInt(header.attrs.version ?? '0', 10)
    if (major < 1 && !this.errs('ignores-version')) return this.#streamError('unsupported-version', 'an old version')
    this.#login?.opened()
  }

  #element(element: Element) {
    if (this.#closing) return
    const chunks = this.#chunks
    this.#chunks = 0
    if (this.is(element, 'error', ns.streams)) return this.#tookStreamError(element)
    const large = element.toString().length > 1_000_000
    if (large && this.errs('dies-of-large-stanzas')) return this.die('out of memory')
    if (this.#managed.takes(element)) return
    if (this.#session) {
      if (chunks > 1 && element.is('message') && this.errs('needs-whole-stanzas')) return
      return this.#session.element(element, chunks > 1)
    }
    if (element.is('message') && this.errs('tells-before-login')) {
      this.tell('message', { from: element.attrs.from, body: element.getChildText('body') ?? undefined })
    }
    if (element.getName() === 'open' && this.errs('ignores-namespaces')) return this.#login?.opened()
    if (element.getName() === 'open')
      return this.#streamError('invalid-namespace', 'the header is in another namespace')
    this.#login?.element(element)
  }

  #chunk(chunk: Buffer) {
    this.#chunks++
    const text = chunk.toString('utf8')
    if (this.errs('dies-of-whitespace') && text.trim() === '') this.die('no element')
    const body = /<body>(.*)<\/body>/.exec(text)?.[1]
    if (this.errs('reads-with-regular-expressions') && body !== undefined) this.tell('message', { body })
  }

  #tookStreamError(element: Element) {
    if (this.errs('ignores-stream-errors')) return
    const condition = element.getChildElements()[0]
    if (condition?.getName() === 'see-other-host' && !this.errs('follows-no-redirect')) {
      this.#follow(condition.getText()).catch((error: Error) => this.giveUp(error.message))
      return
    }
    this.giveUp(`stream error ${condition?.getName()}`)
  }

  /** Goes where it is sent, with the same demands, and not for ever (RFC 6120 §4.9.3.19). */
  async #follow(text: string) {
    if (++this.#redirects > mostRedirects && !this.errs('follows-redirects-without-end')) {
      throw new Error('too many redirects')
    }
    const places = await this.#places.ofRedirect(text, this.transport).catch((error: Error) => {
      if (this.errs('dies-of-redirects')) this.die(error.message)
      throw error
    })
    const left = this.#channel
    this.#channel = undefined
    left?.write(left.footerText)
    left?.end()
    await this.#connectTo(places)
  }

  #fault(fault: Error) {
    if (this.errs('dies-of-faults')) return this.die(fault.message)
    if (this.errs('ignores-faults')) return
    const restricted = fault.message.startsWith('restricted')
    this.#streamError(restricted ? 'restricted-xml' : 'not-well-formed', fault.message)
  }

  #streamError(condition: string, reason: string) {
    if (this.transport !== 'bosh') this.send(`<stream:error><${condition} xmlns='${ns.streamErrors}'/></stream:error>`)
    this.giveUp(reason)
  }

  #close() {
    if (this.#closing) return
    this.#channel?.write(this.#channel.footerText)
    this.#closing = true
    this.#channel?.end()
    const { host, port } = this.params
    if (port && this.transport === 'websocket' && this.errs('follows-to-lower-security'))
      net.connect(port, host).end('GET / HTTP/1.1\r\n\r\n')
  }

  /** Declares on an element what the stream header declares over TCP (RFC 7395 §3.3.3). */
  #framed(text: string): string {
    if (this.transport !== 'websocket' && this.transport !== 'bosh') return text
    if (text.startsWith('<stream:')) return text.replace(/^<stream:(\w+)/, `<stream:$1 xmlns:stream='${ns.streams}'`)
    const namespace = this.errs('uses-wrong-content-namespace') ? 'jabber:server' : ns.client
    return text.replace(/^<(iq|message|presence)/, `<$1 xmlns='${namespace}'`)
  }
}
