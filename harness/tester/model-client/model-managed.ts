import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../xmpp-client/namespaces.ts'
import { attribute, type ModelParts } from './model-parts.ts'
import type { InlineStreams } from './model-sasl.ts'

const sm = 'urn:xmpp:sm:3'
const enable = `<enable xmlns='${sm}' resume='true'/>`
const isStanza = (element: Element) => ['iq', 'message', 'presence'].includes(element.getName())
const isTrue = (value: string | undefined) => value === 'true' || value === '1'

/** What a stream is resumed by. */
interface Promised {
  id: string
  location: string | undefined
}

/** How the model client manages its stream and takes it up again (XEP-0198). */
export class ModelManaged {
  readonly #model: ModelParts
  /** It has asked: what is sent from here on is kept until the server has it. */
  #asked = false
  /** The server has agreed: what comes from here on is counted. */
  #counts = false
  #promised: Promised | undefined
  #handled = 0
  #acknowledged = 0
  #unheard: string[] = []
  #failures = 0
  #continue: ((resumed: boolean) => void) | undefined

  constructor(model: ModelParts) {
    this.#model = model
  }

  /** It has a stream that is managed: then a broken connection is not the end. */
  get on(): boolean {
    return this.#counts
  }

  /** Where the server would have it come back to. */
  get location(): string | undefined {
    return this.#model.errs('ignores-location') ? undefined : this.#promised?.location
  }

  /** Switches it on, where the server can do it (XEP-0198 §3). */
  enable(features: Element | undefined): void {
    if (!features?.getChild('sm', sm)) return
    this.#model.send(enable)
    this.#begins()
  }

  /**
   * The same within SASL2 and Bind 2 (XEP-0198 §9).
   *
   * @param goesOn called where the old stream goes on
   */
  inline(goesOn: () => void): InlineStreams {
    const manages = (offered: Element) => offered.getChildren('feature').some(({ attrs }) => attrs.var === sm)
    return {
      resume: (offered) => (this.#promised && offered?.getChild('sm', sm) ? this.#request(this.#promised) : ''),
      enable: (offered) => (offered && manages(offered) ? enable : ''),
      takes: (success) => this.#takesInline(success, goesOn),
    }
  }

  /** Takes what a success says about streams. Returns whether the old one goes on. */
  #takesInline(success: Element, goesOn: () => void): boolean {
    const resumed = success.getChild('resumed', sm)
    this.#continue = (went) => {
      if (went) goesOn()
    }
    if (resumed && !this.#model.errs('ignores-inline-resumption')) this.#resumed(resumed)
    if (success.getChild('failed', sm)) this.#failed()
    this.#continue = undefined
    const enabled = success.getChild('bound', ns.bind2)?.getChild('enabled', sm)
    if (!enabled) return resumed !== undefined
    this.#begins()
    this.#enabled(enabled)
    return false
  }

  #begins() {
    this.#asked = true
    this.#counts = this.#model.errs('counts-too-early')
    this.#handled = 0
    this.#acknowledged = 0
    for (const stanza of this.#unheard.splice(0)) this.#loses(stanza)
  }

  /**
   * Asks for the old stream, where there is one. Returns whether it asks.
   *
   * @param goesOn called where it goes on
   * @param then called behind that, with whether it does
   */
  resume(features: Element | undefined, goesOn: () => void, then: (resumed: boolean) => void): boolean {
    if (!this.#promised || !features?.getChild('sm', sm)) return false
    this.#continue = (resumed) => {
      if (resumed) goesOn()
      then(resumed)
    }
    this.#model.send(this.#request(this.#promised))
    return true
  }

