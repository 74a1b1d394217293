import { createHash } from 'node:crypto'
import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../xmpp-client/namespaces.ts'
import { attribute } from './model-parts.ts'
import type { SessionParts } from './session-parts.ts'

export const capsNamespace = 'http://jabber.org/protocol/caps'
const node = 'https://model.example.test'
const receipts = 'urn:xmpp:receipts'

/** What the model client says that it is, and what it knows of others (XEP-0030, XEP-0115). */
export class ModelCaps {
  readonly #parts: SessionParts
  /** Verification strings of which the answer is known, and right. */
  readonly #known = new Set<string>()

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** The capabilities that stand in its presence (XEP-0115 §4). */
  get announcement(): string {
    const { model } = this.#parts
    const hash = model.errs('announces-no-hash') ? '' : ` hash='sha-1'`
    const ver = model.errs('computes-wrong-ver') ? 'QgayPKawpkPSDYmwT/WM94uAlu0=' : this.#ver
    return `<c xmlns='${capsNamespace}'${hash} node='${node}' ver='${ver}'/>`
  }

  /** Answers disco#info about itself, or about the node that it announced (XEP-0115 §6.2). */
  answer(iq: Element, query: Element) {
    const { model, reply, refuse } = this.#parts
    const about = query.attrs.node
    if (about === `${node}#${this.#ver}` && model.errs('knows-no-caps-node')) {
      return refuse(iq, 'item-not-found', 'cancel')
    }
    const mirrored = model.errs('mirrors-no-node') ? '' : attribute('node', about)
    reply(iq, `<query xmlns='${ns.discoInfo}'${mirrored}>${this.#content}</query>`)
  }

  /** Somebody announces what they are: asks, where that is not known yet (XEP-0115 §5.4). */
  heard({ attrs: { from } }: Element, { attrs: { hash, node: theirs, ver = '' } }: Element) {
    const { model, ask } = this.#parts
    if (from === undefined || hash === undefined || model.errs('asks-nobody')) return
    const key = `${hash} ${ver}`
    if (this.#known.has(key)) return
    const query = `<query xmlns='${ns.discoInfo}'${attribute('node', `${theirs}#${ver}`)}/>`
    ask('get', query, from).then(
      (answer) => {
        const info = answer.getChild('query', ns.discoInfo)
        if (info && this.#believes(info, hash, ver)) this.#known.add(key)
      },
      () => {},
    )
  }

  #believes(info: Element, hash: string, ver: string): boolean {
    const { model } = this.#parts
    if (model.errs('caches-nothing')) return false
    if (model.errs('caches-without-checking')) return true
    if (hash !== 'sha-1') return model.errs('caches-unknown-hashes')
    const features = info.getChildren('feature').map(({ attrs }) => attrs.var ?? '')
    const illFormed = new Set(features).size < features.length
    if (illFormed && !model.errs('takes-ill-formed-answers')) return false
    const identities = info
      .getChildren('identity')
      .map(({ attrs }) => `${attrs.category}/${attrs.type}/${attrs['xml:lang'] ?? ''}/${attrs.name ?? ''}`)
    return verification(identities, features) === ver
  }

  get #features(): string[] {
    const { model } = this.#parts
    const all = [
      ns.discoInfo,
      ns.discoItems,
      ...(model.errs('announces-no-ping') ? [] : [ns.ping]),
      ns.roster,
      'jabber:iq:version',
      ...(model.errs('announces-no-receipts') ? [] : [receipts]),
      'urn:xmpp:carbons:2',
      ...(model.errs('lists-no-caps') ? [] : [capsNamespace]),
    ]
    return model.errs('lists-features-twice') ? [...all, ns.discoInfo] : all
  }

  get #content(): string {
    if (this.#parts.model.errs('claims-nothing')) return ''
    const features = this.#features.map((name) => `<feature var='${escapeXML(name)}'/>`)
    return `<identity category='client' type='bot'/>${features.join('')}`
  }

  get #ver(): string {
    return verification(['client/bot//'], this.#features)
  }
}

/** The verification string of identities and features (XEP-0115 §5.1). */
function verification(identities: readonly string[], features: readonly string[]): string {
  const sorted = [identities, features].flatMap((list) =>
    list.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  )
  return createHash('sha1')
    .update(sorted.map((text) => `${text}<`).join(''))
    .digest('base64')
}
