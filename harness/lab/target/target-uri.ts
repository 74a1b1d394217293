import { LabError } from '../lab.ts'

export interface TargetUri {
  domain: string
  /** Set where the URI names one: then nothing is looked up but addresses (RFC 6120 §3.2.3). */
  port: number | undefined
  /** `xmpps:`: direct TLS only. */
  directTls: boolean
}

/**
 * Reads `xmpp://domain[:port]` (STARTTLS, or whatever the domain's records say) or `xmpps://domain[:port]`.
 *
 * @throws LabError when it is neither.
 */
export function parseTargetUri(uri: string): TargetUri {
  const match = /^(xmpps?):(?:\/\/)?([^/:?#@\s]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?\/?$/i.exec(uri)
  const [, scheme, domain, port] = match ?? []
  if (!scheme || !domain || (port && (Number(port) < 1 || Number(port) > 65_535))) {
    throw new LabError(`--target takes xmpp://domain[:port] or xmpps://domain[:port], not "${uri}"`)
  }
  const directTls = scheme.toLowerCase() === 'xmpps'
  return { domain: domain.toLowerCase(), port: port ? Number(port) : undefined, directTls }
}
