import type { IceDescription, SignalledCandidate } from './ice-description.ts'
import { readJingle } from './read-jingle.ts'
import { emptyDescription, readCandidate, readSdp } from './read-sdp.ts'

/**
 * What was signalled, out of any text that holds it: SDP, XMPP with Jingle, a WebRTC dump, or a transcript of which each
 * line is JSON with such texts somewhere in it. What belongs to one username fragment is taken together.
 */
export function readSignalling(texts: readonly string[]): IceDescription[] {
  const found = new Map<string, IceDescription>()
  const loose: (SignalledCandidate & { ufrag?: string; speaker?: string })[] = []
  /** In a transcript: who speaks in the line that is read, and which name it gave itself. */
  const names = new Map<string, string>()
  let speaker: string | undefined
  const add = (description: IceDescription) => {
    const known = found.get(description.ufrag)
    found.set(description.ufrag, known ? merge(known, description) : description)
    if (speaker !== undefined) names.set(speaker, description.ufrag)
  }
  const readText = (text: string) => {
    if (text.includes('a=ice-ufrag:')) for (const one of readSdp(unescaped(text))) add(one)
    if (text.includes('<transport')) for (const one of readJingle(text)) add(one)
    if (/^(a=)?candidate:/.test(text.trim())) loose.push(...readOne(text, speaker))
  }
  const readValue = (value: unknown): void => {
    if (typeof value === 'string') readEmbedded(value)
    if (typeof value !== 'object' || value === null) return
    // `romeo (2)` is a second connection of the same one.
    if ('connection' in value) speaker = textOr(value.connection)?.replace(/ \(\d+\)$/, '')
    if (isCredentials(value)) {
      const candidates = 'candidates' in value && Array.isArray(value.candidates) ? value.candidates : []
      add({
        ...emptyDescription(value.ufrag),
        password: 'pwd' in value ? textOr(value.pwd) : 'password' in value ? textOr(value.password) : undefined,
        lite: 'lite' in value && value.lite === true,
        candidates: candidates.flatMap((one) => (typeof one === 'string' ? (readCandidate(one) ?? []) : [])),
      })
    }
    for (const [key, inner] of Object.entries(value)) if (!ofPairs.has(key)) readValue(inner)
  }
  const readEmbedded = (text: string) => {
    const json = text.startsWith('{') || text.startsWith('[') ? parsed(text) : undefined
    if (json === undefined) readText(text)
    else readValue(json)
  }
  for (const text of texts) {
    const whole = parsed(text)
    if (whole !== undefined) readValue(whole)
    else if (text.trimStart().startsWith('{')) for (const line of text.split('\n')) readEmbedded(line.trim())
    else readText(text)
  }
  const only = found.size === 1 ? [...found.keys()][0] : undefined
  for (const { ufrag, speaker: by, ...candidate } of loose) {
    const owner = ufrag ?? (by === undefined ? undefined : names.get(by)) ?? only
    speaker = undefined
    if (owner !== undefined) add({ ...emptyDescription(owner), candidates: [candidate], trickled: true })
  }
  return [...found.values()]
}

const readOne = (text: string, speaker: string | undefined) => {
  const candidate = readCandidate(text)
  return candidate ? [{ ...candidate, speaker }] : []
}

/** Ends of a pair that an agent tells of: one of them is its peer's. */
const ofPairs = new Set(['local', 'remote'])

const isCredentials = (value: object): value is { ufrag: string } =>
  'ufrag' in value && typeof value.ufrag === 'string' && value.ufrag !== ''

const textOr = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** SDP inside SDP-in-a-string, with its line ends as two characters. */
const unescaped = (text: string): string =>
  text.includes('\n') ? text : text.replaceAll('\\r', '').replaceAll('\\n', '\n')

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function merge(known: IceDescription, more: IceDescription): IceDescription {
  const key = ({ component, transport, endpoint }: SignalledCandidate) =>
    `${component}/${transport}/${endpoint.address}/${endpoint.port}`
  const seen = new Set(known.candidates.map(key))
  return {
    ufrag: known.ufrag,
    password: known.password ?? more.password,
    lite: known.lite || more.lite,
    options: [...new Set([...known.options, ...more.options])],
    candidates: [...known.candidates, ...more.candidates.filter((one) => !seen.has(key(one)))],
    trickled: known.trickled || more.trickled,
    setup: more.setup ?? known.setup,
    wantsDtls: known.wantsDtls || more.wantsDtls,
    direction: more.direction ?? known.direction,
    rtcpMux: known.rtcpMux || more.rtcpMux,
  }
}
