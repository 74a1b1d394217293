import { capability, defineSuite, ns, Unsupported } from '../../harness/suite/index.ts'
import { authenticates, firstMessage, saslSent, scramOnly } from './_client-sasl.ts'

const control = 'rfc6120/13.8.1/client-implements-scram'
const failure = (content: string) => `<failure xmlns='${ns.sasl}'>${content}</failure>`
const challenge = (content: string) => `<challenge xmlns='${ns.sasl}'>${content}</challenge>`

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
  },
  ({ test }) => {
    test('rfc6120/6.3.10/client-takes-final-message-as-challenge', {
      section: '6.3.10',
      level: 'MUST',
      control,
      statement:
        'a server’s last message may come as a challenge of its own, answered by an empty response, before <success/>',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scramOnly)
      server.deviate('sasl.success', ({ data }) => (data ? challenge(data) : undefined))
      expect.online(await client.attempt(), 'although the signature comes in a challenge')
    })

    test('rfc6120/6.3.3/client-keeps-its-own-order', {
      section: '6.3.3',
      level: 'MUST',
      control,
      statement: 'a client goes by its own order of preference, whatever the order of the server’s list',
    }, async ({ server, client, expect, given }) => {
      const list = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
      server.deviate('sasl.mechanisms', list)
      await client.login()
      server.deviate('sasl.mechanisms', list.toReversed())
      await given('it logs in again', () => client.again())
      const [first, second] = server.connections.flatMap(({ mechanisms }) => mechanisms)
      expect.equal(second ?? 'none', first ?? 'none', 'mechanism chosen from the same list in the opposite order')
    })

    test('rfc6120/6.3.3/client-does-not-go-anonymous', {
      section: '6.3.3',
      level: 'none',
      control,
      statement: 'a client with an account does not log in as nobody where ANONYMOUS is all that it is offered',
    }, async ({ server, client, expect }) => {
      server.offer('anonymous')
      server.deviate('sasl.mechanisms', ['ANONYMOUS'])
      expect.refusal(await client.attempt(), 'only ANONYMOUS is offered')
    })

    test('rfc6120/6.3.4/client-passes-over-external', {
      section: '6.3.4',
      level: 'none',
      control,
      statement: 'a client without a certificate logs in by another mechanism where EXTERNAL heads the list',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', ({ usual }) => ['EXTERNAL', ...usual])
      expect.online(await client.attempt(), 'although EXTERNAL heads the list')
    })

    test('rfc6120/6.3.4/client-tries-external-first', {
      section: '6.3.4',
      level: 'SHOULD',
      control,
      requires: [capability('external')],
      statement: 'a client with a certificate tries EXTERNAL before anything else',
    }, async ({ server, client, expect, ownCertificate }) => {
      server.offer('external')
      const certificate = await ownCertificate()
      expect.online(await client.attempt({ certificate }), 'it has a certificate')
      expect.equal(server.connection?.mechanisms[0], 'EXTERNAL', 'first mechanism tried')
    })

    test('rfc6120/6.4.2/client-sends-equals-sign-for-nothing', {
      section: '6.4.2',
      level: 'MUST',
      control: 'rfc6120/6.3.4/client-tries-external-first',
      requires: [capability('external')],
      statement:
        'an initial response of no bytes, as EXTERNAL’s without an authorization identity, goes as one equals sign',
    }, async (fixtures) => {
      const { server, expect, account, ownCertificate } = fixtures
      server.offer('external')
      await authenticates(fixtures, { certificate: await ownCertificate() })
      const [auth] = server.seen((element) => element.is('auth', ns.sasl) && element.attrs.mechanism === 'EXTERNAL')
      const named = firstMessage(fixtures)
      if (named === account.jid) throw new Unsupported('it names its address, so there is something to be sent')
      expect.equal(auth?.getText(), '=', 'text of <auth/>')
    })

    test('rfc6120/6.3.5/client-sends-no-whitespace', {
      section: '6.3.5',
      level: 'MUST',
      control,
      requires: [capability('tcp')],
      statement: 'from <auth/> to <success/> a client sends nothing between its elements, no white space either',
    }, async ({ server, client, expect }) => {
      let before = ''
      let after = ''
      server.deviate('sasl.mechanisms', ({ connection }) => {
        before = connection.whitespace
        return scramOnly
      })
      server.deviate('sasl.success', ({ connection }) => {
        after = connection.whitespace
        return undefined
      })
      await client.login()
      expect.equal(JSON.stringify(after.slice(before.length)), '""', 'what it sent between its elements')
    })

    test('rfc6120/6.3.5/client-sends-right-base64', {
      section: '6.3.5',
      level: 'MUST',
      control,
      statement:
        'what a client sends inside SASL elements is base64 in its canonical form, padded, without line breaks',
    }, async (fixtures) => {
      fixtures.server.deviate('sasl.mechanisms', scramOnly)
      await fixtures.client.login()
      for (const element of saslSent(fixtures)) {
        const text = element.getText()
        const canonical = text === '=' ? text : Buffer.from(text, 'base64').toString('base64')
        fixtures.expect.equal(text, canonical, `text of <${element.name}/>`)
      }
    })

    test('rfc6120/6.3.5/client-ignores-other-elements-among-mechanisms', {
      section: '6.3.5',
      level: 'none',
      control,
      statement: 'an element of another namespace beside the mechanisms keeps no client from logging in',
    }, async ({ server, client, expect }) => {
      const hint = `<hostname xmlns='urn:xmpp:domain-based-name:1'>auth.example.com</hostname>`
      server.deviate('features.encrypted', ({ usual }) => usual.replace('</mechanisms>', `${hint}</mechanisms>`))
      expect.online(await client.attempt(), 'although there is more than mechanisms in the list')
    })

    test('rfc6120/6.3.5/client-survives-challenge-that-is-no-base64', {
      section: '6.3.5',
      level: 'none',
      security: true,
      control,
      statement: 'a challenge that is not base64 gets no proof, and ends the exchange and not the client',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scramOnly)
      server.deviate('sasl.auth', challenge('%%%=not*base64'))
      const outcome = await client.attempt()
      expect.noSecret(server, 'any')
      expect.refusal(outcome, 'the challenge is not base64')
    })

    test('rfc6120/6.4.3/client-survives-empty-challenge', {
      section: '6.4.3',
      level: 'none',
      security: true,
      control,
      statement:
        'a challenge without a message, where SCRAM has one, gets no proof, and ends the exchange and not the client',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scramOnly)
      server.deviate('sasl.auth', `<challenge xmlns='${ns.sasl}'/>`)
      const outcome = await client.attempt()
      expect.noSecret(server, 'any')
      expect.refusal(outcome, 'the challenge is empty')
    })

    test('rfc6120/6.3.7/client-logs-in-with-localpart', {
      section: '6.3.7',
      level: 'SHOULD',
      control,
      statement: 'the user name in SCRAM is the localpart of the JID',
    }, async (fixtures) => {
      const { server, expect, account } = fixtures
      server.deviate('sasl.mechanisms', scramOnly)
      await authenticates(fixtures)
      const name = /(?:^|,)n=([^,]*)/.exec(firstMessage(fixtures) ?? '')?.[1]
      expect.equal(name, account.local, 'user name')
    })

    test('rfc6120/6.3.8/client-names-no-authzid-in-scram', {
      section: '6.3.8',
      level: 'MUST',
      control,
      statement: 'a client that acts for nobody else names no authorization identity in SCRAM',
    }, async (fixtures) => {
      fixtures.server.deviate('sasl.mechanisms', scramOnly)
      await authenticates(fixtures)
      const authzid = /^[^,]*,([^,]*),/.exec(firstMessage(fixtures) ?? '')?.[1]
      fixtures.expect.equal(authzid, '', 'authorization identity')
    })

    test('rfc6120/6.3.8/client-names-no-authzid-in-plain', {
      section: '6.3.8',
      level: 'MUST',
      control: 'rfc6120/13.8.3/client-implements-plain-over-tls',
      statement: 'a client that acts for nobody else names no authorization identity in PLAIN',
    }, async (fixtures) => {
      fixtures.server.deviate('sasl.mechanisms', ['PLAIN'])
      await authenticates(fixtures)
      fixtures.expect.equal(firstMessage(fixtures)?.split('\0')[0], '', 'authorization identity')
    })

    test('rfc6120/6.4.1/client-authenticates-once', {
      section: '6.4.1',
      level: 'none',
      security: true,
      control,
      statement: 'mechanisms offered again behind <success/> make no client give its password away',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scramOnly)
      const again = `<mechanisms xmlns='${ns.sasl}'><mechanism>PLAIN</mechanism></mechanisms>`
      server.deviate('features.authenticated', ({ usual }) =>
        usual.replace('<stream:features>', `<stream:features>${again}`),
      )
      const outcome = await client.attempt()
      expect.noSecret(server, 'password')
      expect.survived(outcome, 'mechanisms that are offered again')
    })

    test('rfc6120/6.4.5/client-closes-after-failure', {
      section: '6.4.5',
      level: 'SHOULD',
      control,
      statement: 'a client that has nothing left to try closes the stream instead of waiting',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.auth', failure('<not-authorized/>'))
      expect.refusal(await client.attempt(), 'every attempt fails')
      const left = server.connections.filter(({ open, footerSeen }) => open && !footerSeen)
      expect.ok(left.length === 0, 'the stream closed', 'it keeps the stream open', 'silent')
    })

    test('rfc6120/6.4.5/client-believes-no-success-after-failure', {
      section: '6.4.5',
      level: 'none',
      security: true,
      control,
      statement: 'a success that follows a failure belongs to no exchange, and is not believed',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scramOnly)
      server.deviate('sasl.auth', [failure('<not-authorized/>'), `<success xmlns='${ns.sasl}'/>`])
      expect.refusal(await client.attempt(), 'the exchange had failed')
    })

    test('rfc6120/6.4.6/client-reads-equals-sign-as-nothing', {
      section: '6.4.6',
      level: 'none',
      control: 'rfc6120/13.8.3/client-implements-plain-over-tls',
      statement: 'an equals sign in <success/> is additional data of no bytes, which PLAIN does not mind',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', ['PLAIN'])
      server.deviate('sasl.success', `<success xmlns='${ns.sasl}'>=</success>`)
      expect.online(await client.attempt(), 'although <success/> holds an equals sign')
    })

    test('rfc6120/6.4.6/client-refuses-success-in-other-namespace', {
      section: '6.4.6',
      level: 'none',
      control,
      statement: 'an element named success in another namespace ends no exchange',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scramOnly)
      server.deviate('sasl.success', ({ usual }) => usual.replace(ns.sasl, 'urn:example:sasl'))
      expect.refusal(await client.attempt(), 'the success is in another namespace')
    })

    test('rfc6120/6.4.6/client-lives-with-second-success', {
      section: '6.4.6',
      level: 'none',
      security: true,
      control,
      statement: 'a second <success/> right behind the first neither kills a client nor stops it for good',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scramOnly)
      server.deviate('sasl.success', ({ usual }) => [usual, `<success xmlns='${ns.sasl}'/>`])
      expect.survived(await client.attempt(), 'a second success')
    })

    test('rfc6120/6.4.6/client-answers-no-challenge-after-success', {
      section: '6.4.6',
      level: 'none',
      security: true,
      control,
      statement: 'a challenge behind <success/> belongs to no exchange: it gets no proof, and harms no client',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scramOnly)
      let second = ''
      server.deviate('scram.first', ({ nonce }) => {
        second = Buffer.from(`r=${nonce},s=QSXCR+Q6sek8bf92,i=1`).toString('base64')
        return undefined
      })
      server.deviate('sasl.success', ({ usual }) => [usual, challenge(second)])
      const outcome = await client.attempt()
      const responses = server.seen((element) => element.is('response', ns.sasl))
      expect.ok(responses.length <= 1, 'no answer to the second challenge', responses.at(-1) ?? '', 'weaker')
      expect.survived(outcome, 'a challenge behind its success')
    })

    test('rfc6120/6.5/client-takes-unknown-condition-for-failure', {
      section: '6.5',
      level: 'MUST',
      control: 'rfc6120/6.5.10/client-tells-not-authorized',
      statement: 'a failure whose condition nobody has heard of is a failure to authenticate like any other',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.auth', failure('<unheard-of/>'))
      expect.toldRefusal(await client.attempt(), 'the server answered <failure/> with an unknown condition')
    })

    test('rfc6120/6.5/client-takes-empty-failure-for-failure', {
      section: '6.5',
      level: 'none',
      security: true,
      control,
      statement: 'a failure without any condition is a failure all the same, and harms no client',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.auth', `<failure xmlns='${ns.sasl}'/>`)
      expect.refusal(await client.attempt(), 'the server answered <failure/>')
    })
  },
)
