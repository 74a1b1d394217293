import { randomBytes } from 'node:crypto'
import type { TLSSocketOptions } from 'node:tls'
import type { Element } from '@xmpp/xml'
import { parseElement } from '../../harness/tester/xml/stream-parser.ts'
import { ns } from '../../harness/tester/xmpp-client/namespaces.ts'
import { ScramServer } from '../../harness/tester/xmpp-server/scram-server.ts'
import type { House, Person, Resource } from './careless-house.ts'
import { broadcast } from './careless-presence.ts'
import { TcpWire, type Wire } from './careless-wire.ts'

const sm = 'urn:xmpp:sm:3'
const csi = 'urn:xmpp:csi:0'
const caps = 'http://jabber.org/protocol/caps'

/** The most characters of one element from whoever has not authenticated. */
const mostOfStrangers = 10_000

const isStanza = (element: Element): boolean => ['message', 'presence', 'iq'].includes(element.getName())
const decode = (base64: string): string => Buffer.from(base64, 'base64').toString()
const encode = (text: string): string => Buffer.from(text).toString('base64')

/** A bound resource that outlives the connection it was bound on, where its stream is managed. */
class BoundResource implements Resource {
  readonly jid: string
  presence?: Element
  priority = 0
  interested = false
  wire: Wire | undefined
  /** What was sent since stream management is on, and not acknowledged; undefined: it is not on. */
  unacknowledged: { stanza: Element; at: Date }[] | undefined
  acknowledged = 0
  /** Set where the stream can be resumed. */
  resumption = ''
  /** What waits until an inactive client is active again, where anything does. */
  held: Element[] | undefined

  constructor(jid: string, wire: Wire) {
    this.jid = jid
    this.wire = wire
  }

  deliver(stanza: Element) {
    if (this.held && stanza.is('message')) this.held.push(stanza)
    else {
      this.unacknowledged?.push({ stanza, at: new Date() })
      this.wire?.send(stanza.toString())
    }
  }
}

/** Streams that can be resumed, by their id. */
export type Resumptions = Map<string, BoundResource>

/** One stream of the careless server, from its header to what is routed for it. */
export class CarelessStream {
  readonly #wire: Wire
  readonly #house: House
  readonly #tls: TLSSocketOptions
  readonly #resumptions: Resumptions
  #opened = false
  /** Who the client said it was. */
  #said: string | undefined
  #scram: ScramServer | undefined
  #person: Person | undefined
  #resource: BoundResource | undefined

