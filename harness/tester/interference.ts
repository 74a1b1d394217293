import type { Element } from '@xmpp/xml'
import type { Behaving, Mistake } from './mistakes.ts'
import { parseElement } from './xml/stream-parser.ts'

type Deliver = (element: Element) => void

/** One mistake, made throughout one case, on all of its connections. */
export class Interference {
  readonly mistake: Mistake
  readonly #sessions = new Set<Deliver>()
  #leadingUp = 0

  constructor(mistake: Mistake) {
    this.mistake = mistake
  }

  /** False in steps that only lead up to a question: a mistake made there would hide the question. */
  get active(): boolean {
    return this.#leadingUp === 0
  }

  /** Runs a step that only leads up to a question. */
  async leadUp<T>(step: () => Promise<T>): Promise<T> {
    this.#leadingUp++
    try {
      return await step()
    } finally {
      this.#leadingUp--
    }
  }

  header(header: Element): Element {
    return (this.active && this.mistake.header?.(header)) || header
  }

  /** What arrives on a raw stream in place of an element. */
  element(element: Element): Element[] {
    return (this.active && this.mistake.element?.(element)) || [element]
  }

  /** Takes part in the mistake with one session; `deliver` puts an element before the case as if it had come. */
  join(deliver: Deliver): SessionInterference {
    this.#sessions.add(deliver)
    return new SessionInterference(this, deliver, this.#sessions)
  }
}

/** The mistake as one session meets it. Markers pass unharmed: what is asked is whether the case notices, not they. */
export class SessionInterference {
  readonly #interference: Interference
  readonly #own: Deliver
  readonly #all: Set<Deliver>
  readonly #behaving: Behaving

  constructor(interference: Interference, own: Deliver, all: Set<Deliver>) {
    this.#interference = interference
    this.#own = own
    this.#all = all
    this.#behaving = interference.mistake.begin?.() ?? {}
  }

  element(element: Element): Element[] {
    if (isMarker(element) || !this.#interference.active) return [element]
    const changed = this.#behaving.received?.(element) ?? [element]
    return changed.flatMap((one) => this.#interference.element(one))
  }

  /** What a session is about to send; true where a server with this mistake would take no notice of it. */
  sends(text: string, jid: string): boolean {
    const { active, mistake } = this.#interference
    if (!active || (!mistake.promiscuous && !this.#behaving.sent)) return false
    let stanza: Element
    try {
      stanza = parseElement(text)
    } catch {
      return false // not one element: nothing that a server could act on
    }
    if (isMarker(stanza)) return false
    const answers = this.#behaving.sent?.(stanza)
    for (const answer of answers ?? []) this.#own(answer)
    if (mistake.promiscuous) this.#spread(text, jid)
    return answers !== undefined
  }

  #spread(text: string, jid: string) {
    for (const deliver of this.#all) {
      if (deliver === this.#own) continue
      const copy = parseElement(text)
      copy.attrs.from = jid
      deliver(copy)
    }
  }
}

/** What `sync` and `marker` of a session send, and what answers it. */
const isMarker = (element: Element): boolean =>
  element.attrs.id?.startsWith('sync-') === true || element.getChildText('body')?.startsWith('marker ') === true
