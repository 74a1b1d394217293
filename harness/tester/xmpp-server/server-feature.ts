import type { Element } from '@xmpp/xml'
import type { ServerConnection } from './server-connection.ts'

/** How far a connection has come: in clear, encrypted, authenticated. */
export type Stage = 'plain' | 'encrypted' | 'authenticated'

/** A part of a feature that a client can ask for while it authenticates, which spares it a round trip. */
export interface InlinePart {
  /** What stands for it in `<inline/>`. */
  advertise(): string
  /**
   * Does what was asked for, once the client is authenticated. Called in the order of `offers.ts`.
   *
   * @param request the client's `<authenticate/>` (XEP-0388), or its `<bind/>` (XEP-0386)
   * @returns what stands for it in `<success/>`, or in `<bound/>`; empty where nothing was asked for, or nothing is said.
   */
  take(request: Element): string
}

/** One thing that the server can do, on one connection. All of its parts may be left out. */
export interface ServerFeature {
  /** What it says of itself in the stream features of a stage (RFC 6120 §4.3.2); empty: nothing. */
  advertise?(stage: Stage): string
  /** Namespaces that disco#info of the server names for it (XEP-0030 §3). */
  readonly disco?: readonly string[]
  /** What of it can be had within `<authenticate/>` (XEP-0388 §2.1). */
  readonly inSasl2?: InlinePart
  /** What of it can be had within `<bind/>` of Bind 2 (XEP-0386 §3.1); called when the client has its resource. */
  readonly inBind2?: InlinePart
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