  constructor(wire: Wire, house: House, tls: TLSSocketOptions, resumptions: Resumptions) {
    this.#wire = wire
    this.#house = house
    this.#tls = tls
    this.#resumptions = resumptions
    if (!house.has('unlimited')) wire.most = mostOfStrangers
    wire.on('header', (header) => this.#header(header))
    wire.on('element', (element) => this.#element(element))
    wire.on('footer', () => this.#end())
    wire.on('fault', () => house.has('silent-on-bad-xml') || this.#fail('not-well-formed'))
    wire.on('tooBig', () => this.#fail('policy-violation'))
    wire.on('gone', () => this.#gone())
  }

  #header(header: Element) {
    const { to, from } = header.attrs
    const { has, domain } = this.#house
    if (this.#wire.framed && header.attrs.xmlns !== ns.framing && !has('any-open'))
      return this.#fail('invalid-namespace')
    const who = from ?? (has('remembers-from') ? this.#said : undefined)
    this.#said = from ?? this.#said
    if (to !== domain && has('error-before-open')) this.#wire.send(this.#errorText('host-unknown'))
    this.#open(who)
    if (to !== domain) return has('error-before-open') ? this.#end() : this.#fail('host-unknown')
    this.#wire.send(`<stream:features>${this.#features()}</stream:features>`)
  }

  #open(to: string | undefined) {
    const { has, domain } = this.#house
    this.#opened = true
    const addressed = to ?? (has('addresses-anybody') ? `anybody@${domain}` : undefined)
    const attributes = `from='${domain}' id='${randomBytes(6).toString('hex')}' version='1.0' xml:lang='en'`
    const all = addressed === undefined ? attributes : `${attributes} to='${addressed}'`
    if (this.#wire.framed) return this.#wire.send(`<open xmlns='${ns.framing}' ${all}/>`)
    const declaration = `<?xml version='1.0'${has('standalone') ? " standalone='yes'" : ''}?>`
    const namespaces = `xmlns='${ns.client}' xmlns:stream='${ns.streams}'`
    this.#wire.send(`${has('no-declaration') ? '' : declaration}<stream:stream ${namespaces} ${all}>`)
  }

  #features(): string {
    const { has } = this.#house
    if (this.#person) {
      const ver = randomBytes(has('short-ver') ? 10 : 20).toString('base64')
      const capabilities = `<c xmlns='${caps}' hash='sha-1' node='urn:assay:careless' ver='${ver}'/>`
      return `<bind xmlns='${ns.bind}'/><sm xmlns='${sm}'/><csi xmlns='${csi}'/>${capabilities}`
    }
    if (!this.#wire.encrypted) return `<starttls xmlns='${ns.tls}'><required/></starttls>`
    // Nobody here asks for -PLUS: that it is on offer is what counts.
    const names = has('only-plus') ? ['SCRAM-SHA-1-PLUS'] : ['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1', 'PLAIN']
    return `<mechanisms xmlns='${ns.sasl}'>${names.map((name) => `<mechanism>${name}</mechanism>`).join('')}</mechanisms>`
  }

  #element(element: Element) {
    const { has } = this.#house
    if (element.getNS() === ns.framing || element.getName() === 'open') return
    if (this.#wire.framed && !this.#opened && !has('no-open-needed')) return this.#fail('not-authorized')
    if (element.is('starttls', ns.tls)) this.#startTls()
    else if (element.getNS() === ns.sasl) this.#sasl(element).catch(() => this.#fail('internal-server-error'))
    else if (!this.#person) this.#early(element, has('believes-anybody'), element.attrs.from ?? '')
    else if (element.is('iq') && element.getChild('bind', ns.bind)) this.#bind(element, this.#person)
    else if (element.is('resume', sm)) this.#resume(element)
    else if (!this.#resource) this.#early(element, has('believes-unbound'), this.#person.account.jid)
    else if (element.getNS() === sm) this.#managed(element, this.#resource)
    else if (element.getNS() === csi) this.#state(element, this.#person, this.#resource)
    else this.#house.route(element, this.#resource)
  }

  /** A stanza that came too soon. */
  #early(element: Element, believed: boolean, jid: string) {
    if (!believed || !isStanza(element)) return this.#fail('not-authorized')
    this.#house.route(element, { jid, deliver: (answer) => this.#wire.send(answer.toString()) })
  }

  #startTls() {
    if (this.#wire.encrypted && this.#house.has('tls-in-tls')) return this.#wire.send(`<proceed xmlns='${ns.tls}'/>`)
    if (this.#wire.encrypted || !(this.#wire instanceof TcpWire)) {
      this.#wire.send(`<failure xmlns='${ns.tls}'/>`)
      return this.#end()
    }
    this.#wire.send(`<proceed xmlns='${ns.tls}'/>`)
    this.#wire.encrypt(this.#tls)
  }

  async #sasl(element: Element) {
    const text = decode(element.getText())
    const mechanism = element.is('auth') ? element.attrs.mechanism : this.#scram && 'SCRAM-SHA-1'
    if (mechanism === 'PLAIN') {
      const [, local, password] = text.split('\0')
      return this.#authenticated(local, (person) => person.account.password === password)
    }
    if (mechanism !== 'SCRAM-SHA-1') return this.#sendSasl('failure', '<invalid-mechanism/>')
    if (!this.#scram) {
      this.#scram = new ScramServer('sha1', text)
      const first = this.#scram.first()
      this.#scram.sent(first)
      return this.#sendSasl('challenge', encode(first))
    }
    const { username } = this.#scram
    const password = this.#house.person(`${username}@${this.#house.domain}`)?.account.password ?? ''
    const { right, signature } = await this.#scram.final(text, password, undefined)
    this.#authenticated(username, () => right, encode(`v=${signature}`))
  }

  #authenticated(local: string | undefined, fits: (person: Person) => boolean, final = '') {
    const person = this.#house.person(`${local}@${this.#house.domain}`)
    if (!person || !fits(person)) return this.#sendSasl('failure', '<not-authorized/>')
    this.#person = person
    this.#wire.most = Number.POSITIVE_INFINITY
    this.#wire.restart()
    this.#sendSasl('success', final)
  }

  #sendSasl(name: string, content: string) {
    this.#wire.send(`<${name} xmlns='${ns.sasl}'>${content}</${name}>`)
  }

  #bind(iq: Element, person: Person) {
    const asked = iq.getChild('bind', ns.bind)?.getChildText('resource')
    const jid = `${person.account.jid}/${asked || randomBytes(4).toString('hex')}`
    this.#resource = new BoundResource(jid, this.#wire)
    person.resources.set(jid, this.#resource)
    const bound = `<bind xmlns='${ns.bind}'><jid>${jid}</jid></bind>`
    this.#wire.send(`<iq type='result' id='${iq.attrs.id}'>${bound}</iq>`)
  }

  /** Stream management (XEP-0198). */
  #managed(element: Element, resource: BoundResource) {
    if (element.is('enable')) {
      resource.unacknowledged = []
      resource.resumption = element.attrs.resume ? randomBytes(8).toString('hex') : ''
      if (resource.resumption) this.#resumptions.set(resource.resumption, resource)
      const resume = resource.resumption ? ` resume='true' id='${resource.resumption}'` : ''
      this.#wire.send(`<enabled xmlns='${sm}'${resume}/>`)
    } else if (element.is('a')) {
      acknowledge(resource, Number(element.attrs.h))
    }
  }

  #resume(element: Element) {
    const { previd = '', h } = element.attrs
    const resource = this.#resumptions.get(previd)
    if (!resource) return this.#wire.send(`<failed xmlns='${sm}'><item-not-found xmlns='${ns.stanzaErrors}'/></failed>`)
    this.#resource = resource
    resource.wire = this.#wire
    this.#wire.send(`<resumed xmlns='${sm}' previd='${previd}' h='0'/>`)
    if (!this.#house.has('ignores-h')) acknowledge(resource, Number(h))
    for (const { stanza } of resource.unacknowledged ?? []) this.#wire.send(stanza.toString())
  }

  /** Client states (XEP-0352). */
  #state(element: Element, person: Person, resource: BoundResource) {
    const { has } = this.#house
    const inactive = element.is('inactive')
    if (has('answers-states')) this.#wire.send(`<${element.name} xmlns='${csi}'/>`)
    if (has('inactive-is-away') && inactive) {
      broadcast(
        this.#house,
        person,
        resource,
        parseElement(`<presence from='${resource.jid}'><show>away</show></presence>`),
      )
    }
    if (!has('holds-while-inactive')) return
    const { held } = resource
    resource.held = inactive ? (held ?? []) : undefined
    if (!inactive) for (const stanza of held ?? []) resource.deliver(stanza)
  }

  #errorText(condition: string): string {
    const namespace = this.#house.has('odd-conditions') ? 'urn:assay:odd' : ns.streamErrors
    return `<stream:error><${condition} xmlns='${namespace}'/></stream:error>`
  }

  #fail(condition: string) {
    if (!this.#opened) this.#open(undefined)
    this.#wire.send(this.#errorText(condition))
    this.#end()
  }

  #end() {
    // Who closes its stream has nothing to resume.
    if (this.#resource) {
      this.#resource.unacknowledged = undefined
      this.#resource.resumption = ''
    }
    this.#leave()
    this.#wire.send(this.#wire.framed ? `<close xmlns='${ns.framing}'/>` : '</stream:stream>')
    this.#wire.close()
  }

  #gone() {
    const resource = this.#resource
    if (!resource || resource.wire !== this.#wire) return
    resource.wire = undefined
    if (resource.resumption) return
    this.#leave()
  }

  #leave() {
    const [person, resource] = [this.#person, this.#resource]
    this.#resource = undefined
    if (!person || !resource || !person.resources.delete(resource.jid)) return
    const { unacknowledged = [] } = resource
    resource.unacknowledged = undefined
    resource.wire = undefined
    if (resource.presence) {
      broadcast(this.#house, person, resource, parseElement(`<presence type='unavailable' from='${resource.jid}'/>`))
    }
    if (this.#house.has('loses-unacknowledged')) return
    for (const lost of unacknowledged) if (lost.stanza.is('message')) this.#house.redeliver(person, lost)
  }
}

function acknowledge(resource: BoundResource, h: number) {
  resource.unacknowledged?.splice(0, h - resource.acknowledged)
  resource.acknowledged = h
}
