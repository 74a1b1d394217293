import type { Element } from '@xmpp/xml'
import type { Mistake } from './mistakes.ts'
import { parseElement } from './xml/stream-parser.ts'

type Deliver = (element: Element) => void

/** One mistake, made throughout one case, on all of its connections. */
export class Interference {
  readonly mistake: Mistake
  readonly #sessions = new Set<Deliver>()

  constructor(mistake: Mistake) {
    this.mistake = mistake
  }

  /** What arrives in place of an element. */
  element(element: Element): Element[] {
    return this.mistake.element?.(element) ?? [element]
  }

  header(header: Element): Element {
    return this.mistake.header?.(header) ?? header
  }

  /** Takes part in what a promiscuous server spreads. */
  join(deliver: Deliver): void {
    this.#sessions.add(deliver)
  }

  /** A session sent a stanza: a promiscuous server hands it to all others. */
  sent(text: string, jid: string, own: Deliver): void {
    if (!this.mistake.promiscuous) return
    for (const deliver of this.#sessions) {
      if (deliver === own) continue
      try {
        const copy = parseElement(text)
        copy.attrs.from = jid
        deliver(copy)
      } catch {
        // Not one element: nothing that a server could hand on.
      }
    }
  }
}
