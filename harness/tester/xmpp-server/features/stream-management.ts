import { randomBytes } from 'node:crypto'
import { type Element, escapeXML } from '@xmpp/xml'
import { parseElement } from '../../xml/stream-parser.ts'
import type { Said, SayContext } from '../deviations.ts'
import type { ServerConnection } from '../server-connection.ts'
import { defineOffer, type ServerFeature, type Stage } from '../server-feature.ts'

export const smNamespace = 'urn:xmpp:sm:3'

/** What both sides of a managed stream have counted, across the connections that it lived on (XEP-0198 §4). */
export interface ManagedSession {
  /** SM-ID; empty where the stream cannot be resumed. */
  id: string
  /** Full JID of the client. */
  jid: string
  /** Stanzas that the server has sent since `<enabled/>`: what the client's `h` is to be when it has handled them. */
  sent: number
  /** Stanzas of the client that the server has handled since `<enable/>`. */
  handled: number
  /** Stanzas that the server sent and the client has not acknowledged. */
  unacknowledged: string[]
}

export interface EnableContext extends SayContext {
  /** The client's `<enable/>`. */
  element: Element
  /** SM-ID that the usual gives. */
  id: string
}

export interface ResumeContext extends SayContext {
  /** The client's `<resume/>`. */
  element: Element
  /** Stanzas of the client that the server has handled; undefined where it knows no such session. */
  handled: number | undefined
}

export interface StreamManagementPoints {
  /** Answer to `<enable/>` (XEP-0198 §3): managed from here where it contains `<enabled`. */
  'sm.enabled': { context: EnableContext; value: Said }
  /** Answer to `<resume/>` (XEP-0198 §5): resumed where it contains `<resumed`. */
  'sm.resumed': { context: ResumeContext; value: Said }
  /** Answer to `<r/>` (XEP-0198 §4). */
  'sm.ack': { context: SayContext & { handled: number }; value: Said }
}

/** Stream management with resumption (XEP-0198). */
export const streamManagement = defineOffer({
  name: 'sm',
  connect: (connection): ServerFeature => new StreamManagement(connection),
})

const known = {}
const sessionsOf = ({ parts }: ServerConnection): ManagedSession[] => parts.remembered(known, () => [])

/** The newest managed session of the server that this connection is one of; undefined where there is none. */
export const managedSession = (connection: ServerConnection | undefined): ManagedSession | undefined =>
  connection && sessionsOf(connection).at(-1)

class StreamManagement implements ServerFeature {
  readonly #connection: ServerConnection
  #session: ManagedSession | undefined
  #sendsAgain = false

  constructor(connection: ServerConnection) {
    this.#connection = connection
  }

  advertise(stage: Stage): string {
    // What is on already, within SASL2, is not offered once more.
    return stage === 'authenticated' && !this.#session ? `<sm xmlns='${smNamespace}'/>` : ''
  }

