/** A candidate as SDP writes it (RFC 8839 §5.1), as far as a lab looks at it. */
export interface IceCandidate {
  foundation: string
  component: number
  /** In lower case: `udp`, `tcp`. */
  transport: string
  priority: number
  address: string
  port: number
  /** `host`, `srflx`, `prflx`, `relay`. */
  type: string
  relatedAddress?: string
  relatedPort?: number
  /** Everything behind, as it stands: `tcptype`, `generation`, `ufrag`, … */
  rest: string
}

const line =
  /^(?:a=)?candidate:(\S+) (\d+) (\S+) (\d+) (\S+) (\d+) typ (\S+)(?: raddr (\S+))?(?: rport (\d+))?(?: (.*?))?\s*$/i

/** Reads the value of `a=candidate`, with its name and with or without `a=`. Undefined where it has not that form. */
export function parseCandidate(text: string): IceCandidate | undefined {
  const [, foundation, component, transport, priority, address, port, type, relatedAddress, relatedPort, rest] =
    line.exec(text.trim()) ?? []
  if (!foundation || !transport || !address || !type) return undefined
  return {
    foundation,
    component: Number(component),
    transport: transport.toLowerCase(),
    priority: Number(priority),
    address,
    port: Number(port),
    type: type.toLowerCase(),
    ...(relatedAddress === undefined ? {} : { relatedAddress }),
    ...(relatedPort === undefined ? {} : { relatedPort: Number(relatedPort) }),
    rest: rest ?? '',
  }
}

/** The value of `a=candidate`, with its name. */
export function formatCandidate(candidate: IceCandidate): string {
  const { foundation, component, transport, priority, address, port, type, relatedAddress, relatedPort, rest } =
    candidate
  const related = relatedAddress === undefined ? '' : ` raddr ${relatedAddress} rport ${relatedPort ?? 0}`
  return `candidate:${foundation} ${component} ${transport} ${priority} ${address} ${port} typ ${type}${related}${rest ? ` ${rest}` : ''}`
}

/** Replaces the candidates of an SDP description, line by line; undefined leaves one out. Other lines stay as they are. */
export async function replaceCandidates(
  sdp: string,
  replace: (candidate: string) => Promise<string | undefined>,
): Promise<string> {
  const lines = await Promise.all(
    sdp.split(/\r?\n/).map(async (text) => {
      if (!text.startsWith('a=candidate:')) return text
      const replaced = await replace(text.slice(2))
      return replaced === undefined ? undefined : `a=${replaced}`
    }),
  )
  return lines.filter((text) => text !== undefined).join('\r\n')
}

/** The candidates that an SDP description holds, without `a=`. */
export const candidatesOf = (sdp: string): string[] =>
  sdp.split(/\r?\n/).flatMap((text) => (text.startsWith('a=candidate:') ? [text.slice(2)] : []))
