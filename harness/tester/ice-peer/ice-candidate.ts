import { isIP } from 'node:net'

export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay'

/** A candidate as it is signalled (RFC 8445 §5.3). */
export interface IceCandidate {
  foundation: string
  component: number
  /** `udp`, or another in lower case. */
  transport: string
  priority: number
  /** An IP address, or what stands in its place. */
  address: string
  port: number
  type: string
  related?: { address: string; port: number }
  /** Further names and values, in order. */
  extensions: [name: string, value: string][]
}

/** The recommended preferences (RFC 8445 §5.1.2.2). */
export const typePreferences: Record<CandidateType, number> = { host: 126, prflx: 110, srflx: 100, relay: 0 }

/**
 * The priority of a candidate (RFC 8445 §5.1.2.1).
 *
 * @param local the local preference, 0 to 65535
 */
export const candidatePriority = (type: CandidateType, local = 65_535, component = 1): number =>
  typePreferences[type] * 2 ** 24 + local * 2 ** 8 + (256 - component)

/** What a candidate's priority is made of, where the recommended formula made it. */
export const priorityParts = (priority: number) => ({
  type: Math.floor(priority / 2 ** 24),
  local: Math.floor(priority / 2 ** 8) % 65_536,
  component: 256 - (priority % 256),
})

/** The priority of a pair (RFC 8445 §6.1.2.3); `controlling` and `controlled` are the candidates' own priorities. */
export const pairPriority = (controlling: number, controlled: number): bigint =>
  2n ** 32n * BigInt(Math.min(controlling, controlled)) +
  2n * BigInt(Math.max(controlling, controlled)) +
  (controlling > controlled ? 1n : 0n)

/** The value of a candidate attribute (RFC 8839 §5.1), `candidate:` included. */
export function formatCandidate(one: IceCandidate): string {
  const related = one.related ? ` raddr ${one.related.address} rport ${one.related.port}` : ''
  const more = one.extensions.map(([name, value]) => ` ${name} ${value}`).join('')
  const { foundation, component, transport, priority, address, port, type } = one
  return `candidate:${foundation} ${component} ${transport} ${priority} ${address} ${port} typ ${type}${related}${more}`
}

const grammar = /^(?:a=)?candidate:(\S+) (\d{1,3}) (\S+) (\d{1,10}) (\S+) (\d{1,5}) typ (\S+)(.*)$/i

/** Reads a candidate attribute, with or without `a=`; undefined where the line is none (RFC 8839 §5.1). */
export function parseCandidate(line: string): IceCandidate | undefined {
  const match = grammar.exec(line.trim())
  if (!match) return undefined
  const [, foundation = '', component, transport = '', priority, address = '', port, type = '', rest = ''] = match
  const words = rest.trim().split(/\s+/).filter(Boolean)
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < words.length; i += 2) pairs.push([words[i] as string, words[i + 1] as string])
  const said = (name: string) => pairs.find(([known]) => known === name)?.[1]
  const [relatedAddress, relatedPort] = [said('raddr'), said('rport')]
  return {
    foundation,
    component: Number(component),
    transport: transport.toLowerCase(),
    priority: Number(priority),
    address,
    port: Number(port),
    type,
    ...(relatedAddress !== undefined && relatedPort !== undefined
      ? { related: { address: relatedAddress, port: Number(relatedPort) } }
      : {}),
    extensions: pairs.filter(([name]) => name !== 'raddr' && name !== 'rport'),
  }
}

/** Whether a full agent with our addresses can check it: UDP, a known type, an IP address (RFC 8839 §5.1). */
export const checkable = ({ transport, type, address, port, component }: IceCandidate): boolean =>
  transport === 'udp' && type in typePreferences && isIP(address) !== 0 && port > 0 && port < 65_536 && component === 1

/** Candidates of an agent's own sockets, the first the best (RFC 8445 §5.1.1.1). */
export const hostCandidates = (places: { address: string; port: number }[]): IceCandidate[] =>
  places.map((place, index) => ({
    foundation: `${index + 1}`,
    component: 1,
    transport: 'udp',
    priority: candidatePriority('host', 65_535 - index),
    ...place,
    type: 'host',
    extensions: [],
  }))
