import type { TappedDatagram, TapSide, UdpTap } from '../lab/embedded/udp-tap.ts'
import { attributeOf, decodeStun, looksLikeStun, type StunMessage } from '../wire/stun/stun-message.ts'
import { stunAttributes } from '../wire/stun/stun-names.ts'
import type { WireMessage } from '../wire/trace/trace.ts'

/** What two agents have sent to each other, as far as the stages of a pair are judged by it. */
export interface SeenDatagram {
  /** Epoch microseconds. */
  at: number
  from: TapSide
  /** `source>destination`. */
  path: string
  /** Data is what an application sends: DTLS application data, or whatever is neither STUN nor DTLS. */
  kind: 'request' | 'success' | 'error' | 'indication' | 'dtls' | 'data'
  transaction?: string
  /** It did not get through to the other side: a NAT's doing. */
  dropped?: boolean
  /** Of a request that has USE-CANDIDATE (RFC 8445 §7.1.2). */
  nominates?: boolean
  /** Of a request that has libwebrtc's attribute 0xC001, which no specification knows. */
  renominates?: boolean
}

/** What is between two agents: how the candidates of one are told to the other, and what is seen of their talk. */
export interface PairWay extends Pick<UdpTap, 'cover'> {
  onSeen(listener: (one: SeenDatagram) => void): void
}

/** The way through a tap. */
export const wayThrough = (tap: UdpTap): PairWay => ({
  cover: (side, candidate) => tap.cover(side, candidate),
  onSeen: (listener) =>
    tap.onDatagram((datagram) => {
      const seen = seeDatagram(datagram)
      if (seen) listener(seen)
    }),
})

const renomination = 0xc001

/** DTLS content types (RFC 9147 §4): application data, and all that are records. */
const dtls = { first: 20, last: 63, applicationData: 23 }

/** Reads a datagram of a tap; undefined of one that is not between the agents. Bytes that lie are data. */
export function seeDatagram({
  at,
  from,
  to,
  source,
  destination,
  bytes,
  ...more
}: TappedDatagram): SeenDatagram | undefined {
  if (from === 'stun-server' || to === 'stun-server') return undefined
  const dropped = more.dropped || to === 'nobody'
  const path = `${source.address}:${source.port}>${destination.address}:${destination.port}`
  const message = looksLikeStun(bytes) ? decodeStun(bytes) : undefined
  if (message?.kind === 'stun') {
    return {
      at,
      from,
      path,
      ...(dropped ? { dropped } : {}),
      ...stunFacts(message),
    }
  }
  const first = bytes[0] ?? 0
  const isRecord = first >= dtls.first && first <= dtls.last
  return { at, from, path, kind: isRecord && !isApplicationData(first) ? 'dtls' : 'data' }
}

/** DTLS 1.3 hides the type, and tells the low bits of the epoch (RFC 9147 §4): from epoch 3 on it is application data mostly. */
const isApplicationData = (first: number): boolean =>
  first === dtls.applicationData || (first >> 5 === 1 && (first & 3) === 3)

const stunFacts = (message: StunMessage): Pick<SeenDatagram, 'kind' | 'transaction' | 'nominates' | 'renominates'> => ({
  kind: message.class,
  transaction: message.transactionId,
  ...(attributeOf(message, stunAttributes.USE_CANDIDATE) ? { nominates: true } : {}),
  ...(attributeOf(message, renomination) ? { renominates: true } : {}),
})

/** Reads a message of a capture that one side has sent on a path. */
export function seeMessage({ at, body }: WireMessage, from: TapSide, path: string): SeenDatagram {
  if (body.kind === 'stun') return { at, from, path, ...stunFacts(body) }
  const handshakes =
    body.kind === 'dtls' &&
    body.contentType !== dtls.applicationData &&
    !(body.contentType === 'unified' && body.epoch === 3)
  return { at, from, path, kind: handshakes ? 'dtls' : 'data' }
}

/** The same path the other way. */
export const reversed = (path: string): string => path.split('>').reverse().join('>')

/** A request that got a success response, and when that went back, epoch microseconds. */
export type AnsweredRequest = SeenDatagram & { answeredAt: number }

/** Requests that got a success response, by the side that asked. */
export function answered(seen: SeenDatagram[], from: TapSide): AnsweredRequest[] {
  const successes = new Map<string, number>()
  for (const { kind, from: by, transaction = '', at } of seen) {
    if (kind === 'success' && by !== from && !successes.has(transaction)) successes.set(transaction, at)
  }
  return seen.flatMap((one) => {
    const answeredAt = successes.get(one.transaction ?? '')
    return one.from === from && one.kind === 'request' && answeredAt !== undefined ? [{ ...one, answeredAt }] : []
  })
}

/**
 * When a side has pairs that are nominated, and which, as paths from it: the controlling one when its nomination was answered, the
 * controlled one when it has been told and its own check of that pair was answered (RFC 8445 §7.2.5.3.4, §7.3.1.5). Until
 * then it may send on any valid pair (§12.1.1).
 */
export function nominatedPairs(seen: SeenDatagram[], side: TapSide): { paths: Set<string>; since: number } {
  const nominations = answered(seen, 'controlling').filter(({ nominates }) => nominates)
  if (side === 'controlling') {
    const times = nominations.map(({ answeredAt }) => answeredAt)
    return { paths: new Set(nominations.map(({ path }) => path)), since: Math.min(...times) }
  }
  const own = answered(seen, 'controlled')
  const times = nominations.flatMap(({ path, at }) => {
    const check = own.find((one) => one.path === reversed(path))
    return check ? [Math.max(at, check.answeredAt)] : []
  })
  return { paths: new Set(nominations.map(({ path }) => reversed(path))), since: Math.min(...times) }
}
