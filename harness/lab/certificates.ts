import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** What a certificate says. Wrong ones are made by asking for them: another name, a past `notAfter`, another authority. */
export interface CertificateRequest {
  /** DNS names for subjectAltName (RFC 6125); `*.example.test` is a wildcard. */
  names: string[]
  /** IP addresses for subjectAltName. */
  addresses?: string[]
  /** Subject's common name; the first of `names` by default. */
  commonName?: string
  /** Start of validity; a day ago by default. */
  notBefore?: Date
  /** End of validity; 30 days from now by default. */
  notAfter?: Date
}

/** A certificate with its private key (PKCS #8), both PEM. */
export interface Certificate {
  certPem: string
  keyPem: string
}

/** A certification authority for tests. */
export interface Authority {
  readonly caPem: string
  /** Issues a certificate for TLS servers and clients (serverAuth and clientAuth, as XMPP's server-to-server wants). */
  issue(request: CertificateRequest): Promise<Certificate>
}

const dayMs = 24 * 60 * 60 * 1000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Makes an authority with a key of its own (ECDSA P-256). Two of them do not trust each other. */
export async function createAuthority(commonName = 'Assay test CA'): Promise<Authority> {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(commonName),
    ...validity({}),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    caPem: pem(certificate),
    issue: async (request) => {
      const own = await generateKeys()
      const issued = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: distinguishedName(request.commonName ?? request.names[0] ?? 'nobody'),
        issuer: certificate.subject,
        ...validity(request),
        signingAlgorithm: algorithm,
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
        extensions: [
          ...(await endEntityExtensions(request, own)),
          await x509.AuthorityKeyIdentifierExtension.create(certificate),
        ],
      })
      return { certPem: pem(issued), keyPem: await privateKeyPem(own) }
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

async function endEntityExtensions(
  { names, addresses = [] }: CertificateRequest,
  keys: webcrypto.CryptoKeyPair,
): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...addresses.map((value) => ({ type: 'ip' as const, value })),
    ]),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ]
}

const generateKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const distinguishedName = (commonName: string) => new x509.Name([{ CN: [commonName] }]).toString()

const validity = ({ notBefore, notAfter }: Pick<CertificateRequest, 'notBefore' | 'notAfter'>) => ({
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
