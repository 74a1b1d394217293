import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { refusesCertificate, wrongCertificates } from './_client-certificates.ts'

const control = 'rfc7395/3.4/client-opens-stream'

export default defineSuite(
  {
    specification: 'RFC 7395',
    title: 'An Extensible Messaging and Presence Protocol (XMPP) Subprotocol for WebSocket',
    category: 'Web',
    topic: 'Transports',
    role: 'xmpp-client',
    requires: [capability('websocket')],
  },
  ({ test }) => {
    test(control, {
      section: '3.4',
      level: 'MUST',
      statement: 'the first message of the client is an <open/> with the attributes of a stream header',
    }, async ({ server, client, expect, domain }) => {
      expect.online(await client.attempt(), 'the server does everything right')
      const [first] = server.first?.received ?? []
      expect.ok(first?.is('open', ns.framing), `<open xmlns='${ns.framing}'/> first`, first ?? 'nothing')
      expect.equal(first?.attrs.to, domain, 'to')
      expect.equal(first?.attrs.version, '1.0', 'version')
    })

    test('rfc7395/3.1/client-offers-subprotocol', {
      section: '3.1',
      level: 'MUST',
      control,
      statement: 'the handshake offers the WebSocket sub-protocol xmpp',
    }, async ({ server, client, expect }) => {
      await client.login()
      expect.ok(server.subprotocols[0]?.includes('xmpp'), 'xmpp among the sub-protocols', `${server.subprotocols[0]}`)
    })

    test('rfc7395/3.3.3/client-declares-namespaces', {
      section: '3.3.3',
      level: 'MUST',
      control,
      statement: 'every message of the client is one well-formed element that declares its own namespaces',
    }, async ({ server, client, expect }) => {
      await client.login()
      await client.call('message', { to: server.account.jid, body: 'framed' })
      await server.next((element) => element.is('message'), { awaited: 'the message' })
      for (const { faults } of server.connections) expect.equal(faults[0] ?? 'well-formed', 'well-formed', 'messages')
      const stanzas = server.seen((element) => ['iq', 'message', 'presence'].includes(element.getName()))
      for (const stanza of stanzas) expect.equal(stanza.getNS(), ns.client, 'namespace')
    })

    test('rfc7395/3.7/client-opens-again', {
      section: '3.7',
      leads: false,
      level: 'MUST',
      control,
      statement: 'after authentication the client sends a new <open/>, and no <close/> before it',
    }, async ({ server, client, expect }) => {
      await client.login()
      const connection = server.first
      expect.equal(connection?.streams, 2, 'streams')
      expect.ok(!connection?.footerSeen, 'no <close/>', 'one')
    })

    test('rfc7395/3.8/client-sends-no-whitespace', {
      section: '3.8',
      leads: false,
      level: 'MUST',
      control,
      statement: 'no message of the client is white space',
    }, async ({ server, client, expect }) => {
      await client.login()
      await client.canary()
      expect.equal(
        server.connections.flatMap(({ faults }) => faults)[0] ?? 'none',
        'none',
        'messages that are no element',
      )
    })

    test('rfc7395/3.3.2/client-closes-on-wrong-namespace', {
      section: '3.3.2',
      level: 'MUST',
      control,
      statement: 'an <open/> that is not in the namespace of framing makes the client close the stream',
    }, async ({ server, client, expect }) => {
      server.deviate('stream.header', ({ usual }) => usual.replace(ns.framing, 'urn:example:framing'))
      const outcome = await client.attempt()
      expect.refusal(outcome, 'the <open/> is in another namespace')
    })

    test('rfc7395/3.9/client-ignores-starttls', {
      section: '3.9',
      leads: false,
      level: 'MUST',
      control,
      statement: 'STARTTLS among the features is ignored on WebSocket',
    }, async ({ server, client, expect }) => {
      server.deviate('features.encrypted', ({ usual }) =>
        usual.replace('<stream:features>', `<stream:features><starttls xmlns='${ns.tls}'/>`),
      )
      expect.online(await client.attempt(), 'although STARTTLS is offered')
      expect.none(
        server.seen((element) => element.is('starttls', ns.tls)),
        '<starttls/> over WebSocket',
      )
    })

    test('rfc7395/3.6.1/client-follows-to-no-lower-security', {
      login: true,
      section: '3.6.1',
      level: 'MUST',
      security: true,
      control,
      statement: 'see-other-uri from wss: to ws: is not followed',
    }, async ({ server, client, expect }) => {
      await client.login()
      const before = server.failedHandshakes.length
      server.send(`<close xmlns='${ns.framing}' see-other-uri='ws://${client.address}:${client.port}/xmpp-websocket'/>`)
      const canary = await client.closes()
      const clear = server.failedHandshakes.slice(before)
      expect.ok(clear.length === 0, 'that it stays with TLS', `it connected without: ${clear[0]}`, 'weaker')
      expect.unharmed(canary, 'see-other-uri')
    })

    test('rfc7395/3.6/client-answers-close', {
      section: '3.6',
      level: 'none',
      control,
      statement: 'a <close/> of the server ends the stream, and the client closes the connection',
    }, async ({ server, client, expect }) => {
      await client.login()
      server.connection?.closeStream()
      expect.closed(await client.closes(), '<close/>')
    })

    test('rfc7395/3.2/client-reads-fragments', {
      section: '3.2',
      leads: false,
      level: 'none',
      control,
      statement: 'a stanza in a message of several WebSocket fragments is one stanza',
    }, async ({ server, client, contact, unique }) => {
      const jid = await client.login()
      const body = unique('fragments')
      const message = `<message xmlns='${ns.client}' from='${contact}/x' to='${jid}' type='chat'><body>${body}</body></message>`
      await server.sendChunked(message, { every: 40, between: () => client.turn() })
      await client.nextTold('message', (params) => params.body === body, { awaited: 'the message, told' })
    })

    for (const { kind, slug, what, how } of wrongCertificates) {
      test(
        `rfc7395/6/client-refuses-${slug}`,
        {
          login: true,
          section: '6',
          level: 'none',
          security: true,
          control,
          statement: `a client ends the connection where the wss: endpoint shows a certificate ${what}`,
        },
        (fixtures) => refusesCertificate(fixtures, kind, how),
      )
    }
  },
)
