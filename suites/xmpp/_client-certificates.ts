import type { CertificateKind, ClientFixtures } from '../../harness/suite/client-fixtures.ts'

/** Wrong certificates, each with what it is called in an id and in a sentence. */
export const wrongCertificates: { kind: CertificateKind; slug: string; what: string; how: string }[] = [
  { kind: 'other-name', slug: 'other-name', what: 'for another name', how: 'names another domain' },
  { kind: 'expired', slug: 'expired', what: 'that is expired', how: 'expired yesterday' },
  { kind: 'not-yet-valid', slug: 'not-yet-valid', what: 'that is not valid yet', how: 'is valid from tomorrow on' },
  {
    kind: 'unknown-authority',
    slug: 'unknown-authority',
    what: 'of an authority that it does not trust',
    how: 'is signed by an unknown authority',
  },
  { kind: 'self-signed', slug: 'self-signed', what: 'that signs itself', how: 'signs itself' },
]

/** Lets a client meet a wrong certificate: it gives up, says so, and gives nothing away. */
export async function refusesCertificate(
  { server, client, expect }: ClientFixtures,
  kind: CertificateKind,
  how: string,
) {
  server.deviate('tls.certificate', kind)
  const outcome = await client.attempt()
  expect.refusal(outcome, `the certificate ${how}`)
  expect.noSecret(server, 'any')
  expect.none(
    server.seen((element) => element.getName() === 'auth'),
    'authentication',
  )
}