  /** `<resume/>` within `<authenticate/>` (XEP-0198 §9.2). */
  readonly inSasl2 = {
    advertise: () => `<sm xmlns='${smNamespace}'/>`,
    take: (request: Element) => {
      const resume = request.getChild('resume', smNamespace)
      if (!resume) return ''
      const said = oneText(this.#connection.at('sm.resumed', this.#resumption(resume)))
      const answer = said ?? this.#resumption(resume).usual
      // What is to be sent again goes behind the success.
      if (this.#resumes(resume, answer)) queueMicrotask(() => this.#sendAgain())
      return answer
    },
  }

  /** `<enable/>` within `<bind/>` (XEP-0198 §9.1). */
  readonly inBind2 = {
    advertise: () => `<feature var='${smNamespace}'/>`,
    take: (request: Element) => {
      const enable = request.getChild('enable', smNamespace)
      if (!enable) return ''
      const context = this.#enabling(enable)
      const answer = oneText(this.#connection.at('sm.enabled', context)) ?? context.usual
      this.#manages(answer)
      return answer
    },
  }

  element(element: Element): boolean {
    if (isStanza(element)) {
      if (this.#session) this.#session.handled++
      return false
    }
    if (element.getNS() !== smNamespace) return false
    const connection = this.#connection
    if (element.is('enable')) {
      const { usual, ...context } = this.#enabling(element)
      this.#manages(connection.speak('sm.enabled', usual, context))
    } else if (element.is('resume')) {
      const { usual, ...context } = this.#resumption(element)
      if (this.#resumes(element, connection.speak('sm.resumed', usual, context))) this.#sendAgain()
    } else if (element.is('r')) this.#acknowledge()
    else if (element.is('a')) this.#acknowledged(element)
    return true
  }

  sent(text: string): void {
    const session = this.#session
    if (!session || this.#sendsAgain) return
    const stanzas = stanzasIn(text)
    session.sent += stanzas.length
    session.unacknowledged.push(...stanzas)
  }

  #enabling(element: Element) {
    const id = randomBytes(9).toString('base64url')
    const right = this.#connection.jid !== undefined && this.#session === undefined
    const resumable = isTrue(element.attrs.resume) ? ` id='${id}' resume='true'` : ''
    const usual = right ? `<enabled xmlns='${smNamespace}'${resumable}/>` : failed('unexpected-request')
    return { element, id, usual }
  }

  /** Counts from here on, where `<enabled/>` was said. */
  #manages(said: string) {
    const { jid } = this.#connection
    const enabled = elementIn(said, 'enabled')
    if (!enabled || jid === undefined) return
    const id = (isTrue(enabled.attrs.resume) && enabled.attrs.id) || ''
    this.#session = { id, jid, sent: 0, handled: 0, unacknowledged: [] }
    sessionsOf(this.#connection).push(this.#session)
  }

  #resumption(element: Element) {
    const { previd = '' } = element.attrs
    const session = this.#known(element)
    const unbound = this.#connection.jid === undefined
    const usual = session
      ? `<resumed xmlns='${smNamespace}' h='${session.handled}' previd='${escapeXML(previd)}'/>`
      : failed(unbound ? 'item-not-found' : 'unexpected-request')
    return { element, handled: session?.handled, usual }
  }

  /** The session that may be resumed on this connection. */
  #known({ attrs: { previd } }: Element): ManagedSession | undefined {
    if (this.#connection.jid !== undefined) return undefined
    return sessionsOf(this.#connection).find(({ id }) => id !== '' && id === previd)
  }

  /** Goes on with the session, where `<resumed/>` was said. Returns whether it does. */
  #resumes(element: Element, said: string): boolean {
    const session = this.#known(element)
    if (!session || !elementIn(said, 'resumed')) return false
    this.#session = session
    this.#acknowledged(element)
    this.#connection.becomes(session.jid)
    return true
  }

  /** What the client has not handled, once more: it was counted when it was sent first. */
  #sendAgain() {
    this.#sendsAgain = true
    this.#connection.say(this.#session?.unacknowledged ?? [])
    this.#sendsAgain = false
  }

  #acknowledge() {
    const { handled = 0 } = this.#session ?? {}
    const usual = `<a xmlns='${smNamespace}' h='${handled}'/>`
    if (this.#session) this.#connection.speak('sm.ack', usual, { handled })
  }

  /** What the client has handled need not be sent again. */
  #acknowledged({ attrs: { h = '' } }: Element) {
    const session = this.#session
    if (!session || !/^\d+$/.test(h)) return
    const open = Math.max(0, session.sent - Number(h))
    session.unacknowledged = open === 0 ? [] : session.unacknowledged.slice(-open)
  }
}

const oneText = (said: Said | undefined): string | undefined =>
  said === undefined || typeof said === 'string' ? said : said.join('')

const isTrue = (value: string | undefined): boolean => value === 'true' || value === '1'

/** An element of stream management in what was said; undefined where it does not stand there. */
function elementIn(said: string, name: string): Element | undefined {
  const found = new RegExp(`<${name}\\b[^>]*/>`).exec(said)
  return found ? parseElement(found[0]) : undefined
}

const isStanza = (element: Element): boolean => ['iq', 'message', 'presence'].includes(element.getName())

const failed = (condition: string) =>
  `<failed xmlns='${smNamespace}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`

/** The stanzas in what was sent; none where it is no XML: a case that sends such a thing counts for itself. */
function stanzasIn(text: string): string[] {
  try {
    return parseElement(`<sent>${text}</sent>`).getChildElements().filter(isStanza).map(String)
  } catch {
    return []
  }
}
