import type { Element } from '@xmpp/xml'
import type { ModelParts } from './model-parts.ts'

/** What the parts of a session need of it. */
export interface SessionParts {
  readonly model: ModelParts
  /** Its own full JID. */
  readonly jid: string
  /** Features of the stream on which it got its resource. */
  readonly features: Element | undefined
  /** Asks, and waits for the answer of who was asked. Throws DriverError where that is an error. */
  ask(type: string, payload: string, to?: string): Promise<Element>
  reply(iq: Element, payload: string): void
  refuse(iq: Element, condition: string, type: string): void
}
