import {
  capability,
  defineSuite,
  expect,
  Inconclusive,
  ns,
  parseElement,
  type RawStream,
  type ServerFixtures,
} from '../../harness/suite/index.ts'

const websocket = { transport: 'websocket' } as const

/** A WebSocket on which the stream has been opened and features have come. */
async function opened({ stream, given }: ServerFixtures): Promise<RawStream> {
  const raw = await stream(websocket)
  await given('features', async () => {
    await raw.open()
    await raw.features()
  })
  return raw
}

/** A login with all that a server says on the way, and a message that comes from somebody else. */
async function conversation({ rawSession, connect, unique }: ServerFixtures): Promise<RawStream> {
  const juliet = await connect('juliet')
  const raw = await rawSession('romeo', websocket)
  const body = unique()
  await raw.write(`<message xmlns='${ns.client}' to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
  const message = await juliet.message((element) => element.getChildText('body') === body)
  await juliet.send(`<message to='${message.attrs.from}' type='chat'><body>${body} back</body></message>`)
  await raw.next((element) => element.getChildText('body') === `${body} back`, 'the reply')
  return raw
}

const messagesOf = (raw: RawStream) => raw.channel.messages ?? []

/** Connects and tells why not, where what fails is the sub-protocol. */
async function negotiated({ stream }: ServerFixtures, protocols: string[]): Promise<string> {
  try {
    return (await stream({ ...websocket, websocket: { protocols } })).channel.protocol ?? ''
  } catch (error) {
    if (error instanceof Inconclusive && /subprotocol/i.test(error.message)) return ''
    throw error
  }
}

export default defineSuite(
  {
    specification: 'RFC 7395',
    title: 'An Extensible Messaging and Presence Protocol (XMPP) Subprotocol for WebSocket',
    category: 'Web',
    role: 'xmpp-server',
    requires: [capability('websocket')],
  },
  ({ test }) => {
    test('rfc7395/3.1/sub-protocol', {
      section: '3.1',
      level: 'MUST',
      statement: 'the server confirms the sub-protocol xmpp, also where the client offers others before it',
    }, async (fixtures) => {
      expect.equal(await negotiated(fixtures, ['xmpp']), 'xmpp', 'sub-protocol')
      expect.equal(await negotiated(fixtures, ['assay', 'xmpp']), 'xmpp', 'sub-protocol')
    })

    test('rfc7395/3.2/text-messages', {
      section: '3.2',
      level: 'MUST',
      statement: 'all that the server sends in a session comes in text messages',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      const binary = messagesOf(raw).filter((message) => message.binary)
      expect.ok(binary.length === 0, 'text messages', `${binary.length} binary ones`)
    })

    test('rfc7395/3.2/binary-message-of-the-client', {
      section: '3.2',
      level: 'none',
      statement: '<open/> in a binary message does not open a stream',
    }, async ({ stream }) => {
      const raw = await stream(websocket)
      await raw.write(Buffer.from(raw.channel.header({ to: raw.domain })))
      await raw.write(raw.channel.footerText)
      await raw.gone().catch(() => {})
      const features = raw.seen((element) => element.is('features', ns.streams))
      expect.none(features, 'features for a stream opened in a binary message')
    })

    test('rfc7395/3.3.2/wrong-namespace', {
      section: '3.3.2',
      level: 'MUST',
      statement: '<open/> of another namespace ends the stream with invalid-namespace',
    }, async ({ stream, domain }) => {
      const raw = await stream(websocket)
      await raw.write(`<open xmlns='urn:assay:framing' to='${domain}' version='1.0'/>`)
      await expect.streamError(raw, 'invalid-namespace')
    })

    test('rfc7395/3.3.3/messages-stand-alone', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'each message of the server is an XML document of its own, all its prefixes declared',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      const [fault] = raw.faults()
      expect.ok(!fault, 'messages that are XML documents', fault?.message ?? '')
    })

    test('rfc7395/3.3.3/one-element-a-message', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'each message of the server holds one element',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      for (const { text } of messagesOf(raw)) {
        const whole = parseElement(`<all>${text.replace(/^<\?xml[^>]*\?>/, '')}</all>`, { declared: [] })
        expect.ok(whole.getChildElements().length === 1, 'one element in a message', text)
      }
    })

    test('rfc7395/3.3.3/first-character', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'each message of the server begins with "<"',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      for (const { text } of messagesOf(raw)) expect.ok(text.startsWith('<'), 'a message that begins with "<"', text)
    })

    test('rfc7395/3.3.3/no-declaration', {
      section: '3.3.3',
      level: 'SHOULD',
      statement: 'the messages of the server have no XML declaration',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      for (const { text } of messagesOf(raw)) expect.ok(!/^<\?xml/.test(text), 'no XML declaration', text)
    })

    test('rfc7395/3.3.3/stanzas-declare-their-namespace', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'stanzas that the server answers and delivers declare the namespace jabber:client',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      const answer = await raw.iq(
        `<iq xmlns='${ns.client}' type='get' id='p1' to='${fixtures.domain}'><ping xmlns='${ns.ping}'/></iq>`,
      )
      expect.attribute(answer, 'xmlns', ns.client)
      const stanzas = messagesOf(raw).filter(({ text }) => /^<(iq|message|presence)\b/.test(text))
      expect.ok(stanzas.length >= 2, 'an answer and a message', `${stanzas.length} stanzas`)
      for (const { text } of stanzas) {
        const element = parseElement(text, { declared: [] })
        expect.ok(element.getNS() === ns.client, `a stanza with xmlns='${ns.client}'`, text)
      }
    })

    test('rfc7395/3.3/session', {
      section: '3.3',
      level: 'MUST',
      statement: 'a client logs in over WebSocket and exchanges messages with one that came over TCP',
    }, async (fixtures) => {
      await conversation(fixtures)
    })

    test('rfc7395/3.4/open', {
      section: '3.4',
      level: 'MUST',
      statement: "the server's <open/> has the attributes of a stream header: from, id, version, xml:lang",
    }, async ({ stream, domain }) => {
      const raw = await stream(websocket)
      const open = await raw.open()
      expect.ok(open.is('open', ns.framing), '<open/>', open)
      expect.attribute(open, 'from', domain)
      expect.attribute(open, 'version', '1.0')
      for (const name of ['id', 'xml:lang']) expect.ok(open.attrs[name], `<open/> with ${name}`, open)
    })

    test('rfc7395/3.4/features-follow', {
      section: '3.4',
      level: 'MUST',
      statement: 'after <open/> come stream features in a message of their own',
    }, async ({ stream }) => {
      const raw = await stream(websocket)
      await raw.open()
      const first = await raw.next(() => true, 'stream features')
      expect.ok(first.is('features', ns.streams), 'stream features', first)
    })

    test('rfc7395/3.4/stanza-in-place-of-open', {
      section: '3.4',
      level: 'none',
      security: true,
      statement: 'SASL before any <open/> does not authenticate',
    }, async ({ stream, account }) => {
      const { local, password } = await account('romeo')
      const raw = await stream(websocket)
      await raw.auth('PLAIN', `\0${local}\0${password}`)
      await raw.write(raw.channel.footerText)
      await raw.gone().catch(() => {})
      expect.none(
        raw.seen((element) => element.is('success', ns.sasl)),
        'success before the stream was opened',
      )
    })

    test('rfc7395/3.4/tcp-header-in-place-of-open', {
      section: '3.4',
      level: 'none',
      statement: 'the stream header of TCP in place of <open/> does not open a stream',
    }, async ({ stream, domain }) => {
      const raw = await stream(websocket)
      await raw.write(`<stream:stream xmlns='${ns.client}' xmlns:stream='${ns.streams}' to='${domain}' version='1.0'>`)
      const came = await raw.next(() => true, 'a stream error').catch(() => undefined)
      expect.ok(!came?.is('features'), 'a stream error or the end', came ?? 'nothing')
      expect.ok(came || raw.isGone, 'a stream error or the end', 'neither within five seconds', 'hangs')
    })

    test('rfc7395/3.5/error-while-opening', {
      section: '3.5',
      level: 'MUST',
      statement: 'an error while opening comes behind the <open/> of the server, in a message of its own',
    }, async ({ stream }) => {
      const raw = await stream(websocket)
      await raw.open({ to: 'unknown.invalid' })
      await expect.streamError(raw, ['host-unknown', 'host-gone'])
      const [first, second] = messagesOf(raw)
      expect.ok(first && /^<open\b/.test(first.text), '<open/> first', first?.text ?? 'nothing')
      expect.ok(second && /error/.test(second.text.slice(0, 20)), 'the error second', second?.text ?? 'nothing')
    })

    test('rfc7395/3.5/error-closes', {
      section: '3.5',
      level: 'MUST',
      statement: 'behind a stream error come <close/> and the end of the WebSocket',
    }, async ({ stream }) => {
      const raw = await stream(websocket)
      await raw.open({ to: 'unknown.invalid' })
      await expect.streamError(raw)
      await raw.footer()
      await raw.write(raw.channel.footerText)
      await raw.gone()
    })

    test('rfc7395/3.5/not-well-formed', {
      section: '3.5',
      level: 'MUST',
      statement: 'a message that is not well-formed is answered with a stream error as a complete element',
    }, async (fixtures) => {
      const raw = await opened(fixtures)
      await raw.write(`<message xmlns='${ns.client}'><body>x</message>`)
      await expect.streamError(raw, ['not-well-formed', 'bad-format', 'invalid-xml'])
    })

    test('rfc7395/3.5/half-an-element', {
      section: '3.5',
      level: 'MUST',
      statement: 'half an element in a message, its other half in the next, is a stream error',
    }, async (fixtures) => {
      const raw = await opened(fixtures)
      await raw.write(`<iq xmlns='${ns.client}' type='get' id='half' to='${raw.domain}'>`)
      await raw.write(`<ping xmlns='${ns.ping}'/></iq>`)
      const answer = await raw.next(() => true, 'a stream error')
      expect.ok(answer.is('error', ns.streams), 'a stream error', answer)
    })

    test('rfc7395/3.6/close-is-answered', {
      section: '3.6',
      level: 'none',
      statement: '<close/> of the client is answered with <close/>',
    }, async (fixtures) => {
      const raw = await opened(fixtures)
      await raw.write(raw.channel.footerText)
      await raw.footer()
    })

    test('rfc7395/3.6/close-ends-the-session', {
      section: '3.6',
      level: 'MUST',
      statement: 'after <close/> the session is at an end: others see the client go',
    }, async ({ rawSession, connect }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo', websocket)
      await raw.write(`<presence xmlns='${ns.client}' to='${juliet.jid}'/>`)
      const { attrs } = await juliet.presence(({ attrs }) => attrs.from !== juliet.jid, 'presence of romeo')
      await raw.write(raw.channel.footerText)
      const left = await juliet.presence((presence) => presence.attrs.from === attrs.from, 'unavailable presence')
      expect.attribute(left, 'type', 'unavailable')
    })

    test('rfc7395/3.6/broken-connection-ends-the-session', {
      section: '3.6',
      level: 'none',
      statement: 'a WebSocket that breaks without <close/> ends the session: others see the client go',
    }, async ({ rawSession, connect }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo', websocket)
      await raw.write(`<presence xmlns='${ns.client}' to='${juliet.jid}'/>`)
      const { attrs } = await juliet.presence(({ attrs }) => attrs.from !== juliet.jid, 'presence of romeo')
      raw.destroy()
      const left = await juliet.presence((presence) => presence.attrs.from === attrs.from, 'unavailable presence')
      expect.attribute(left, 'type', 'unavailable')
    })

    test('rfc7395/3.7/restart', {
      section: '3.7',
      level: 'MUST',
      statement: 'after SASL a new <open/> is answered by one with a new id, and with features that offer binding',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream(websocket)
      const before = await given('<success/>', async () => {
        const open = await raw.open()
        await raw.features()
        const outcome = await raw.authenticate(user)
        if (!outcome.succeeded) throw new Error(`${outcome.element}`)
        return open
      })
      const after = await raw.open()
      expect.ok(after.attrs.id && after.attrs.id !== before.attrs.id, `an id other than ${before.attrs.id}`, after)
      expect.child(await raw.features(), 'bind', ns.bind)
      expect.equal(raw.footers, 0, 'number of <close/>')
    })

    test('rfc7395/3.9/no-starttls', {
      section: '3.9',
      level: 'MUST',
      statement: 'STARTTLS is not offered over WebSocket',
    }, async ({ stream }) => {
      const raw = await stream(websocket)
      await raw.open()
      const features = await raw.features()
      expect.ok(!features.getChild('starttls', ns.tls), 'features without STARTTLS', features)
    })
  },
)
