import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../xmpp-client/namespaces.ts'
import { type ChannelBinding, scramHash } from '../xmpp-client/scram.ts'
import { endPointData } from '../xmpp-server/sasl/channel-binding.ts'
import { type Announced, announced, type Choice, choose } from './model-choice.ts'
import type { ModelParts } from './model-client.ts'
import { GaveUp, type ModelExchange, ModelHashedToken, ModelScram, oneMessage, whenAsked } from './model-mechanisms.ts'
import type { KeptToken, ModelMemory } from './model-memory.ts'

export interface SaslSteps {
  memory: ModelMemory
  tls(): TLSSocket | undefined
  hang(): void
  /** It is authenticated in the profile of RFC 6120: a new stream is to be opened. */
  restart(): void
  /** It is authenticated in the profile of XEP-0388; with the resource that Bind 2 gave, where it did. */
  went(jid: string | undefined): void
  /** What of its streams the model has to say, and to hear, while it authenticates (XEP-0198 §9). */
  streams: InlineStreams
}

export interface InlineStreams {
  /** @param offered what the server has inline */
  resume(offered: Element | undefined): string
  /** @param offered what the server has inline of Bind 2 */
  enable(offered: Element | undefined): string
  /** Takes what the success says about streams. Returns whether an old one goes on. */
  takes(success: Element): boolean
}

/** The model client's authentication, in the profiles of RFC 6120 §6 and XEP-0388, with channel binding and tokens. */
export class ModelSasl {
  readonly #model: ModelParts
  readonly #steps: SaslSteps
  #announced: Announced | undefined
  #choice: Choice | undefined
  #exchange: ModelExchange | undefined
  /** Mechanism for which a token was asked. */
  #asked: string | undefined
  #tried: 'token' | 'mechanism' | undefined
  #failed = false

  constructor(model: ModelParts, steps: SaslSteps) {
    this.#model = model
    this.#steps = steps
  }