  #request({ id }: Promised): string {
    const model = this.#model
    const count = model.errs('resumes-from-zero') ? 0 : this.#handled
    const h = model.errs('resumes-without-count') ? undefined : String(count)
    const previd = model.errs('cuts-stream-ids') ? id.slice(0, 64) : id
    // What is sent now belongs to no stream yet.
    this.#asked = false
    return `<resume xmlns='${sm}'${attribute('h', h)}${attribute('previd', previd)}/>`
  }

  /** The text of a stanza goes out. */
  sends(text: string): void {
    if (this.#asked && /^<(iq|message|presence)\b/.test(text)) this.#unheard.push(text)
  }

  /** Takes an element of its own, and counts what is a stanza. Returns whether it was its own. */
  takes(element: Element): boolean {
    if (element.getNS() !== sm) {
      const counted = isStanza(element) && (element.is('message') || !this.#model.errs('counts-messages-only'))
      if (this.#counts && counted) this.#handled++
      return false
    }
    if (this.#model.errs('counts-everything')) this.#handled++
    const name = element.getName()
    if (name === 'enabled') this.#enabled(element)
    else if (name === 'resumed') this.#resumed(element)
    else if (name === 'failed') this.#failed()
    else if (name === 'r') this.acknowledge()
    else if (name === 'a') this.#hears(element.attrs.h)
    return true
  }

  /** Says how much it has handled; nothing where no stream is managed. */
  acknowledge(): void {
    if (!this.#counts || this.#model.errs('never-acknowledges')) return
    this.#model.send(`<a xmlns='${sm}' h='${this.#handled}'/>`)
  }

  #enabled({ attrs: { id, resume, location } }: Element) {
    if (!this.#model.errs('counts-too-early')) this.#handled = 0
    this.#counts = true
    const promised = isTrue(resume) || this.#model.errs('resumes-unpromised')
    const named = id ?? (this.#model.errs('resumes-without-id') ? '' : undefined)
    this.#promised = promised && named !== undefined ? { id: named, location } : undefined
  }

  #resumed({ attrs: { previd, h } }: Element) {
    const model = this.#model
    if (previd !== this.#promised?.id && !model.errs('believes-any-stream') && !model.errs('cuts-stream-ids')) {
      return model.giveUp('the server resumes a stream that is not mine')
    }
    this.#asked = true
    const unheard = model.errs('sends-handled-again') ? [...this.#unheard] : undefined
    if (model.errs('starts-count-over')) this.#handled = 0
    if (!this.#hears(h)) return
    const again = unheard ?? this.#unheard
    this.#unheard = []
    if (!model.errs('forgets-unhandled')) for (const stanza of again) model.send(stanza)
    this.#continue?.(true)
    if (model.errs('asks-roster-after-resumption')) {
      model.send(`<iq type='get' id='again'><query xmlns='${ns.roster}'/></iq>`)
    }
    if (model.errs('sends-presence-after-resumption')) model.send('<presence/>')
  }

  /** Neither enabled nor resumed: it goes on without (XEP-0198 §6). */
  #failed() {
    const model = this.#model
    const then = this.#continue
    this.#continue = undefined
    this.#promised = undefined
    this.#asked = false
    this.#counts = false
    if (then) {
      for (const stanza of this.#unheard.splice(0)) this.#loses(stanza)
      return model.errs('gives-up-after-failed-resumption') ? model.giveUp('my stream is gone') : then(false)
    }
    if (model.errs('gives-up-unmanaged')) return model.giveUp('the stream cannot be managed')
    if (model.errs('enables-again') && this.#failures++ === 0) model.send(`<enable xmlns='${sm}'/>`)
  }

  /** Nobody knows whether it arrived: the user is told (XEP-0198 §4). */
  #loses(stanza: string) {
    const body = /<body>([^<]*)<\/body>/.exec(stanza)?.[1]
    if (body !== undefined && !this.#model.errs('loses-unheard-messages')) this.#model.tell('unsent', { body })
  }

  /** Hears how much the server has handled. Returns whether the stream goes on. */
  #hears(h: string | undefined): boolean {
    const model = this.#model
    const count = /^\d{1,10}$/.test(h ?? '') ? Number(h) : Number.NaN
    if (Number.isNaN(count)) {
      if (model.errs('dies-of-odd-counts')) model.die('no number')
      return true
    }
    const sent = this.#acknowledged + this.#unheard.length
    if (count > sent && !model.errs('ignores-high-counts')) {
      if (model.errs('dies-of-high-counts')) model.die('out of bounds')
      const condition = `<undefined-condition xmlns='${ns.streamErrors}'/>`
      const detail = `<handled-count-too-high xmlns='${sm}' h='${escapeXML(String(count))}' send-count='${sent}'/>`
      model.send(`<stream:error>${condition}${detail}</stream:error>`)
      model.giveUp('the server acknowledges more than was sent')
      return false
    }
    if (count < this.#acknowledged) {
      if (model.errs('dies-of-counts-going-back')) model.die('out of bounds')
      return true
    }
    this.#unheard.splice(0, count - this.#acknowledged)
    this.#acknowledged = Math.min(count, sent)
    return true
  }
}
