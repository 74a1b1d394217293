import type { Element } from '@xmpp/xml'
import type { ServerConnection } from './server-connection.ts'

/** How far a connection has come: in clear, encrypted, authenticated. */
export type Stage = 'plain' | 'encrypted' | 'authenticated'

/** One thing that the server can do, on one connection. All of its parts may be left out. */
export interface ServerFeature {
  /** What it says of itself in the stream features of a stage (RFC 6120 §4.3.2); empty: nothing. */
  advertise?(stage: Stage): string
  /** Namespaces that disco#info of the server names for it (XEP-0030 §3). */
  readonly disco?: readonly string[]
  /** Takes any element that the client sent. Returns whether it was its own: then nobody else is asked. */
  element?(element: Element): boolean | Promise<boolean>
  /** The right answer to an IQ get or set of the authenticated client, as a whole `<iq/>`; undefined: not its own. */
  iq?(iq: Element, payload: Element | undefined): string | undefined
  /** Takes a message or presence of the client once it has a resource. Returns whether it was its own. */
  stanza?(stanza: Element): boolean
  /** The server has sent this text, whoever said it. */
  sent?(text: string): void
  /** The client has got its resource (RFC 6120 §7). */
  bound?(): void
}

/** Something that a server can offer: a name by which a case switches it on, and what it does on a connection. */
export interface Offer<Name extends string = string> {
  readonly name: Name
  /** Offered where the case says nothing; the others wait for `server.offer(name)`. */
  readonly standard?: boolean
  connect(connection: ServerConnection): ServerFeature
}

/** Keeps the name of an offer in its type, so that `server.offer` knows all names. */
export const defineOffer = <const Name extends string>(offer: Offer<Name>): Offer<Name> => offer
