import type { IceDescription, SignalledCandidate } from './ice-description.ts'

/** A description of which nothing but the name is known. */
export const emptyDescription = (ufrag: string): IceDescription => ({
  ufrag,
  lite: false,
  options: [],
  candidates: [],
  wantsDtls: false,
  rtcpMux: false,
})

/** One `a=candidate` value (RFC 8839 §5.1), with or without its prefix; undefined where it is none. */
export function readCandidate(line: string): (SignalledCandidate & { ufrag?: string }) | undefined {
  const words = line
    .trim()
    .replace(/^(a=)?candidate:/, '')
    .split(/\s+/)
  const [foundation, component, transport, priority, address, port, typ, type, ...extensions] = words
  if (typ !== 'typ' || !foundation || !transport || !address || !type) return undefined
  const numbers = [component, priority, port].map(Number)
  if (numbers.some((one) => !Number.isInteger(one))) return undefined
  const at = extensions.indexOf('ufrag')
  return {
    foundation,
    component: numbers[0] as number,
    transport: transport.toLowerCase(),
    priority: numbers[1] as number,
    type,
    endpoint: { address: address.replace(/%.*$/, ''), port: numbers[2] as number },
    ...(at >= 0 && extensions[at + 1] ? { ufrag: extensions[at + 1] } : {}),
  }
}

/**
 * What an SDP description says of ICE and DTLS (RFC 8839 §5, RFC 8842 §5), one entry for each username fragment: media
 * sections that share one are taken together.
 */
export function readSdp(sdp: string): IceDescription[] {
  const sections = sdp.split(/^(?=m=)/m).map((text) => text.split(/\r\n|\r|\n/))
  const head = sections[0] ?? []
  const media = sections.length > 1 ? sections.slice(1) : [[]]
  const found = new Map<string, IceDescription>()
  for (const own of media) {
    const lines = sections.length > 1 ? [...own, ...head] : head
    const value = (name: string) =>
      lines
        .find((line) => line.startsWith(`a=${name}:`))
        ?.slice(name.length + 3)
        .trim()
    const has = (name: string) => lines.some((line) => line.trim() === `a=${name}`)
    const ufrag = value('ice-ufrag')
    if (!ufrag) continue
    const known = found.get(ufrag) ?? emptyDescription(ufrag)
    const candidates = lines.flatMap((line) => (line.startsWith('a=candidate:') ? (readCandidate(line) ?? []) : []))
    found.set(ufrag, {
      ...known,
      password: value('ice-pwd') ?? known.password,
      lite: known.lite || has('ice-lite'),
      options: [...new Set([...known.options, ...(value('ice-options')?.split(/\s+/) ?? [])])],
      candidates: [...known.candidates, ...candidates],
      setup: value('setup') ?? known.setup,
      wantsDtls: known.wantsDtls || value('fingerprint') !== undefined,
      direction: (['sendonly', 'recvonly', 'inactive', 'sendrecv'] as const).find(has) ?? known.direction,
      rtcpMux: known.rtcpMux || has('rtcp-mux'),
    })
  }
  return [...found.values()]
}
