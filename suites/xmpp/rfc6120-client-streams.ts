import { capability, defineSuite, ns } from '../../harness/suite/index.ts'

const tcp = [capability('tcp')]
const control = 'rfc6120/4.7.2/client-names-domain'
const login = 'rfc6120/6.4.6/client-logs-in'
const streamError = (condition: string) =>
  `<stream:error><${condition} xmlns='${ns.streamErrors}'/></stream:error></stream:stream>`

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'Stream',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test(control, {
      section: '4.7.2',
      level: 'MUST',
      requires: tcp,
      statement: 'every stream header of the client names the domain in its to attribute',
    }, async ({ server, client, expect, domain }) => {
      expect.online(await client.attempt(), 'the server does everything right')
      const headers = server.seen((element) => element.is('stream', ns.streams))
      expect.ok(headers.length >= 2, 'a header for each stream', `${headers.length}`)
      for (const header of headers) expect.attribute(header, 'to', domain)
    })

    test('rfc6120/4.7.5/client-says-version', {
      section: '4.7.5',
      level: 'MUST',
      requires: tcp,
      control,
      statement: 'the stream header says version 1.0',
    }, async ({ server, client, expect }) => {
      await client.login()
      for (const header of server.seen((element) => element.is('stream', ns.streams))) {
        expect.attribute(header, 'version', '1.0')
      }
    })

    test('rfc6120/4.7.3/client-sends-no-id', {
      section: '4.7.3',
      level: 'MUST',
      requires: tcp,
      control,
      statement: 'the stream header of the client has no id',
    }, async ({ server, client, expect }) => {
      await client.login()
      for (const header of server.seen((element) => element.is('stream', ns.streams))) {
        expect.ok(header.attrs.id === undefined, 'no id attribute', header)
      }
    })

    test('rfc6120/4.8.3/client-declares-content-namespace', {
      section: '4.8.3',
      leads: false,
      level: 'MUST',
      requires: tcp,
      control,
      statement: 'stanzas of the client are in the namespace jabber:client, not in that of streams',
    }, async ({ server, client, expect }) => {
      await client.login()
      const stanzas = server.seen((element) => ['iq', 'message', 'presence'].includes(element.getName()))
      expect.ok(stanzas.length > 0, 'stanzas', 'none')
      for (const stanza of stanzas) expect.equal(stanza.getNS(), ns.client, 'namespace')
    })

    test('rfc6120/4.8.1/client-closes-on-wrong-namespace', {
      section: '4.8.1',
      level: 'MUST',
      requires: tcp,
      control,
      statement: 'a stream header that is not in the namespace of streams makes the client close the stream',
    }, async ({ server, client, expect }) => {
      server.deviate('stream.header', ({ usual }) => usual.replace(ns.streams, 'http://wrong.example/streams'))
      server.deviate('features.plain', ({ usual }) => usual)
      expect.refusal(await client.attempt(), 'the stream header is in another namespace')
      expect.noSecret(server, 'any')
    })

    test('rfc6120/4.7.5/client-refuses-lower-major-version', {
      section: '4.7.5',
      level: 'SHOULD',
      requires: tcp,
      control,
      statement: 'a client that is told version 0.9, whose features it cannot count on, closes the stream',
    }, async ({ server, client, expect }) => {
      server.deviate('stream.header', ({ usual }) => usual.replace(/ version='1\.0'>/, " version='0.9'>"))
      expect.refusal(await client.attempt(), 'the server speaks version 0.9')
    })

    test('rfc6120/4.4/client-answers-closing-tag', {
      section: '4.4',
      level: 'none',
      control: login,
      statement: 'a stream that the server closes is closed by the client too, and its user hears of it',
    }, async ({ server, client, expect }) => {
      await client.login()
      server.connection?.closeStream()
      expect.closed(await client.closes(), 'the closing tag')
    })

    test('rfc6120/4.9.1.1/client-closes-after-stream-error', {
      section: '4.9.1.1',
      level: 'MUST',
      control: login,
      statement: 'a client that receives a stream error closes the stream',
    }, async ({ server, client, expect, transport }) => {
      await client.login()
      const error = streamError('policy-violation').replace('</stream:stream>', '')
      server.send(transport === 'websocket' ? error : `${error}</stream:stream>`)
      expect.closed(await client.closes(), 'a stream error')
    })

    test('rfc6120/4.9.1.2/client-takes-stream-error-early', {
      section: '4.9.1.2',
      level: 'MUST',
      requires: tcp,
      control,
      statement: 'a stream error in place of features is one: the client gives up',
    }, async ({ server, client, expect }) => {
      server.deviate('features.plain', streamError('host-unknown'))
      server.deviate('features.encrypted', streamError('host-unknown'))
      expect.toldRefusal(await client.attempt(), 'the server does not know the domain')
    })

    test('rfc6120/4.9.3.19/client-verifies-host-of-redirect', {
      login: true,
      section: '4.9.3.19',
      level: 'MUST',
      security: true,
      requires: tcp,
      control,
      statement: 'after see-other-host the new host must show a certificate for the same domain as before',
    }, async ({ server, client, expect }) => {
      const here = `${client.address}:${client.port}`
      server.deviate('tls.certificate', ({ number }) => (number === 1 ? 'right' : 'other-name'))
      server.deviate('features.authenticated', ({ number }) =>
        number === 1
          ? `<stream:error><see-other-host xmlns='${ns.streamErrors}'>${here}</see-other-host></stream:error></stream:stream>`
          : undefined,
      )
      const outcome = await client.attempt({ elsewhere: true })
      const later = server.connections.filter(({ number }) => number > 1)
      expect.ok(
        later.every(({ secrets, streams, encrypted }) => secrets.length === 0 && (streams <= 1 || !encrypted)),
        'that it goes to no host with a certificate for another domain',
        'it went on there',
        'believed',
      )
      expect.refusal(outcome, 'the other host has a certificate for another domain')
    })

    test('rfc6120/4.9.3.19/client-keeps-tls-on-redirect', {
      login: true,
      section: '4.9.3.19',
      level: 'MUST',
      security: true,
      requires: [capability('starttls')],
      control,
      statement: 'after see-other-host the same policy holds: what was in TLS before is not said in clear there',
    }, async ({ server, client, expect }) => {
      const here = `${client.address}:${client.port}`
      server.deviate('features.encrypted', ({ number }) =>
        number === 1
          ? `<stream:error><see-other-host xmlns='${ns.streamErrors}'>${here}</see-other-host></stream:error></stream:stream>`
          : undefined,
      )
      const list = ['SCRAM-SHA-1', 'PLAIN'].map((name) => `<mechanism>${name}</mechanism>`).join('')
      server.deviate('features.plain', ({ number }) =>
        number === 1
          ? undefined
          : `<stream:features><mechanisms xmlns='${ns.sasl}'>${list}</mechanisms></stream:features>`,
      )
      await client.attempt({ elsewhere: true })
      const clear = server.secrets.find(({ encrypted }) => !encrypted)
      expect.ok(clear === undefined, 'no authentication in clear', `${clear?.mechanism} in clear`, 'weaker')
    })

    test('rfc6120/4.6.1/client-lives-with-whitespace', {
      section: '4.6.1',
      level: 'MUST',
      requires: tcp,
      control,
      statement: 'white space between stanzas is a keepalive and does no harm',
    }, async ({ server, client, expect }) => {
      await client.login()
      server.send([' ', '\n', ' \t\r\n'])
      expect.alive(await client.canary(), 'white space between stanzas')
    })

    test('rfc6120/4.5/client-takes-stanza-byte-by-byte', {
      section: '4.5',
      leads: false,
      level: 'none',
      control: login,
      statement: 'a stanza that arrives one byte at a time is the same stanza',
    }, async ({ server, client, contact, unique }) => {
      const jid = await client.login()
      const body = unique('bytes')
      const message = `<message from='${contact}/x' to='${jid}' type='chat'><body>${body}</body></message>`
      await server.sendChunked(message, { every: 1 })
      await client.nextTold('message', (params) => params.body === body, { awaited: 'the message, told' })
    })

    test('rfc6120/4.4/client-survives-half-a-stanza', {
      section: '4.4',
      leads: true,
      level: 'none',
      security: true,
      requires: tcp,
      control,
      statement: 'a connection that breaks in the middle of a stanza neither kills the client nor makes a stanza of it',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const body = unique('half')
      server.connection?.sayBytes(`<message from='${contact}/x' to='${jid}' type='chat'><body>${body}</body>`)
      await client.turn()
      server.connection?.link.destroy()
      expect.closed(await client.closes(), 'half a stanza and the end of the connection')
      const told = client.told('message', (params) => params.body === body)
      expect.ok(told.length === 0, 'that half a message is told to nobody', 'it was told', 'believed')
    })
  },
)
