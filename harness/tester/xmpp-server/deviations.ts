import type { SecureVersion } from 'node:tls'
import type { Element } from '@xmpp/xml'
import type { Certificate } from '../../lab/certificates.ts'
import type { BoshPoints } from './bosh/bosh-request.ts'
import type { CertificateKind } from './certificate-kinds.ts'
import type { BasicsPoints } from './features/basics.ts'
import type { BindPoints } from './features/bind.ts'
import type { Bind2Points } from './features/bind2.ts'
import type { ChannelBindingPoints } from './features/channel-binding.ts'
import type { FastPoints } from './features/fast.ts'
import type { RoomPoints } from './features/rooms.ts'
import type { SaslPoints } from './features/sasl.ts'
import type { Sasl2Points } from './features/sasl2.ts'
import type { StartTlsPoints } from './features/starttls.ts'
import type { StreamManagementPoints } from './features/stream-management.ts'
import type { HashedTokenPoints } from './sasl/hashed-token.ts'
import type { ScramPoints } from './sasl/scram.ts'
import type { ServerConnection } from './server-connection.ts'

/** What the server sends at a point: one text, or several that are sent one after the other (on WebSocket, a message each). */
export type Said = string | readonly string[]

/** What every point tells. */
export interface PointContext {
  connection: ServerConnection
  /** Number of the connection, from 1: libraries reconnect by themselves. */
  number: number
}

/** A point at which something is sent. */
export interface SayContext extends PointContext {
  /** What a right server sends here. */
  usual: string
}

export interface HeaderContext extends SayContext {
  /** The header that the client sent. */
  header: Element
  /** How many streams the client opened on this connection, from 1. */
  stream: number
  id: string
}

export interface IqContext extends SayContext {
  iq: Element
  /** Namespace of the payload. */
  namespace: string | undefined
}

/**
 * The points at which a case may change what the server does: what is known there, and what is to be returned instead
 * of the usual. Returning undefined leaves it as it is. Each feature brings its own points.
 */
export interface Points
  extends StartTlsPoints,
    SaslPoints,
    Sasl2Points,
    ScramPoints,
    HashedTokenPoints,
    ChannelBindingPoints,
    FastPoints,
    BindPoints,
    Bind2Points,
    StreamManagementPoints,
    RoomPoints,
    BoshPoints,
    BasicsPoints {
  /** Certificate of the next TLS handshake. */
  'tls.certificate': { context: { number: number }; value: CertificateKind | Certificate }
  /** The one version of TLS that the next handshake may end in. */
  'tls.version': { context: { number: number }; value: SecureVersion }
  /** Answer to a stream header, `<open/>` on WebSocket (RFC 6120 §4.7, RFC 7395 §3.4). */
  'stream.header': { context: HeaderContext; value: Said }
  /** Features on a connection in clear (RFC 6120 §4.3.2). */
  'features.plain': { context: SayContext; value: Said }
  /** Features before authentication, on an encrypted connection. */
  'features.encrypted': { context: SayContext; value: Said }
  'features.authenticated': { context: SayContext; value: Said }
  /** Answer to the client's closing tag. */
  'stream.footer': { context: SayContext; value: Said }
}

export type Point = keyof Points

/** A constant, or a function of what is known at the point. */
export type Deviation<P extends Point> =
  | Points[P]['value']
  | ((context: Points[P]['context']) => Points[P]['value'] | undefined)

/** The deviations of one server: right where none is set. */
export class Deviations {
  readonly #set = new Map<Point, unknown>()
  /** Points at which something else than the usual happened. */
  readonly made: Point[] = []

  set<P extends Point>(point: P, deviation: Deviation<P>): void {
    this.#set.set(point, deviation)
  }

  /** What happens at a point instead of the usual; undefined: the usual. */
  at<P extends Point>(point: P, context: Points[P]['context']): Points[P]['value'] | undefined {
    const deviation = this.#set.get(point) as Deviation<P> | undefined
    const value =
      typeof deviation === 'function'
        ? (deviation as (context: Points[P]['context']) => Points[P]['value'] | undefined)(context)
        : deviation
    if (value !== undefined) this.made.push(point)
    return value
  }
}
