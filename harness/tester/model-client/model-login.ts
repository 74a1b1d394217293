import type { TLSSocket } from 'node:tls'
import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../xmpp-client/namespaces.ts'
import type { ModelParts } from './model-client.ts'
import type { ModelMemory } from './model-memory.ts'
import { type InlineStreams, ModelSasl } from './model-sasl.ts'

export interface LoginSteps {
  memory: ModelMemory
  encrypted(): boolean
  /** The TLS socket, where the connection has one that channel bindings can be taken from. */
  tls(): TLSSocket | undefined
  startTls(): Promise<void>
  openStream(): void
  /** Switches stream management on. */
  enable(features: Element | undefined): void
  /** Asks for the stream of a connection that broke; then calls back. Returns whether there is one to ask for. */
  resume(features: Element | undefined, then: (resumed: boolean) => void): boolean
  streams: InlineStreams
  online(jid: string, features: Element | undefined): void
  hang(): void
}

/** The model client's way from the first stream to a bound resource (RFC 6120 §4.3, §5, §6, §7). */
export class ModelLogin {
  readonly #model: ModelParts
  readonly #steps: LoginSteps
  readonly #sasl: ModelSasl
  #state: 'features' | 'tls' | 'sasl' | 'bind' | 'online' = 'features'
  #authenticated = false
  #injected: Element | undefined
  /** Features of the stream on which a resource was bound. */
  #offered: Element | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(model: ModelParts, steps: LoginSteps) {
    this.#model = model
    this.#steps = steps
    this.#sasl = new ModelSasl(model, {
      ...steps,
      restart: () => this.#restart(),
      went: (jid) => this.#went(jid),
      streams: {
        ...steps.streams,
        takes: (success) => {
          const goesOn = steps.streams.takes(success)
          if (goesOn) this.#state = 'online'
          return goesOn
        },
      },
    })
  }

  /** The server answered our stream header. */
  opened(): void {
    const injected = this.#injected
    this.#injected = undefined
    if (injected) this.#authenticate(injected)
  }

  element(element: Element): void {
    if (this.#state === 'tls') {
      // Whatever stands behind <proceed/> in clear is nobody's word (RFC 6120 §5.4.3.3).
      if (this.#model.errs('believes-injected-features') && element.getName() === 'features') this.#injected = element
      return
    }
    if (this.#model.is(element, 'proceed', ns.tls)) {
      this.#state = 'tls'
      this.#steps
        .startTls()
        .then(() => {
          this.#state = 'features'
        })
        .catch((error: Error) => this.#model.giveUp(error.message))
      return
    }
    this.#work = this.#work
      .then(() => this.#negotiate(element))
      .catch((error: Error) => this.#model.giveUp(error.message))
  }

  async #negotiate(element: Element): Promise<void> {
    const model = this.#model
    if (model.is(element, 'features', ns.streams)) return this.#features(element)
    if (element.is('failure', ns.tls)) {
      if (model.errs('goes-on-after-starttls-failure')) return this.#sasl.insist('SCRAM-SHA-1')
      return model.giveUp('STARTTLS failed')
    }
    if (this.#sasl.takes(element)) {
      if (!this.#authenticated) return this.#sasl.element(element)
      // The exchange is over: what belongs to one is nothing any more.
      if (model.errs('dies-after-success')) model.die('unexpected element')
      return model.errs('answers-any-challenge') ? this.#sasl.element(element) : undefined
    }
    if (element.is('iq') && this.#state === 'bind') return this.#bound(element)
  }

  #features(features: Element) {
    const model = this.#model
    const { transport } = model
    const starttls = features.getChild('starttls')
    const secure = this.#steps.encrypted()
    if (this.#state === 'online') return
    if (this.#authenticated) {
      const again = features.getChild('mechanisms') && model.errs('authenticates-again')
      return again ? this.#sasl.insist('PLAIN') : this.#bind(features)
    }
    if (model.errs('sends-presence-early') && secure) model.send('<presence/>')
    if (starttls && (secure || transport === 'websocket') && model.errs('starts-tls-inside-tls')) {
      return model.send(`<starttls xmlns='${ns.tls}'/>`)
    }
    if (features.getChild('sm') && model.errs('enables-at-once')) model.send(`<enable xmlns='urn:xmpp:sm:3'/>`)
    if (secure) return this.#authenticate(features)
    const lists = features.getChild('mechanisms') ?? features.getChild('authentication')
    if (model.errs('authenticates-in-clear') && lists) return this.#authenticate(features)
    if (!starttls || model.errs('never-starts-tls')) return model.giveUp('the server offers no TLS')
    model.send(`<starttls xmlns='${ns.tls}'/>`)
  }

  #authenticate(features: Element) {
    const others = features
      .getChild('mechanisms')
      ?.getChildElements()
      .some(({ name }) => name !== 'mechanism')
    if (others && this.#model.errs('wants-mechanisms-only')) return this.#model.giveUp('unknown elements')
    this.#state = 'sasl'
    this.#sasl.begin(features)
  }

  #restart() {
    this.#authenticated = true
    if (this.#model.errs('stays-on-old-stream')) return this.#bind(undefined)
    this.#steps.openStream()
  }

  /** SASL2 came to its end: what is left to be done stands in the features that follow (XEP-0388 §2.6.1). */
  #went(jid: string | undefined) {
    this.#authenticated = true
    if (this.#model.errs('restarts-after-sasl2')) return this.#steps.openStream()
    if (jid !== undefined) this.#take(jid)
    if (jid !== undefined && this.#model.errs('binds-twice')) this.#bind(undefined)
  }

  #bind(features: Element | undefined) {
    this.#offered = features
    const goesOn = (resumed: boolean) => {
      if (resumed) this.#state = 'online'
      else this.#bindAnew(features)
    }
    if (!this.#steps.resume(features, goesOn)) this.#bindAnew(features)
  }

  #bindAnew(features: Element | undefined) {
    if (features && !features.getChild('bind', ns.bind)) {
      if (this.#model.errs('needs-no-bind')) return this.#online(`${this.#model.params.jid}/unbound`)
      return this.#model.giveUp('there is no resource binding')
    }
    this.#state = 'bind'
    if (this.#model.errs('enables-before-binding')) this.#steps.enable(features)
    this.#model.send(`<iq type='set' id='bind'><bind xmlns='${ns.bind}'/></iq>`)
  }

  #bound(iq: Element) {
    const model = this.#model
    const told = iq.attrs.type === 'result' ? iq.getChild('bind', ns.bind)?.getChildText('jid') : undefined
    if (told) return this.#take(told)
    if (model.errs('ignores-bind-errors')) return this.#online(`${model.params.jid}/own`)
    model.giveUp('the server bound nothing')
  }

  /** Takes an address for its own that can be its own. */
  #take(told: string) {
    const model = this.#model
    const { anonymous, domain, jid } = model.params
    if (/[\s<>]/.test(told) && model.errs('dies-of-nonsense')) return model.die('invalid JID')
    const own = anonymous ? told.includes(`@${domain}/`) : told.startsWith(`${jid}/`) && !/\s/.test(told)
    if (!own && !model.errs('believes-any-jid') && !model.errs('needs-no-bound')) {
      return model.giveUp(`the server says that I am ${escapeXML(told)}`)
    }
    this.#online(model.errs('keeps-own-jid') ? `${jid}/own` : told)
  }

  #online(jid: string) {
    this.#state = 'online'
    this.#steps.online(jid, this.#offered)
  }
}
