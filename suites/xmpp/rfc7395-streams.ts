import { capability, defineSuite, expect, ns } from '../../harness/suite/index.ts'
import { errorMessage, messagesOf, opened, websocket } from './_websocket.ts'

export default defineSuite(
  {
    specification: 'RFC 7395',
    title: 'An Extensible Messaging and Presence Protocol (XMPP) Subprotocol for WebSocket',
    category: 'Web',
    role: 'xmpp-server',
    requires: [capability('websocket')],
  },
  ({ test }) => {
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
      const error = await errorMessage(raw)
      expect.ok(error.is(['host-unknown', 'host-gone']), 'the stream error host-unknown', error.element)
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
      await errorMessage(raw)
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
      const error = await errorMessage(raw)
      const fitting = error.is(['not-well-formed', 'bad-format', 'invalid-xml'])
      expect.ok(fitting, 'the stream error not-well-formed', error.element)
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