  /** Whether an element is about authenticating. */
  takes(element: Element): boolean {
    const namespace = element.getNS()
    return (
      namespace === ns.sasl ||
      namespace === ns.sasl2 ||
      (element.getName() === 'success' && this.#model.errs('believes-success-of-any-namespace'))
    )
  }

  /** Authenticates by what these features offer, or gives up. */
  begin(features: Element): void {
    const lists = announced(features)
    this.#announced = lists
    const { token } = this.#steps.memory
    const fast = this.#fastMechanisms()
    const usable = token && (fast.includes(token.mechanism) || this.#model.errs('uses-token-with-any-mechanism'))
    if (usable && fast.length > 0 && !this.#model.errs('never-uses-token')) this.#byToken(fast, token)
    else this.#byMechanism(lists)
  }

  /** Goes on although there is nothing to go on by. */
  insist(mechanism: string): void {
    this.#start({ profile: 'sasl', mechanism, binding: 'n' })
  }

  async element(element: Element): Promise<void> {
    const model = this.#model
    const profile = this.#choice?.profile
    const own = element.getNS() === (profile === 'sasl2' ? ns.sasl2 : ns.sasl)
    if (!own && !(element.is('success') && model.errs('believes-success-of-any-namespace'))) return
    if (element.is('challenge')) return this.#challenge(element)
    if (element.is('failure')) return this.#failure(element)
    if (element.is('continue')) {
      if (model.errs('takes-continue-for-success')) return this.#steps.went(`${model.params.jid}/own`)
      return this.#abort(`the server wants ${element.getChild('tasks')?.getChildText('task') ?? 'more'} first`)
    }
    if (element.is('success')) this.#success(element)
  }

  #byMechanism(lists: Announced) {
    const model = this.#model
    const choice = choose(model, lists, this.#steps.tls() !== undefined, this.#steps.memory.hadScram)
    this.#tried = 'mechanism'
    if (typeof choice !== 'string') return this.#start(choice)
    if (model.errs('tries-plain-unasked')) return this.insist('PLAIN')
    if (model.errs('goes-anonymous') && lists.sasl?.includes('ANONYMOUS')) return this.insist('ANONYMOUS')
    model.giveUp(choice)
  }

  #byToken(offered: readonly string[], token: KeptToken) {
    if (!this.#model.errs('counts-nothing')) token.count++
    const mechanism = offered.includes(token.mechanism) ? token.mechanism : (offered[0] ?? '')
    const type = { ENDP: 'tls-server-end-point', EXPR: 'tls-exporter' }[mechanism.split('-').at(-1) ?? '']
    const data = (type && this.#bindingData(type)) || Buffer.alloc(0)
    this.#tried = 'token'
    this.#choice = { profile: 'sasl2', mechanism, binding: 'n' }
    this.#exchange = new ModelHashedToken(this.#model, mechanism, token.token, data)
    const mark = this.#model.errs('says-nothing-of-fast') ? '' : `<fast xmlns='${ns.fast}' count='${token.count}'/>`
    this.#authenticate(mechanism, mark)
  }

  #start(choice: Choice) {
    this.#choice = choice
    this.#exchange = this.#exchangeOf(choice)
    if (choice.mechanism.startsWith('SCRAM-') || choice.mechanism === 'EXTERNAL') this.#steps.memory.hadScram = true
    if (choice.profile === 'sasl2') return this.#authenticate(choice.mechanism, this.#tokenRequest())
    const initial = this.#exchange.initial()
    const empty = this.#model.errs('sends-no-equals-sign') ? '' : '='
    const text = initial === undefined ? '' : this.#encode(initial) || empty
    this.#model.send(`<auth xmlns='${ns.sasl}' mechanism='${choice.mechanism}'>${text}</auth>`)
    if (this.#model.errs('sends-whitespace-in-sasl')) this.#model.send('\n')
  }

  #exchangeOf({ mechanism, binding, profile, needsListsHash = false }: Choice): ModelExchange {
    const { jid, username, password } = this.#model.params
    const hash = scramHash(mechanism)
    if (mechanism === 'ANONYMOUS') {
      if (this.#model.errs('traces-at-length')) return oneMessage('x'.repeat(300))
      return this.#model.errs('traces-with-address') ? oneMessage(`somebody@${jid}`) : whenAsked('')
    }
    if (mechanism === 'EXTERNAL') return oneMessage('')
    if (!hash) return oneMessage(`${this.#model.errs('sends-authzid') ? jid : ''}\0${username}\0${password}`)
    const other = profile === 'sasl' ? 'sasl2' : 'sasl'
    const list = this.#model.errs('hashes-list-of-other-profile') ? other : profile
    const lists = { mechanisms: this.#announced?.[list] ?? [], types: this.#announced?.types }
    const { hang } = this.#steps
    return new ModelScram(this.#model, { hash, binding: this.#bind(binding), lists, needsListsHash, hang })
  }

  #bind(binding: Choice['binding']): ChannelBinding {
    if (typeof binding === 'string') return { flag: binding }
    return { flag: 'p', type: binding.type, data: this.#bindingData(binding.type) ?? Buffer.alloc(0) }
  }

  #bindingData(type: string): Uint8Array | undefined {
    const secure = this.#steps.tls()
    const certificate = secure?.getPeerX509Certificate()
    if (this.#model.errs('binds-something-else')) return Buffer.alloc(32, 7)
    if (type === 'tls-exporter') return secure?.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    if (type === 'tls-unique') return secure?.getFinished()
    if (certificate && this.#model.errs('hashes-with-sha-256')) {
      return createHash('sha256').update(certificate.raw).digest()
    }
    return certificate && endPointData(certificate.toString())
  }

  /** The request of XEP-0388 §2.3, with what of the server's inline features the model wants. */
  #authenticate(mechanism: string, fast: string) {
    const model = this.#model
    const initial = this.#exchange?.initial() ?? ''
    const id = model.errs('user-agent-id-is-no-uuid') ? 'mine' : this.#steps.memory.userAgent
    const changing = model.errs('user-agent-id-changes') ? crypto.randomUUID() : id
    const agent = model.errs('names-no-user-agent')
      ? ''
      : `<user-agent id='${changing}'><software>Model</software></user-agent>`
    const text = this.#encode(initial)
    const response = model.errs('puts-response-into-request') ? text : `<initial-response>${text}</initial-response>`
    model.send(
      `<authenticate xmlns='${ns.sasl2}' mechanism='${mechanism}'>${response}${agent}${this.#steps.streams.resume(this.#announced?.inline)}${this.#bind2()}${fast}</authenticate>`,
    )
    if (model.errs('sends-whitespace-in-sasl')) model.send('\n')
    if (model.errs('hurries')) model.send('<presence/>')
    if (model.errs('uses-both-profiles')) model.send(`<auth xmlns='${ns.sasl}' mechanism='PLAIN'>=</auth>`)
  }

  #bind2(): string {
    const offered = this.#announced?.inline?.getChild('bind', ns.bind2)
    if (!offered || this.#model.errs('knows-no-bind2')) return ''
    const carbons = `<enable xmlns='urn:xmpp:carbons:2'/>`
    const list = offered.getChild('inline')
    const inline = list?.getChildren('feature').some(({ attrs }) => attrs.var === 'urn:xmpp:carbons:2')
    const wanted = inline || this.#model.errs('asks-for-what-is-not-offered') ? carbons : ''
    return `<bind xmlns='${ns.bind2}'><tag>Model</tag>${wanted}${this.#steps.streams.enable(list)}</bind>`
  }

  #fastMechanisms(): string[] {
    const fast = this.#announced?.inline?.getChild('fast', ns.fast)
    return fast?.getChildren('mechanism').map((one) => one.getText()) ?? []
  }

  /** Asks for a token of the strongest mechanism: bound to the channel where that is possible (XEP-0484 §6). */
  #tokenRequest(): string {
    const offered = this.#fastMechanisms()
    if (offered.length === 0) return ''
    const binds = this.#steps.tls() !== undefined && this.#announced?.types
    const order = ['EXPR', 'ENDP', 'NONE'].filter((one) => binds || one === 'NONE')
    if (this.#model.errs('prefers-unbound-tokens')) order.reverse()
    const best = order.flatMap(
      (one) => offered.find((name) => /^HT-SHA-(256|512)-/.test(name) && name.endsWith(one)) ?? [],
    )
    this.#asked = this.#model.errs('requests-unoffered-token') ? 'HT-SHA-1-NONE' : best[0]
    return this.#asked === undefined ? '' : `<request-token xmlns='${ns.fast}' mechanism='${this.#asked}'/>`
  }

  async #challenge(element: Element) {
    const model = this.#model
    const text = element.getText()
    if (!this.#exchange || this.#failed) return
    if (text === '' && model.errs('dies-of-empty-challenges')) return model.die('no text')
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) && model.errs('dies-of-wrong-base64')) return model.die('not base64')
    try {
      const answer = await this.#exchange.challenge(Buffer.from(text, 'base64'))
      const namespace = this.#choice?.profile === 'sasl2' ? ns.sasl2 : ns.sasl
      model.send(`<response xmlns='${namespace}'>${this.#encode(answer)}</response>`)
    } catch (error) {
      this.#abort(error instanceof GaveUp ? error.message : String(error))
    }
  }

  #failure(element: Element) {
    const model = this.#model
    const { memory } = this.#steps
    const condition = element.getChildElements()[0]?.getName() ?? 'no reason'
    const lists = this.#announced
    if (this.#tried === 'token' && lists && !model.errs('gives-up-with-token')) {
      if (!model.errs('keeps-refused-token')) memory.token = undefined
      return this.#byMechanism(lists)
    }
    const mechanism = this.#choice?.mechanism ?? ''
    if (model.errs('falls-back-to-plain') && mechanism !== 'PLAIN') return this.insist('PLAIN')
    if (model.errs('falls-back-to-unbound') && mechanism.endsWith('-PLUS')) {
      return this.#start({ profile: 'sasl', mechanism: mechanism.replace('-PLUS', ''), binding: 'n' })
    }
    if (condition === 'no reason' && model.errs('dies-of-empty-failures')) return model.die('no condition')
    if (condition === 'unheard-of' && model.errs('ignores-unknown-failures')) return
    this.#failed = true
    if (model.errs('goes-on-after-failure')) return
    model.giveUp(`authentication failed: ${condition}`)
  }

  #success(element: Element) {
    const model = this.#model
    const young = this.#choice?.profile === 'sasl2' && element.getNS() === ns.sasl2
    const text = young ? (element.getChildText('additional-data') ?? '') : element.getText()
    if (text === '=' && model.errs('knows-no-equals-sign')) return model.giveUp('not base64')
    const blind = !young && this.#choice?.profile === 'sasl2'
    const believed = this.#exchange?.believes(Buffer.from(text, 'base64')) ?? false
    if (!believed && !blind && !(this.#failed && model.errs('goes-on-after-failure'))) {
      return this.#abort('the server did not prove that it knows the secret')
    }
    if (!young) return blind ? this.#steps.went(undefined) : this.#steps.restart()
    this.#keepToken(element.getChild('token', ns.fast)?.attrs.token)
    if (!this.#steps.streams.takes(element)) this.#steps.went(this.#boundJid(element))
  }

  /** Full JID that Bind 2 gave; undefined where it gave none. */
  #boundJid(success: Element): string | undefined {
    const told = success.getChildText('authorization-identifier') ?? ''
    const bound = success.getChild('bound', ns.bind2)
    const unknown = bound?.getChildElements().some((element) => element.getNS() === 'urn:example:new')
    if (unknown && this.#model.errs('dies-of-unknown-elements-in-bound')) this.#model.die('unknown element')
    return bound || this.#model.errs('needs-no-bound') ? told : undefined
  }

  #keepToken(token: string | undefined) {
    const { memory } = this.#steps
    const mechanism = this.#tried === 'token' ? memory.token?.mechanism : this.#asked
    if (token === undefined && this.#asked && this.#model.errs('dies-of-broken-token'))
      return this.#model.die('no token')
    if (!token || !mechanism || (this.#tried === 'token' && this.#model.errs('keeps-old-token'))) return
    memory.token = { mechanism, token, count: 0 }
    memory.hadToken = true
  }

  #abort(reason: string) {
    const namespace = this.#choice?.profile === 'sasl2' ? ns.sasl2 : ns.sasl
    this.#model.send(`<abort xmlns='${namespace}'/>`)
    this.#model.giveUp(reason)
  }

  #encode(message: string | Uint8Array): string {
    const text = Buffer.from(message as string).toString('base64')
    return this.#model.errs('breaks-base64') ? escapeXML(text.replace(/=+$/, '').replace(/(.{20})/g, '$1\n')) : text
  }
}
