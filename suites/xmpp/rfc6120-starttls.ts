import {
  capability,
  defineSuite,
  expect,
  mechanisms,
  ns,
  type RawStream,
  Unsupported,
} from '../../harness/suite/index.ts'

/** The features of a stream that has just been opened, before TLS. */
async function firstFeatures(raw: RawStream) {
  await raw.open()
  return raw.features()
}

const isTls = (element: { getNS(): string | undefined }) => element.getNS() === ns.tls

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
    requires: [capability('starttls')],
  },
  ({ test }) => {
    test('rfc6120/5.4.1/starttls-is-offered', {
      section: '5.4.1',
      level: 'MUST',
      statement: 'the features of a stream without TLS offer STARTTLS',
    }, async ({ stream }) => {
      expect.child(await firstFeatures(await stream()), 'starttls', ns.tls)
    })

    test('rfc6120/5.4.1/mandatory-tls-is-marked', {
      section: '5.4.1',
      level: 'MUST',
      statement: 'a server that offers no authentication before TLS marks STARTTLS as required',
    }, async ({ stream }) => {
      const features = await firstFeatures(await stream())
      if (mechanisms(features).length > 0) throw new Unsupported('it allows authentication without TLS')
      expect.child(expect.child(features, 'starttls', ns.tls), 'required', ns.tls)
    })

    test('rfc6120/5.3.1/mandatory-tls-comes-alone', {
      section: '5.3.1',
      level: 'SHOULD',
      statement: 'a server that requires TLS offers nothing but STARTTLS before it',
    }, async ({ stream }) => {
      const features = await firstFeatures(await stream())
      if (!features.getChild('starttls', ns.tls)?.getChild('required')) throw new Unsupported('it does not require TLS')
      expect.none(
        features.getChildElements().filter((child) => !isTls(child)),
        'feature beside STARTTLS',
      )
    })

    test('rfc6120/5.4.2.3/starttls-proceeds', {
      section: '5.4.2.3',
      level: 'MUST',
      statement: '<starttls/> is answered with <proceed/> and TLS begins right behind it',
    }, async ({ stream }) => {
      const raw = await stream()
      await firstFeatures(raw)
      await raw.write(`<starttls xmlns='${ns.tls}'/>`)
      const answer = await raw.next(() => true, '<proceed/>')
      expect.ok(answer.is('proceed', ns.tls), '<proceed/>', answer)
      await raw.encrypt()
      await raw.open()
      await raw.features()
    })

    test('rfc6120/5.4.2.2/starttls-inside-tls-fails', {
      section: '5.4.2.2',
      level: 'MUST',
      statement: '<starttls/> on a stream that did not offer it, being inside TLS, is answered with <failure/>',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(`<starttls xmlns='${ns.tls}'/>`)
      const answer = await raw.next(() => true, '<failure/>')
      expect.ok(answer.is('failure', ns.tls), '<failure/>', answer)
    })

    test('rfc6120/5.4.2.2/failure-ends-the-connection', {
      section: '5.4.2.2',
      level: 'MUST',
      statement: 'after <starttls/> on a stream that did not offer it the server ends stream and connection',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(`<starttls xmlns='${ns.tls}'/>`)
      await raw.footer()
      await raw.gone()
    })

    test('rfc6120/5.4.3.1/certificate-is-for-the-domain', {
      section: '5.4.3.1',
      level: 'SHOULD',
      statement: 'the certificate names the domain that the stream header was addressed to',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await firstFeatures(raw)
      await raw.startTls({ verify: false })
      const certificate = raw.channel.connection?.tls?.getPeerX509Certificate()
      expect.ok(certificate, 'a certificate', 'none')
      expect.ok(certificate.checkHost(domain), `a certificate for ${domain}`, certificate.subjectAltName ?? 'no name')
    })

    test('rfc6120/5.4.3.2/failed-handshake-ends-the-connection', {
      section: '5.4.3.2',
      level: 'MUST',
      statement: 'a TLS handshake that fails ends the TCP connection, without a closing tag',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('<proceed/>', async () => {
        await firstFeatures(raw)
        await raw.write(`<starttls xmlns='${ns.tls}'/>`)
        await raw.next((element) => element.is('proceed', ns.tls), '<proceed/>')
      })
      await raw.write('GET / HTTP/1.1\r\nHost: nobody\r\n\r\n')
      await raw.gone()
      expect.equal(raw.footers, 0, 'closing stream tags')
    })

    test('rfc6120/5.4.3.3/features-after-tls', {
      section: '5.4.3.3',
      level: 'MUST',
      statement: 'the features after TLS do not offer STARTTLS again',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', async () => {
        await firstFeatures(raw)
        await raw.startTls()
      })
      await raw.open()
      const features = await raw.features()
      expect.ok(!features.getChild('starttls', ns.tls), 'features without STARTTLS', features)
    })

    test('rfc6120/5.4.3.3/sasl-after-tls', {
      section: '5.4.3.3',
      level: 'SHOULD',
      statement: 'the features after TLS offer SASL mechanisms',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', async () => {
        await firstFeatures(raw)
        await raw.startTls()
      })
      await raw.open()
      const features = await raw.features()
      expect.ok(mechanisms(features).length > 0, 'SASL mechanisms', features)
    })

    test('rfc6120/5.4.3.3/new-id-after-tls', {
      section: '5.4.3.3',
      level: 'MUST',
      statement: 'the stream after TLS has another id than the one before',
    }, async ({ stream, given }) => {
      const raw = await stream()
      const before = await raw.open()
      await given('TLS', () => raw.startTls())
      const after = await raw.open()
      expect.ok(after.attrs.id && after.attrs.id !== before.attrs.id, `an id other than ${before.attrs.id}`, after)
    })

    test('rfc6120/5.4.3.3/forgets-what-came-before-tls', {
      section: '5.4.3.3',
      level: 'MUST',
      statement: 'a `from` told before TLS is forgotten after it',
    }, async ({ stream, account, given }) => {
      const { jid } = await account('juliet')
      const raw = await stream()
      await given('TLS', async () => {
        await raw.open({ from: jid })
        await raw.startTls()
      })
      const header = await raw.open()
      expect.ok(header.attrs.to !== jid, 'a stream header that is not addressed to the old `from`', header)
    })

    test('rfc6120/5.4.3.3/nothing-is-injected-into-tls', {
      section: '5.4.3.3',
      level: 'MUST',
      security: true,
      control: 'rfc6120/5.4.2.3/starttls-proceeds',
      statement: 'what stands in plain text behind <starttls/> is not taken into the stream inside TLS',
    }, async ({ stream, account, domain, unique, given }) => {
      const { jid } = await account('juliet')
      const raw = await stream()
      const id = unique()
      await given('features', () => firstFeatures(raw))
      await raw.write(
        `<starttls xmlns='${ns.tls}'/><?xml version='1.0'?><stream:stream from='${jid}' to='${domain}' version='1.0' ` +
          `xmlns='${ns.client}' xmlns:stream='${ns.streams}'><iq type='get' id='${id}'><ping xmlns='${ns.ping}'/></iq>`,
      )
      const answer = await raw.next((element) => isTls(element) || element.is('error', ns.streams), 'an answer')
      if (!answer.is('proceed')) return
      try {
        await raw.encrypt()
      } catch {
        // The bytes broke the handshake: nothing has been taken in.
        return
      }
      const header = await raw.open()
      expect.ok(header.attrs.to !== jid, 'a stream header in answer to ours, not to the injected one', header)
      const first = await raw.next(() => true, 'features')
      expect.ok(first.is('features', ns.streams), 'features', first)
      await raw.write('</stream:stream>')
      await raw.footer()
      expect.none(
        raw.seen((element) => element.attrs.id === id),
        'answer to an injected stanza',
      )
    })

    test('rfc6120/6.3.4/no-mechanism-before-mandatory-tls', {
      section: '6.3.4',
      level: 'MUST',
      statement: 'a mechanism that is refused without TLS is not offered without TLS',
    }, async ({ stream, account }) => {
      const raw = await stream()
      const offered = mechanisms(await firstFeatures(raw))
      const user = await account('romeo')
      for (const name of offered.filter((name) => name === 'PLAIN' || /^SCRAM-SHA-(1|256|512)$/.test(name))) {
        const other = await stream()
        await firstFeatures(other)
        const outcome = await other.authenticate(user, name)
        expect.ok(outcome.succeeded, `success with ${name}, which was offered`, outcome.element)
      }
    })

    test('rfc6120/13.8.3/plain-is-not-offered-without-tls', {
      section: '13.8.3',
      level: 'MUST',
      security: true,
      statement: 'PLAIN is not offered on a stream without TLS',
    }, async ({ stream }) => {
      const features = await firstFeatures(await stream())
      expect.ok(!mechanisms(features).includes('PLAIN'), 'features without PLAIN', features)
    })

    test('rfc6120/6.5.4/plain-does-not-work-without-tls', {
      section: '6.5.4',
      level: 'none',
      security: true,
      statement: 'PLAIN with the right password fails on a stream without TLS',
    }, async ({ stream, account }) => {
      const { local, password } = await account('romeo')
      const raw = await stream()
      await firstFeatures(raw)
      await raw.auth('PLAIN', `\0${local}\0${password}`)
      const answer = await raw.next(() => true, 'a failure')
      const refused = answer.is('failure', ns.sasl) || answer.is('error', ns.streams)
      expect.ok(refused, 'a SASL failure or a stream error', answer, 'believed')
    })
  },
)
