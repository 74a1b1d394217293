import { defineSuite, expect, mechanisms, ns, type ServerFixtures } from '../../harness/suite/index.ts'

/** A connection on which the server has said that TLS may begin. */
async function readyForTls({ stream, given }: ServerFixtures) {
  const raw = await stream()
  await given('<proceed/>', async () => {
    await raw.open()
    await raw.features()
    await raw.write(`<starttls xmlns='${ns.tls}'/>`)
    await raw.next((element) => element.is('proceed', ns.tls), '<proceed/>')
  })
  return raw
}

const control = 'rfc7590/3/tls-1-2'

export default defineSuite(
  {
    specification: 'RFC 7590',
    title: 'Use of Transport Layer Security (TLS) in XMPP',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc7590/3/tls-1-2', {
      section: '3',
      level: 'MUST',
      statement: 'TLS 1.2 is supported (RFC 7525 §3.1.1)',
    }, async (fixtures) => {
      const raw = await readyForTls(fixtures)
      await raw.encrypt({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
      await raw.open()
      expect.equal(raw.channel.connection?.tls?.getProtocol(), 'TLSv1.2', 'TLS version')
      await raw.features()
    })

    for (const [version, slug] of [
      ['TLSv1', 'tls-1-0'],
      ['TLSv1.1', 'tls-1-1'],
    ] as const) {
      test(`rfc7590/3/${slug}`, {
        section: '3',
        level: 'SHOULD',
        security: true,
        control,
        statement: `${version.replace('v', ' ')} is not negotiated (RFC 7525 §3.1.1)`,
      }, async (fixtures) => {
        const raw = await readyForTls(fixtures)
        const outcome = await raw
          .encrypt({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' })
          .then(
            () => raw.channel.connection?.tls?.getProtocol() ?? 'TLS',
            () => 'refused',
          )
        expect.equal(outcome, 'refused', 'outcome of the handshake')
      })
    }

    for (const [ciphers, slug, what] of [
      ['eNULL@SECLEVEL=0', 'null-encryption', 'a cipher suite without encryption'],
      ['aNULL:!eNULL@SECLEVEL=0', 'anonymous', 'a cipher suite without authentication of the server'],
    ] as const) {
      test(`rfc7590/3/${slug}`, {
        section: '3',
        level: 'MUST',
        security: true,
        control,
        statement: `${what} is not negotiated (RFC 7525 §4.1)`,
      }, async (fixtures) => {
        const raw = await readyForTls(fixtures)
        const outcome = await raw.encrypt({ ciphers, maxVersion: 'TLSv1.2', verify: false }).then(
          () => raw.channel.connection?.tls?.getCipher().name ?? 'TLS',
          () => 'refused',
        )
        expect.equal(outcome, 'refused', 'outcome of the handshake')
      })
    }

    test('rfc7590/3/forward-secrecy', {
      section: '3',
      level: 'MUST',
      statement: 'a cipher suite with forward secrecy is preferred to one without (RFC 7525 §4.1)',
    }, async (fixtures) => {
      const raw = await readyForTls(fixtures)
      // The client offers the suite without forward secrecy first.
      await raw.encrypt({ ciphers: 'AES128-GCM-SHA256:ECDHE+AESGCM:DHE+AESGCM', maxVersion: 'TLSv1.2' })
      const { name } = raw.channel.connection?.tls?.getCipher() ?? { name: 'none' }
      expect.ok(/^(ECDHE|DHE)-/.test(name), 'a cipher suite with ephemeral keys', name)
    })

    test('rfc7590/3/static-rsa', {
      section: '3',
      level: 'SHOULD',
      control,
      statement: 'a cipher suite with static RSA keys is not negotiated (RFC 7525 §4.1)',
    }, async (fixtures) => {
      const raw = await readyForTls(fixtures)
      const outcome = await raw.encrypt({ ciphers: 'AES128-GCM-SHA256:AES128-SHA', maxVersion: 'TLSv1.2' }).then(
        () => raw.channel.connection?.tls?.getCipher().name ?? 'TLS',
        () => 'refused',
      )
      expect.equal(outcome, 'refused', 'outcome of the handshake')
    })

    test('rfc7590/3/newest-version', {
      section: '3',
      level: 'MUST',
      statement: 'TLS 1.2 or later is preferred where the client offers older versions as well (RFC 7525 §3.1.1)',
    }, async (fixtures) => {
      const raw = await readyForTls(fixtures)
      await raw.encrypt({ minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })
      const protocol = raw.channel.connection?.tls?.getProtocol()
      expect.ok(protocol === 'TLSv1.2' || protocol === 'TLSv1.3', 'TLS 1.2 or 1.3', protocol ?? 'no TLS')
    })

    test('rfc7590/3/key-length', {
      section: '3',
      level: 'SHOULD',
      statement: "the certificate's RSA key has at least 2048 bits, an elliptic one 224 (RFC 7525 §4.3)",
    }, async (fixtures) => {
      const raw = await readyForTls(fixtures)
      // OpenSSL would end the handshake over a short key, and there would be nothing to look at.
      await raw.encrypt({ ciphers: 'DEFAULT@SECLEVEL=0' })
      const { asymmetricKeyType, asymmetricKeyDetails } =
        raw.channel.connection?.tls?.getPeerX509Certificate()?.publicKey ?? {}
      const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {}
      if (asymmetricKeyType === 'rsa') {
        expect.ok(modulusLength >= 2048, 'an RSA key of at least 2048 bits', `${modulusLength} bits`)
      } else if (namedCurve) {
        const bits = Number(/\d{3}/.exec(namedCurve)?.[0])
        expect.ok(bits >= 224, 'an elliptic key of at least 224 bits', namedCurve)
      }
    })

    test('rfc7590/3.1/starttls-works', {
      section: '3.1',
      level: 'MUST',
      statement: 'STARTTLS leads to an encrypted stream with features',
    }, async (fixtures) => {
      const raw = await readyForTls(fixtures)
      await raw.encrypt()
      await raw.open()
      const features = await raw.features()
      expect.ok(mechanisms(features).length > 0, 'features with SASL mechanisms', features)
    })

    test('rfc7590/3.4/clients-are-authenticated', {
      section: '3.4',
      level: 'MUST',
      security: true,
      statement:
        'a client inside TLS that does not authenticate can neither bind a resource nor ask the server anything',
    }, async ({ stream, domain, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(`<iq type='set' id='b1'><bind xmlns='${ns.bind}'><resource>x</resource></bind></iq>`)
      await raw.write(`<iq type='get' id='q1' to='${domain}'><query xmlns='${ns.discoInfo}'/></iq>`)
      await raw.write('</stream:stream>')
      await raw.gone()
      const results = raw.seen((element) => element.is('iq') && element.attrs.type === 'result')
      expect.none(results, 'result for a client that has not authenticated')
    })
  },
)
