import { type Element, escapeXML } from '@xmpp/xml'
import type { ServerTransport } from '../xmpp-server/scripted-server.ts'
import type { ClientMistake } from './mistake.ts'

/** The parameters of `login`: drivers/PROTOCOL.md. */
export interface LoginParams {
  /** The domain alone where nobody in particular is to be logged in. */
  jid: string
  username: string
  password: string
  /** PEM of a certificate to be shown where the server asks for one, and of its key. */
  certificate?: string
  key?: string
  /** Nobody's name was given. */
  anonymous: boolean
  domain: string
  /** These are left out where it is to find the server by itself. */
  transport?: ServerTransport
  service?: string
  host?: string
  port?: number
}

/** What the parts of a model client need of it. */
export interface ModelParts {
  readonly params: LoginParams
  readonly transport: ServerTransport
  /** Whether it makes this mistake. */
  errs(mistake: ClientMistake): boolean
  /** Whether an element is this one; a client that ignores namespaces looks at the name alone. */
  is(element: Element, name: string, namespace: string): boolean
  send(text: string): void
  tell(event: string, params?: Record<string, unknown>): void
  /** Gives up: tells why, and closes. */
  giveUp(reason: string): void
  die(reason: string): void
}

/** An attribute, or nothing where there is no value. */
export const attribute = (name: string, value: string | undefined): string =>
  value === undefined ? '' : ` ${name}='${escapeXML(value)}'`
