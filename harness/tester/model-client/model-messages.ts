import type { Element } from '@xmpp/xml'
import { bareOf } from './model-jid.ts'
import { attribute } from './model-parts.ts'
import type { SessionParts } from './session-parts.ts'

const carbons = 'urn:xmpp:carbons:2'
const mam = 'urn:xmpp:mam:2'
const receipts = 'urn:xmpp:receipts'
const forward = 'urn:xmpp:forward:0'
const types = ['chat', 'error', 'groupchat', 'headline', 'normal']

/** What says that an earlier message is to be shown another way, by its event: the element that carries its id. */
const afterthoughts = [
  { event: 'corrected', name: 'replace', namespace: 'urn:xmpp:message-correct:0' },
  { event: 'retracted', name: 'retract', namespace: 'urn:xmpp:message-retract:1' },
  { event: 'reacted', name: 'reactions', namespace: 'urn:xmpp:reactions:0' },
] as const

const ignoring = {
  corrected: 'ignores-corrections',
  retracted: 'ignores-retractions',
  reacted: 'ignores-reactions',
} as const
const believing = {
  corrected: 'takes-any-correction',
  retracted: 'takes-any-retraction',
  reacted: 'takes-any-reaction',
} as const

/** The messages of the model client: what came, copies of it, the archive, and what is said about it later. */
export class ModelMessages {
  readonly #parts: SessionParts
  /** Who sent the message with an id: bare JIDs. */
  readonly #senders = new Map<string, string>()
  #query: { id: string; bodies: string[] } | undefined
  #queries = 0

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** @param inPieces it came in more than one piece */
  takes(message: Element, inPieces: boolean) {
    const { model } = this.#parts
    const { from, type } = message.attrs
    if (type === 'error') return this.#error(message)
    if (model.errs('needs-type') && type === undefined) return
    if (model.errs('drops-unknown-message-types') && !types.includes(type ?? 'normal')) return
    if (model.errs('dies-of-mixed-content') && (message.getChild('body')?.getChildElements().length ?? 0) > 0) {
      return model.die('mixed content')
    }
    const stamp = message.getChild('delay', 'urn:xmpp:delay')?.attrs.stamp
    if (model.errs('dies-of-odd-stamps') && stamp !== undefined && Number.isNaN(Date.parse(stamp))) {
      return model.die('invalid date')
    }
    const copy = copyIn(message)
    if (copy) return this.#carbon(message, copy)
    const result = message.getChild('result', mam)
    if (result) return this.#result(message, result)
    if (message.getChild('request', receipts)) this.#receipt(message)
    if (this.#afterthought(message)) return
    if (message.attrs.id) this.#senders.set(message.attrs.id, bareOf(from))
    this.#tell(message, inPieces)
  }

  /** Asks for one page of the archive (XEP-0313 §4). */
  async archive(): Promise<{ bodies: string[] }> {
    const query = { id: `query-${++this.#queries}`, bodies: [] as string[] }
    this.#query = query
    await this.#parts.ask('set', `<query xmlns='${mam}' queryid='${query.id}'/>`)
    this.#query = undefined
    return { bodies: query.bodies }
  }

  #tell(message: Element, inPieces: boolean) {
    const { model } = this.#parts
    const { from, to, type, id } = message.attrs
    const elsewhere = model.errs('reads-body-anywhere')
      ? message.getChildElements()[0]?.getChildText('body')
      : undefined
    const joined = model.errs('joins-bodies')
      ? message
          .getChildren('body')
          .map((body) => body.getText())
          .join(' ')
      : undefined
    const body = elsewhere ?? joined ?? message.getChildText('body') ?? undefined
    if (model.errs('tells-no-message')) return
    model.tell('message', { from, to, type, id, body: inPieces && model.errs('decodes-each-chunk') ? '\ufffd' : body })
  }

  #error(message: Element) {
    const { model } = this.#parts
    const { from } = message.attrs
    if (model.errs('bounces-errors')) model.send(`<message type='error'${attribute('to', from)}/>`)
    if (model.errs('tells-errors-as-messages')) {
      model.tell('message', { from, type: 'chat', body: message.getChildText('body') ?? undefined })
    }
  }

  #carbon(message: Element, copy: Element) {
    const { model, jid } = this.#parts
    const { from } = message.attrs
    const own = bareOf(jid)
    const trusted =
      from === own ||
      model.errs('believes-any-carbon') ||
      (bareOf(from) === own && model.errs('believes-carbons-of-own-resource'))
    if (!trusted || model.errs('ignores-carbons')) return
    const inner = innerOf(copy)
    if (!inner) return
    const nested = model.errs('unwraps-copies-in-copies') ? copyIn(inner) : undefined
    const shown = (nested && innerOf(nested)) || inner
    if (model.errs('acknowledges-copies')) this.#receipt(shown)
    model.tell('message', { ...shown.attrs, body: shown.getChildText('body') ?? undefined, carbon: copy.name })
  }

  #result(message: Element, result: Element) {
    const { model, jid } = this.#parts
    const inner = innerOf(result)
    const body = inner?.getChildText('body') ?? ''
    const { from } = message.attrs
    if (!this.#query) {
      if (model.errs('tells-unsolicited-results')) model.tell('message', { from, body })
      return
    }
    const mine = from === undefined || from === bareOf(jid) || model.errs('believes-any-result')
    const open = result.attrs.queryid === this.#query.id || model.errs('ignores-query-id')
    if (!mine || !open || model.errs('loses-results')) return
    this.#query.bodies.push(body)
    if (inner && model.errs('acknowledges-archive')) this.#receipt(inner)
  }

  /** Says that a message came, to those who see the user's presence anyway (XEP-0184 §7, §8). */
  #receipt({ attrs: { from, id } }: Element) {
    const { model } = this.#parts
    const contact = bareOf(from) === `juliet@${model.params.domain}`
    if (!contact && !model.errs('acknowledges-everybody')) return
    const more = model.errs('asks-receipts-for-receipts') ? `<request xmlns='${receipts}'/>` : ''
    const body = model.errs('adds-body-to-receipts') ? '<body>received</body>' : ''
    const named = model.errs('acknowledges-without-id') ? '' : attribute('id', id)
    model.send(
      `<message type='chat'${attribute('to', from)}><received xmlns='${receipts}'${named}/>${more}${body}</message>`,
    )
  }

  /**
   * Takes a correction, retraction or reaction of the one who sent the message (XEP-0308 §4, XEP-0424 §5); one that is
   * somebody else's is a message like any other.
   */
  #afterthought(message: Element): boolean {
    const { model } = this.#parts
    for (const { event, name, namespace } of afterthoughts) {
      const id = message.getChild(name, namespace)?.attrs.id
      if (id === undefined) continue
      const same = this.#senders.get(id) === bareOf(message.attrs.from)
      if (!same && !model.errs(believing[event])) return false
      if (!model.errs(ignoring[event])) model.tell(event, { id, from: message.attrs.from })
      return true
    }
    return false
  }
}

const copyIn = (message: Element): Element | undefined =>
  message.getChild('received', carbons) ?? message.getChild('sent', carbons)

const innerOf = (wrapper: Element): Element | undefined => wrapper.getChild('forwarded', forward)?.getChild('message')
