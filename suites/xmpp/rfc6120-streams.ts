import { defineSuite, expect, ns } from '../../harness/suite/index.ts'

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc6120/4.3.2/features-follow-the-header', {
      section: '4.3.2',
      level: 'MUST',
      statement: 'a client that says version 1.0 gets stream features, each in a namespace of its own',
    }, async ({ stream }) => {
      const raw = await stream()
      await raw.open()
      const first = await raw.next(() => true, 'stream features')
      expect.ok(first.is('features', ns.streams), 'stream features as the first element', first)
      expect.ok(first.getChildElements().length > 0, 'features that tell how to go on before authentication', first)
      const borrowed = first
        .getChildElements()
        .find((child) => [ns.streams, ns.client].includes(child.getNS() as never))
      expect.ok(!borrowed, 'features in namespaces other than those of stream and content', first)
    })

    test('rfc6120/4.3.3/restart-closes-nothing', {
      section: '4.3.3',
      level: 'MUST',
      statement: 'streams replaced after TLS and SASL are not ended by a closing tag, and the connection goes on',
    }, async ({ stream, account }) => {
      const raw = await stream()
      await raw.login(await account('romeo'))
      const jid = await raw.bind()
      expect.ok(jid.includes('/'), 'a bound resource on the same connection', jid)
      expect.equal(raw.footers, 0, 'closing stream tags')
    })

    test('rfc6120/4.4/close-ends-the-connection', {
      section: '4.4',
      level: 'MUST',
      statement: 'once both sides have sent their closing tags the server ends the TCP connection',
    }, async ({ stream }) => {
      const raw = await stream()
      const header = await raw.open()
      expect.ok(header.attrs.id, 'a stream that is open', header)
      await raw.features()
      await raw.write('</stream:stream>')
      await raw.footer()
      await raw.gone()
    })

    test('rfc6120/4.4/close-is-answered-after-login', {
      section: '4.4',
      level: 'none',
      statement:
        'the closing tag of a client that is logged in is answered by one, not by a bare end of the connection',
    }, async ({ rawSession }) => {
      const raw = await rawSession('romeo')
      await raw.write('</stream:stream>')
      await raw.footer()
    })

    test('rfc6120/4.7.1/header-names-the-domain', {
      section: '4.7.1',
      level: 'MUST',
      statement: "the server's stream header carries one of its domains in `from`",
    }, async ({ stream, domain }) => {
      const raw = await stream()
      expect.attribute(await raw.open(), 'from', domain)
    })

    test('rfc6120/4.7.2/header-addresses-the-sender', {
      section: '4.7.2',
      level: 'MUST',
      statement: "a client's `from` comes back as the `to` of the server's stream header",
    }, async ({ stream, account, given }) => {
      const { jid } = await account('romeo')
      const raw = await stream()
      await given('TLS', async () => {
        await raw.open()
        await raw.startTls()
      })
      expect.attribute(await raw.open({ from: jid }), 'to', jid)
    })

    test('rfc6120/4.7.2/header-addresses-nobody-unknown', {
      section: '4.7.2',
      level: 'MUST',
      statement: "without a `from` of the client the server's stream header has no `to`",
    }, async ({ stream }) => {
      const raw = await stream()
      const header = await raw.open()
      expect.ok(header.attrs.to === undefined, 'a stream header without `to`', header)
    })

    test('rfc6120/4.7.3/header-has-an-id', {
      section: '4.7.3',
      level: 'MUST',
      statement: "the server's stream header carries an id",
    }, async ({ stream }) => {
      const raw = await stream()
      const header = await raw.open()
      expect.ok(header.attrs.id, 'a stream header with an id', header)
    })

    test('rfc6120/4.7.3/ids-are-unique', {
      section: '4.7.3',
      level: 'MUST',
      security: true,
      statement: 'no two streams have the same id, nor ids that count up',
    }, async ({ stream }) => {
      const streams = await Promise.all(Array.from({ length: 6 }, (_, index) => stream({ name: `stream ${index}` })))
      const ids: string[] = []
      for (const raw of streams) ids.push((await raw.open()).attrs.id ?? '')
      expect.equal(new Set(ids).size, ids.length, 'number of different ids')
      const numbers = ids.map(Number)
      const steps = numbers.slice(1).map((number, index) => number - (numbers[index] as number))
      expect.ok(!steps.every((step) => step === steps[0]), 'ids that cannot be foretold', ids.join(', '))
    })

    test('rfc6120/4.7.3/id-of-the-client-is-ignored', {
      section: '4.7.3',
      level: 'MUST',
      statement: "an id in the client's stream header is ignored",
    }, async ({ stream, unique }) => {
      const raw = await stream()
      const id = unique()
      const header = await raw.open({ id })
      expect.ok(header.attrs.id && header.attrs.id !== id, "an id of the server's own", header)
      await raw.features()
    })

    test('rfc6120/4.7.4/header-has-a-language', {
      section: '4.7.4',
      level: 'MUST',
      statement: "the server's stream header carries xml:lang",
    }, async ({ stream }) => {
      const raw = await stream()
      const header = await raw.open({ 'xml:lang': 'en' })
      expect.ok(header.attrs['xml:lang'], 'a stream header with xml:lang', header)
    })

    test('rfc6120/4.7.4/header-language-is-spoken', {
      section: '4.7.4',
      level: 'MUST',
      statement: 'asked for a language that it cannot speak, the server names its own default',
    }, async ({ stream }) => {
      const raw = await stream()
      const header = await raw.open({ 'xml:lang': 'qaa-x-nobody' })
      const language = header.attrs['xml:lang']
      expect.ok(language && language !== 'qaa-x-nobody', "the server's default language", header)
    })

    test('rfc6120/4.7.4/stanzas-take-the-language-of-the-stream', {
      section: '4.7.4',
      level: 'SHOULD',
      statement: "a stanza without xml:lang is delivered with that of its sender's stream",
    }, async ({ rawSession, connect, unique }) => {
      const juliet = await connect('juliet')
      const romeo = await rawSession('romeo', { header: { 'xml:lang': 'cs' } })
      const body = unique()
      await romeo.write(`<message to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
      const message = await juliet.message((element) => element.getChildText('body') === body)
      expect.attribute(message, 'xml:lang', 'cs')
    })

    for (const [version, slug, what] of [
      ['1.10', 'minor-versions-are-numbers', 'a client of version 1.10 is answered with the lower version 1.0'],
      ['2.0', 'higher-major-version', 'a client of version 2.0 is answered with the lower version 1.0'],
      ['01.00', 'leading-zeros-are-ignored', 'version 01.00 is read as 1.0'],
    ] as const) {
      test(`rfc6120/4.7.5/${slug}`, { section: '4.7.5', level: 'MUST', statement: what }, async ({
        stream,
        expect,
      }) => {
        const raw = await stream()
        expect.attribute(await raw.open({ version }), 'version', '1.0')
      })
    }

    test('rfc6120/4.7.5/no-version', {
      section: '4.7.5',
      level: 'SHOULD',
      statement: 'a stream header without version is answered by one without version',
    }, async ({ stream }) => {
      const raw = await stream()
      const header = await raw.open({ version: undefined })
      expect.ok(header.attrs.version === undefined, 'a stream header without version', header)
    })

    test('rfc6120/4.8.2/content-namespace-is-the-same', {
      section: '4.8.2',
      level: 'MUST',
      statement: "the server's stream declares the same content namespace as the client's",
    }, async ({ stream }) => {
      const raw = await stream()
      const header = await raw.open()
      expect.ok(header.is('stream', ns.streams), "a stream header in the streams' namespace", header)
      expect.attribute(header, 'xmlns', ns.client)
    })

    test('rfc6120/4.8.2/header-without-prefixes', {
      section: '4.8.2',
      level: 'none',
      statement: 'a stream header without prefixes, its stanzas each declaring their namespace, is as good as any',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await raw.write(`<?xml version='1.0'?><stream xmlns='${ns.streams}' to='${domain}' version='1.0'>`)
      await raw.header()
      await raw.features()
    })
  },
)
