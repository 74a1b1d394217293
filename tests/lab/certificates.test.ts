import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import type { AddressInfo, Server } from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import { type Certificate, createAuthority, selfSigned } from '../../harness/lab/certificates.ts'

const dayMs = 24 * 60 * 60 * 1000

/** What a TLS client that trusts `ca` makes of `certificate` when it asks for `servername`: undefined when it is content. */
async function objection(certificate: Certificate, servername: string, ca: string): Promise<string | undefined> {
  const server: Server = tls.createServer({ cert: certificate.certPem, key: certificate.keyPem })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = (server.address() as AddressInfo).port
  try {
    return await new Promise((resolve) => {
      const socket = tls.connect({ host: '127.0.0.1', port, servername, ca })
      socket.once('secureConnect', () => resolve(undefined))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      socket.once('close', () => resolve('closed'))
      socket.once('secureConnect', () => socket.destroy())
    })
  } finally {
    server.close()
  }
}

test('a client that trusts the authority accepts each name of a certificate, and a wildcard one label deep', async () => {
  const authority = await createAuthority()
  const certificate = await authority.issue({ names: ['a.test', 'conference.a.test'], addresses: ['127.0.0.1'] })
  assert.equal(await objection(certificate, 'a.test', authority.caPem), undefined)
  assert.equal(await objection(certificate, 'conference.a.test', authority.caPem), undefined)
  const wildcard = await authority.issue({ names: ['*.a.test'] })
  assert.equal(await objection(wildcard, 'b.a.test', authority.caPem), undefined)
  assert.equal(await objection(wildcard, 'c.b.a.test', authority.caPem), 'ERR_TLS_CERT_ALTNAME_INVALID')
})

test('wrong certificates are wrong in exactly the way that was asked for', async () => {
  const authority = await createAuthority()
  const names = ['a.test']
  const other = await authority.issue({ names: ['b.test'] })
  assert.equal(await objection(other, 'a.test', authority.caPem), 'ERR_TLS_CERT_ALTNAME_INVALID')
  const expired = await authority.issue({
    names,
    notBefore: new Date(Date.now() - 2 * dayMs),
    notAfter: new Date(Date.now() - dayMs),
  })
  assert.equal(await objection(expired, 'a.test', authority.caPem), 'CERT_HAS_EXPIRED')
  const early = await authority.issue({ names, notBefore: new Date(Date.now() + dayMs) })
  assert.equal(await objection(early, 'a.test', authority.caPem), 'CERT_NOT_YET_VALID')
  const stranger = await (await createAuthority()).issue({ names })
  assert.match((await objection(stranger, 'a.test', authority.caPem)) ?? '', /UNABLE_TO|SELF_SIGNED|SIGNATURE/)
  assert.equal(await objection(await selfSigned({ names }), 'a.test', authority.caPem), 'DEPTH_ZERO_SELF_SIGNED_CERT')
})

test('a certificate serves TLS servers and clients alike', async () => {
  const { certPem } = await (await createAuthority()).issue({ names: ['a.test'], addresses: ['10.0.0.1'] })
  const certificate = new X509Certificate(certPem)
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  assert.equal(certificate.subjectAltName, 'DNS:a.test, IP Address:10.0.0.1')
  assert.equal(certificate.ca, false)
})
