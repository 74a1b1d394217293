import type { ClientMistake } from './mistake.ts'

/** The parts of an address; empty where there is none. */
export interface JidParts {
  local: string
  domain: string
  resource: string
}

type Errs = (mistake: ClientMistake) => boolean

const none: Errs = () => false

/** Most octets of a part (RFC 7622 §3.1). */
const longest = 1023

export const bareOf = (jid: string | undefined): string => jid?.replace(/\/.*$/s, '') ?? ''

/** Divides an address: the resource is behind the first slash, the localpart before the at sign that is left (RFC 7622 §3.2). */
export function divide(jid: string): JidParts {
  const slash = jid.indexOf('/')
  const bare = slash < 0 ? jid : jid.slice(0, slash)
  const at = bare.indexOf('@')
  return {
    local: at < 0 ? '' : bare.slice(0, at),
    domain: bare.slice(at + 1),
    resource: slash < 0 ? '' : jid.slice(slash + 1),
  }
}

/** Whether it can be an address at all: there is a domain, no part is empty, none is too long. */
export function isJid(jid: string, errs: Errs = none): boolean {
  const { local, domain, resource } = divide(jid)
  const parts = [local, domain, resource]
  if (parts.some((part) => Buffer.byteLength(part) > longest)) return false
  if (!/^(?:[^@/\s]+@)?[^@/\s]+(?:\/.+)?$/s.test(jid)) return false
  const ascii = (part: string) => /^[\x20-\x7e]*$/.test(part)
  if (errs('knows-no-ipv6-domains') && domain.startsWith('[')) return false
  if (errs('wants-ascii-domains') && !ascii(domain)) return false
  if (errs('wants-ascii-localparts') && !ascii(local)) return false
  return !(errs('wants-ascii-resources') && !ascii(resource))
}

export const isTooLong = (jid: string): boolean => Object.values(divide(jid)).some((part) => part.length > longest)

/** An address as it is compared: RFC 7622 §3.2.3, §3.3, §3.4; enough of PRECIS for the addresses that the cases use. */
export function prepared(jid: string, errs: Errs = none): string {
  const { local, domain, resource } = divide(jid)
  const lower = (text: string) => [...text].map((one) => one.toLowerCase()).join('')
  const lowerAscii = (text: string) => text.replace(/[A-Z]/g, (one) => one.toLowerCase())
  const map = errs('compares-localparts-with-case') ? String : errs('maps-case-of-ascii-only') ? lowerAscii : lower
  const folded = map(local).normalize('NFC')
  const stripped = errs('keeps-final-dot') ? domain : domain.replace(/\.$/, '')
  return [
    errs('folds-sharp-s') ? folded.replaceAll('\u00df', 'ss') : folded,
    errs('compares-domains-with-case') ? stripped : lower(stripped),
    errs('compares-bare-jids')
      ? ''
      : errs('compares-resources-without-case')
        ? lower(resource)
        : resource.normalize('NFC'),
  ].join('\n')
}
