import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** What a certificate says. Wrong ones are made by asking for them: another name, a past `notAfter`, another authority. */
export interface CertificateRequest {
  /** DNS names for subjectAltName (RFC 6125); `*.example.test` is a wildcard. */
  names: string[]
  /** IP addresses for subjectAltName. */
  addresses?: string[]
  /** Mail address for subjectAltName: how a person is named. */
  mailbox?: string
  /** Subject's common name; the first of `names` by default. */
  commonName?: string
  /** Start of validity; a day ago by default. */
  notBefore?: Date
  /** End of validity; 30 days from now by default. */
  notAfter?: Date
}

/** A certificate with its private key (PKCS #8), both PEM; behind it whatever leads from it to the authority. */
export interface Certificate {
  certPem: string
  keyPem: string
}

/** A certification authority for tests. */
export interface Authority {
  readonly caPem: string
  /** Issues a certificate for TLS servers and clients (serverAuth and clientAuth, as XMPP's server-to-server wants). */
  issue(request: CertificateRequest): Promise<Certificate>
  /** Makes an authority that this one vouches for. Its curve sets the hash of what it signs: SHA-256, SHA-384. */
  intermediate(curve: Curve): Promise<Authority>
}

/** Curve of an authority's key. */
export type Curve = 'P-256' | 'P-384'

interface SigningAlgorithm {
  name: 'ECDSA'
  namedCurve: Curve
  hash: string
}

const dayMs = 24 * 60 * 60 * 1000
const algorithms: Record<Curve, SigningAlgorithm> = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
}
const algorithm = algorithms['P-256']

/** Makes an authority with a key of its own (ECDSA P-256). Two of them do not trust each other. */
export async function createAuthority(commonName = 'Assay test CA'): Promise<Authority> {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(commonName),
    ...validity({}),
    signingAlgorithm: algorithm,
    keys,
    extensions: await authorityExtensions(keys),
  })
  return authority({ certificate, keys, algorithm, chain: '' })
}

/** What signs, and what stands behind each of its certificates to lead to the root. */
interface Signer {
  certificate: x509.X509Certificate
  keys: webcrypto.CryptoKeyPair
  algorithm: SigningAlgorithm
  chain: string
}

function authority({ certificate, keys, algorithm: signingAlgorithm, chain }: Signer): Authority {
  const sign = async (subject: string, publicKey: webcrypto.CryptoKey, limits: Limits, extensions: x509.Extension[]) =>
    x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject,
      issuer: certificate.subject,
      ...validity(limits),
      signingAlgorithm,
      signingKey: keys.privateKey,
      publicKey,
      extensions: [...extensions, await x509.AuthorityKeyIdentifierExtension.create(certificate)],
    })
  return {
    caPem: pem(certificate),
    issue: async (request) => {
      const own = await generateKeys()
      const subject = distinguishedName(request.commonName ?? request.names[0] ?? 'nobody')
      const issued = await sign(subject, own.publicKey, request, await endEntityExtensions(request, own))
      return { certPem: pem(issued) + chain, keyPem: await privateKeyPem(own) }
    },
    intermediate: async (curve) => {
      const own = await generateKeys(curve)
      const subject = `${certificate.subject} ${curve}`
      const issued = await sign(subject, own.publicKey, {}, await authorityExtensions(own))
      return authority({ certificate: issued, keys: own, algorithm: algorithms[curve], chain: pem(issued) + chain })
    },
  }
}

/** Makes a certificate that signs itself, which no authority vouches for. */
export async function selfSigned(request: CertificateRequest): Promise<Certificate> {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(request.commonName ?? request.names[0] ?? 'nobody'),
    ...validity(request),
    signingAlgorithm: algorithm,
    keys,
    extensions: await endEntityExtensions(request, keys),
  })
  return { certPem: pem(certificate), keyPem: await privateKeyPem(keys) }
}

/**
 * Hash function of the signature on a certificate, as Node names it: `sha256`.
 *
 * @param certPem the certificate; only the first counts where others stand behind it
 */
export const signatureHash = (certPem: string): string =>
  new x509.X509Certificate(certPem).signatureAlgorithm.hash.name.toLowerCase().replace('-', '')

async function authorityExtensions(keys: webcrypto.CryptoKeyPair): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ]
}

async function endEntityExtensions(
  { names, addresses = [], mailbox }: CertificateRequest,
  keys: webcrypto.CryptoKeyPair,
): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ...(mailbox ? [{ type: 'email' as const, value: mailbox }] : []),
    ]),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ]
}

const generateKeys = (curve: Curve = 'P-256') =>
  webcrypto.subtle.generateKey(algorithms[curve], true, ['sign', 'verify'])

const distinguishedName = (commonName: string) => new x509.Name([{ CN: [commonName] }]).toString()

type Limits = Pick<CertificateRequest, 'notBefore' | 'notAfter'>

const validity = ({ notBefore, notAfter }: Limits) => ({
  notBefore: notBefore ?? new Date(Date.now() - dayMs),
  notAfter: notAfter ?? new Date(Date.now() + 30 * dayMs),
})

/** 16 random bytes, positive as RFC 5280 §4.1.2.2 wants. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

const pem = (certificate: x509.X509Certificate) => `${certificate.toString('pem').trim()}\n`

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}
