import { createHash, X509Certificate } from 'node:crypto'
import { signatureHash } from '../../../lab/certificates.ts'
import type { ServerConnection } from '../server-connection.ts'

/** Channel-binding types that a right server announces, strongest first; undefined where it announces none (XEP-0440). */
export function usualBindings(connection: ServerConnection): string[] | undefined {
  if (!connection.offers('channel-binding')) return undefined
  // TLS 1.3 has no tls-unique any more (RFC 9266 §3).
  const unique = connection.link.tls?.getProtocol() === 'TLSv1.2' ? ['tls-unique'] : []
  return ['tls-exporter', ...unique, 'tls-server-end-point']
}

/**
 * Data of a channel binding on this connection (RFC 9266 §2, RFC 5929 §3.1, §4.1); undefined for types that Node does not
 * know, for none, and in clear.
 */
export function bindingData(connection: ServerConnection, type: string | undefined): Uint8Array | undefined {
  const secure = connection.link.tls
  if (!secure) return undefined
  if (type === 'tls-exporter') return secure.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  // In a full handshake the client's Finished is the first; sessions are never resumed here.
  if (type === 'tls-unique') return secure.getProtocol() === 'TLSv1.2' ? secure.getPeerFinished() : undefined
  const certificate = connection.parts.certificate()
  return type === 'tls-server-end-point' && certificate ? endPointData(certificate) : undefined
}

/**
 * Data of `tls-server-end-point` (RFC 5929 §4.1): hash of the certificate, by the hash function of its signature, SHA-256
 * in place of what is broken.
 *
 * @param pem the server's certificate; only the first of a chain counts
 */
export function endPointData(pem: string): Uint8Array {
  const name = signatureHash(pem)
  const hash = name === 'md5' || name === 'sha1' ? 'sha256' : name
  return createHash(hash).update(new X509Certificate(pem).raw).digest()
}
