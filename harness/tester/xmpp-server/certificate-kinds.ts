import {
  type Authority,
  type Certificate,
  type CertificateRequest,
  createAuthority,
  selfSigned,
} from '../../lab/certificates.ts'

/**
 * The certificates that a scripted server can show; all must be refused (RFC 6120 §13.7.2) but `right` and `sha-384`,
 * whose signature has another hash.
 */
export const certificateKinds = [
  'right',
  'sha-384',
  'other-name',
  'expired',
  'not-yet-valid',
  'unknown-authority',
  'self-signed',
  'host-only',
  'wrong-wildcard',
] as const
export type CertificateKind = (typeof certificateKinds)[number]

/** The certificates of a lab. Each is made when first asked for. */
export interface CertificateStore {
  /** PEM of the authority that clients are told to trust. */
  readonly caPem: string
  get(kind: CertificateKind): Promise<Certificate>
  /** A certificate of the authority that clients trust, for other names than the store's own. */
  issue(request: CertificateRequest): Promise<Certificate>
  /** The certificates of another domain, of the same authority. */
  forDomain(domain: string): CertificateStore
  /** Certificate with which a client is the owner of an account. */
  ofClient(jid: string): Promise<Certificate>
}

const dayMs = 24 * 60 * 60 * 1000

/**
 * Makes the authority of a lab and, on demand, its certificates.
 *
 * @param domain XMPP domain
 * @param address IP address that clients connect to
 */
export async function createCertificateStore(domain: string, address: string): Promise<CertificateStore> {
  const [authority, stranger] = await Promise.all([createAuthority(), createAuthority('Assay test CA nobody trusts')])
  return storeOf(domain, address, authority, stranger)
}

function storeOf(domain: string, address: string, authority: Authority, stranger: Authority): CertificateStore {
  const made = new Map<CertificateKind, Promise<Certificate>>()
  const right = { names: [domain], addresses: [address] }
  const make = (kind: CertificateKind): Promise<Certificate> => issue(kind, authority, stranger, domain, right)
  return {
    caPem: authority.caPem,
    get(kind) {
      const known = made.get(kind) ?? make(kind)
      made.set(kind, known)
      return known
    },
    issue: (request) => authority.issue(request),
    forDomain: (other) => storeOf(other, address, authority, stranger),
    ofClient: (jid) => authority.issue({ names: [], mailbox: jid, commonName: jid }),
  }
}

async function issue(
  kind: CertificateKind,
  authority: Authority,
  stranger: Authority,
  domain: string,
  right: { names: string[]; addresses: string[] },
): Promise<Certificate> {
  const now = Date.now()
  switch (kind) {
    case 'right':
      return authority.issue(right)
    case 'sha-384':
      return (await authority.intermediate('P-384')).issue(right)
    case 'other-name':
      return authority.issue({ names: ['elsewhere.test'] })
    case 'expired':
      return authority.issue({ ...right, notBefore: new Date(now - 30 * dayMs), notAfter: new Date(now - dayMs) })
    case 'not-yet-valid':
      return authority.issue({ ...right, notBefore: new Date(now + dayMs), notAfter: new Date(now + 30 * dayMs) })
    case 'unknown-authority':
      return stranger.issue(right)
    case 'self-signed':
      return selfSigned(right)
    case 'host-only':
      return authority.issue({ names: ['host.elsewhere.test'], addresses: right.addresses })
    case 'wrong-wildcard':
      return authority.issue({ names: [`*.${domain}`] })
  }
}
