import { randomBytes } from 'node:crypto'
import { attributeOf, type StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { textOf } from '../../wire/stun/stun-values.ts'
import { type IceCandidate, parseCandidate } from './ice-candidate.ts'

/** What agents tell one another (RFC 8445 §5.3). */
export interface IceDescription {
  ufrag: string
  pwd: string
  lite: boolean
  /** ICE options: `ice2`, `trickle`. */
  options: string[]
  candidates: IceCandidate[]
  /** No more will come (RFC 8838 §13). */
  endOfCandidates: boolean
}

/** A username fragment and a password of 48 and 144 random bits (RFC 8445 §5.3). */
export const makeCredentials = (): { ufrag: string; pwd: string } => ({ ufrag: iceChars(6), pwd: iceChars(18) })

/** `bytes` random bytes as ice-chars; a multiple of three leaves no padding. */
const iceChars = (bytes: number) => randomBytes(bytes).toString('base64')

/** Lines of an SDP, without their ends. */
export const sdpLines = (sdp: string): string[] => sdp.split(/\r?\n/).filter((line) => line !== '')

/** The lines of the session, and of each media section. */
export function sdpSections(sdp: string): { session: string[]; media: string[][] } {
  const session: string[] = []
  const media: string[][] = []
  for (const line of sdpLines(sdp)) {
    if (line.startsWith('m=')) media.push([line])
    else (media.at(-1) ?? session).push(line)
  }
  return { session, media }
}

/** The ICE side of the first media section of an SDP, with what the session says for all (RFC 8839 §5.4). */
export function describedBy(sdp: string): IceDescription | undefined {
  const { session, media } = sdpSections(sdp)
  const section = media[0] ?? []
  const said = (name: string) =>
    [...section, ...session].find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3)
  const has = (name: string) => [...section, ...session].includes(`a=${name}`)
  const [ufrag, pwd] = [said('ice-ufrag'), said('ice-pwd')]
  if (ufrag === undefined || pwd === undefined) return undefined
  const options = [...session, ...section]
    .filter((line) => line.startsWith('a=ice-options:'))
    .flatMap((line) => line.slice(14).trim().split(/\s+/))
  return {
    ufrag,
    pwd,
    lite: has('ice-lite'),
    options: [...new Set(options)],
    candidates: section.map(parseCandidate).filter((one) => one !== undefined),
    endOfCandidates: has('end-of-candidates'),
  }
}

interface Credentials {
  ufrag: string
  pwd: string
}

/** The credentials that a request means: the previous ones are answered by, too, while a restart goes on. */
export function credentialsMeant(message: StunMessage, own: Credentials, before: Credentials | undefined): Credentials {
  const username = attributeOf(message, stunAttributes.USERNAME)
  const ufrag = username && textOf(username).split(':')[0]
  return before && ufrag === before.ufrag ? before : own
}
