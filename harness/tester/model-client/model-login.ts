import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../xmpp-client/namespaces.ts'
import { attributes, Scram, scramHash } from '../xmpp-client/scram.ts'
import type { ModelParts } from './model-client.ts'

export interface LoginSteps {
  encrypted(): boolean
  startTls(): Promise<void>
  openStream(): void
  online(jid: string): void
  hang(): void
}

/** Fewest and most iterations that the model computes: RFC 7677 §4, and what a second allows. */
const iterationBounds = { least: 4_096, most: 1_000_000 }
const preference = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']

/** The model client's way from the first stream to a bound resource (RFC 6120 §4.3, §5, §6, §7). */
export class ModelLogin {
  readonly #model: ModelParts
  readonly #steps: LoginSteps
  #state: 'features' | 'tls' | 'sasl' | 'bind' | 'online' = 'features'
  #scram: Scram | undefined
  #mechanism = ''
  #answered = false
  #authenticated = false
  #injected: Element | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(model: ModelParts, steps: LoginSteps) {
    this.#model = model
    this.#steps = steps
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
    const { errs } = this.#model
    if (this.#model.is(element, 'features', ns.streams)) return this.#features(element)
    if (element.is('failure', ns.tls)) {
      if (errs.call(this.#model, 'goes-on-after-starttls-failure')) return this.#auth('SCRAM-SHA-1')
      return this.#model.giveUp('STARTTLS failed')
    }
    if (element.getNS() === ns.sasl) return this.#sasl(element)
    if (element.is('iq') && this.#state === 'bind') return this.#bound(element)
  }

  #features(features: Element) {
    const model = this.#model
    const { transport } = model.params
    const starttls = features.getChild('starttls')
    const secure = this.#steps.encrypted()
    if (this.#authenticated) return this.#bind(features)
    if (model.errs('sends-presence-early') && secure) model.send('<presence/>')
    if (starttls && (secure || transport === 'websocket') && model.errs('starts-tls-inside-tls')) {
      return model.send(`<starttls xmlns='${ns.tls}'/>`)
    }
    if (secure) return this.#authenticate(features)
    if (model.errs('authenticates-in-clear') && features.getChild('mechanisms')) return this.#authenticate(features)
    if (!starttls || model.errs('never-starts-tls')) return model.giveUp('the server offers no TLS')
    model.send(`<starttls xmlns='${ns.tls}'/>`)
  }

  #authenticate(features: Element) {
    const model = this.#model
    const offered =
      features
        .getChild('mechanisms')
        ?.getChildren('mechanism')
        .map((one) => one.getText()) ?? []
    const order = model.errs('prefers-plain') ? preference.toReversed() : preference
    const known = order.filter((name) => name !== 'PLAIN' || !model.errs('knows-no-plain'))
    const mechanism = known.find((name) => offered.includes(name))
    if (mechanism) return this.#auth(mechanism)
    if (model.errs('tries-plain-unasked')) return this.#auth('PLAIN')
    model.giveUp('there is no mechanism that I know')
  }

  #auth(mechanism: string) {
    const { username, password } = this.#model.params
    this.#state = 'sasl'
    this.#mechanism = mechanism
    this.#answered = false
    const hash = scramHash(mechanism)
    this.#scram = hash ? new Scram({ hash, username, password }) : undefined
    const first = this.#scram ? this.#scram.first() : `\0${username}\0${password}`
    this.#model.send(`<auth xmlns='${ns.sasl}' mechanism='${mechanism}'>${base64(first)}</auth>`)
  }

  async #sasl(element: Element) {
    const model = this.#model
    const text = Buffer.from(element.getText(), 'base64').toString('utf8')
    if (element.is('challenge') && this.#scram) return this.#challenge(text)
    if (element.is('failure')) {
      if (model.errs('falls-back-to-plain') && this.#mechanism !== 'PLAIN') return this.#auth('PLAIN')
      return model.giveUp(`authentication failed: ${element.getChildElements()[0]?.getName()}`)
    }
    if (!element.is('success')) return
    if (this.#scram && !this.#proved(text)) return model.giveUp('the server did not prove that it knows the password')
    this.#authenticated = true
    if (model.errs('stays-on-old-stream')) return this.#bind(undefined)
    this.#steps.openStream()
  }

  #proved(final: string): boolean {
    if (!this.#answered) return this.#model.errs('believes-success-at-once')
    return this.#model.errs('ignores-server-signature') || (this.#scram?.verifies(final) ?? false)
  }

  async #challenge(text: string) {
    const model = this.#model
    const scram = this.#scram as Scram
    const parts = attributes(text)
    const own = /r=([^,]+)/.exec(scram.clientFirstBare)?.[1] ?? ''
    const nonce = parts.get('r') ?? ''
    const iterations = Number(parts.get('i'))
    if (!(nonce.startsWith(own) && nonce.length > own.length) && !model.errs('checks-no-nonce')) {
      return this.#abort('the nonce is not an extension of mine')
    }
    if (parts.has('m') && !model.errs('ignores-mandatory-extensions')) return this.#abort('a mandatory extension')
    if (parts.size > 3 && !parts.has('m') && model.errs('refuses-optional-extensions'))
      return this.#abort('an extension')
    if (!parts.get('s') && !model.errs('needs-no-salt')) return this.#abort('there is no salt')
    if (iterations < iterationBounds.least && !model.errs('takes-any-iteration-count'))
      return this.#abort('too few rounds')
    if (iterations > iterationBounds.most) {
      if (model.errs('computes-without-end')) return this.#steps.hang()
      return this.#abort('too many rounds')
    }
    const final = await scram.final(parts.get('s') ? text : `${text},s=AAAA`)
    this.#answered = true
    model.send(`<response xmlns='${ns.sasl}'>${base64(final)}</response>`)
  }

  #abort(reason: string) {
    this.#model.send(`<abort xmlns='${ns.sasl}'/>`)
    this.#model.giveUp(reason)
  }

  #bind(features: Element | undefined) {
    if (features && !features.getChild('bind', ns.bind)) {
      if (this.#model.errs('needs-no-bind')) return this.#online(`${this.#model.params.jid}/unbound`)
      return this.#model.giveUp('there is no resource binding')
    }
    this.#state = 'bind'
    this.#model.send(`<iq type='set' id='bind'><bind xmlns='${ns.bind}'/></iq>`)
  }

  #bound(iq: Element) {
    const model = this.#model
    const told = iq.attrs.type === 'result' ? iq.getChild('bind', ns.bind)?.getChildText('jid') : undefined
    const own = `${model.params.jid}/own`
    if (!told) return model.errs('ignores-bind-errors') ? this.#online(own) : model.giveUp('the server bound nothing')
    const mine = told.startsWith(`${model.params.jid}/`) || model.errs('believes-any-jid')
    if (!mine) return model.giveUp(`the server says that I am ${escapeXML(told)}`)
    this.#online(model.errs('keeps-own-jid') ? own : told)
  }

  #online(jid: string) {
    this.#state = 'online'
    this.#steps.online(jid)
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
