import { defineSuite, type Element, expect, ns, type RawStream } from '../../harness/suite/index.ts'

const ping = (id: string, domain: string) => `<iq type='get' id='${id}' to='${domain}'><ping xmlns='${ns.ping}'/></iq>`

/** What is prohibited inside a stream, as it would stand in a message (RFC 6120 §11.1). */
const restricted = {
  comment: '<!-- a comment -->',
  'processing-instruction': '<?assay hello?>',
  dtd: '<!DOCTYPE message [<!ENTITY e "x">]>',
  entity: '<body>&nbsp;</body>',
} as const

/** What breaks the rules of XML 1.0, as it would stand in a message. */
const broken = {
  'mismatched-tags': '<body>x</message>',
  'attribute-twice': "<body><x xmlns='urn:assay:x' a='1' a='2'/></body></message>",
  'attribute-without-quotes': "<body><x xmlns='urn:assay:x' a=1/></body></message>",
  'control-character': '<body>\x01</body></message>',
  'character-reference-to-nothing': '<body>&#x0;</body></message>',
  'bare-ampersand': '<body>a & b</body></message>',
} as const

/** Sends `text` with a ping behind; returns the stream error, or undefined where the ping was answered instead. */
async function streamErrorFor(raw: RawStream, text: string | Buffer, domain: string, id: string) {
  await raw.write(text)
  await raw.write(ping(id, domain))
  const answer = await raw.next((el) => el.attrs.id === id || el.is('error', ns.streams), 'a stream error')
  return answer.is('error', ns.streams) ? answer : undefined
}

const has = (error: Element | undefined, conditions: string[]) =>
  conditions.some((condition) => error?.getChild(condition, ns.streamErrors))

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    for (const [slug, xml] of Object.entries(restricted)) {
      const security = slug === 'dtd' || slug === 'entity'
      test(`rfc6120/11.1/${slug}`, {
        section: '11.1',
        level: 'MUST',
        ...(security ? { security } : {}),
        statement: `a ${slug.replace('-', ' ').replace('dtd', 'DTD')} inside the stream ends it with a stream error`,
      }, async ({ rawSession, account, domain, unique }) => {
        const { jid } = await account('juliet')
        const raw = await rawSession('romeo')
        const text = slug === 'dtd' ? xml : `<message to='${jid}'>${xml}</message>`
        const error = await streamErrorFor(raw, text, domain, unique())
        expect.ok(error, 'a stream error', 'an answer to the ping behind it')
      })
    }

    test('rfc6120/11.1/restricted-xml', {
      section: '11.1',
      level: 'SHOULD',
      statement: 'the stream error for comments and processing instructions is restricted-xml',
    }, async ({ rawSession, account, domain, unique }) => {
      const { jid } = await account('juliet')
      for (const slug of ['comment', 'processing-instruction'] as const) {
        const raw = await rawSession('romeo')
        const error = await streamErrorFor(raw, `<message to='${jid}'>${restricted[slug]}</message>`, domain, unique())
        expect.ok(error, 'the stream error restricted-xml', 'an answer to the ping behind it')
        expect.child(error, 'restricted-xml', ns.streamErrors)
      }
    })

    test('rfc6120/11.1/dtd-before-the-header', {
      section: '11.1',
      level: 'MUST',
      security: true,
      statement: 'a DTD before the stream header ends the stream with a stream error, its entities never read',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await raw.write(
        `<?xml version='1.0'?><!DOCTYPE stream [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` +
          `<stream:stream to='${domain}' version='1.0' xmlns='${ns.client}' xmlns:stream='${ns.streams}' xml:lang='&b;'>`,
      )
      const first = await raw.next(() => true, 'a stream error')
      expect.ok(first.is('error', ns.streams), 'a stream error', first)
    })

    test('rfc6120/11.1/predefined-entities', {
      section: '11.1',
      level: 'MUST',
      statement: 'the five predefined entities and character references are read and delivered as what they stand for',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const id = unique()
      await romeo.send(
        `<message to='${juliet.jid}' type='chat' id='${id}'><body>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;&#xA;</body>` +
          `<x xmlns='urn:assay:x' y='&lt;&gt;&amp;&apos;&quot;'/></message>`,
      )
      const message = await juliet.message(({ attrs }) => attrs.id === id)
      expect.equal(message.getChildText('body'), '<>&\'"A😀\n', 'body')
      expect.attribute(expect.child(message, 'x', 'urn:assay:x'), 'y', '<>&\'"')
    })

    test('rfc6120/11.1/cdata', {
      section: '11.1',
      level: 'none',
      statement: 'a CDATA section, which is not among what is prohibited, is delivered as its text',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const id = unique()
      await romeo.send(
        `<message to='${juliet.jid}' type='chat' id='${id}'><body>a<![CDATA[<b>&amp;]]>c</body></message>`,
      )
      const message = await juliet.message(({ attrs }) => attrs.id === id)
      expect.equal(message.getChildText('body'), 'a<b>&amp;c', 'body')
    })

    for (const [slug, xml] of Object.entries(broken)) {
      test(`rfc6120/11.3/${slug}`, {
        section: '11.3',
        level: 'MUST',
        statement: `XML that is not well-formed (${slug.replaceAll('-', ' ')}) ends the stream with not-well-formed or bad-format`,
      }, async ({ rawSession, account, domain, unique }) => {
        const { jid } = await account('juliet')
        const raw = await rawSession('romeo')
        const error = await streamErrorFor(raw, `<message to='${jid}'>${xml}`, domain, unique())
        const actual = error ?? 'an answer to the ping behind it'
        expect.ok(
          has(error, ['not-well-formed', 'bad-format', 'invalid-xml']),
          'the stream error not-well-formed',
          actual,
        )
      })
    }

    test('rfc6120/11.3/undeclared-prefix', {
      section: '11.3',
      level: 'MUST',
      statement: 'an undeclared prefix ends the stream with not-well-formed or is refused with not-acceptable',
    }, async ({ rawSession, account, unique, domain }) => {
      const { jid } = await account('juliet')
      const raw = await rawSession('romeo')
      const id = unique()
      await raw.write(
        `<message to='${jid}' type='chat' id='${id}'><body>hi</body><p:x/></message>${ping(`p-${id}`, domain)}`,
      )
      const answer = await raw.next((el) => el.attrs.id?.endsWith(id) || el.is('error', ns.streams), 'an answer')
      const fitting =
        has(answer, ['not-well-formed', 'bad-format', 'bad-namespace-prefix']) ||
        answer.getChild('error')?.getChild('not-acceptable', ns.stanzaErrors)
      expect.ok(fitting, 'the stream error not-well-formed', answer)
    })

    test('rfc6120/11.3/undeclared-prefix-is-not-delivered', {
      section: '11.3',
      level: 'MUST',
      security: true,
      statement: 'a message with an undeclared prefix is not delivered as it is',
    }, async ({ rawSession, connect, unique, domain }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo')
      const id = unique()
      await raw.write(
        `<message to='${juliet.jid}' type='chat' id='${id}'><body>hi</body><p:x/></message>${ping(`p-${id}`, domain)}`,
      )
      await raw.next((el) => el.attrs.id?.endsWith(id) || el.is('error', ns.streams), 'an answer').catch(() => {})
      // Where it was delivered as it is, this stream is broken, and the marker does not come.
      await juliet.marker(juliet)
      const came = juliet.seen(({ attrs }) => attrs.id === id)
      expect.none(
        came.filter((element) => element.toString().includes('p:x')),
        'message with an undeclared prefix',
      )
    })

    test('rfc6120/11.5/xml-declaration', {
      section: '11.5',
      level: 'SHOULD',
      statement: 'an XML declaration stands before the stream header of the server',
    }, async ({ stream }) => {
      const raw = await stream()
      const header = await raw.open()
      expect.ok(raw.channel.declaration, 'an XML declaration before the header', header)
    })

    test('rfc6120/11.5/no-standalone', {
      section: '11.5',
      level: 'MUST',
      statement:
        'the XML declaration of the server, where there is one, is of 1.0 and UTF-8 and has no standalone part',
    }, async ({ stream }) => {
      const raw = await stream()
      await raw.open()
      const { version, encoding, standalone } = raw.channel.declaration ?? {}
      expect.ok(standalone === undefined, 'no standalone declaration', `standalone='${standalone}'`)
      expect.ok(version === undefined || version === '1.0', 'version 1.0', `version='${version}'`)
      expect.ok(!encoding || encoding.toLowerCase() === 'utf-8', 'encoding UTF-8', `encoding='${encoding}'`)
    })

    test('rfc6120/11.5/standalone-of-the-client', {
      section: '11.5',
      level: 'MUST',
      statement: 'standalone="no" in the XML declaration of a client is ignored or ends the stream with a stream error',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      const header = raw.channel.header({ to: domain })
      await raw.write(header.replace(/^<\?xml[^>]*>/, `<?xml version='1.0' standalone='no'?>`))
      const first = await raw.next(() => true, 'features or a stream error')
      expect.ok(first.is('features', ns.streams) || first.is('error', ns.streams), 'features or a stream error', first)
    })

    test('rfc6120/11.5/no-declaration-of-the-client', {
      section: '11.5',
      level: 'none',
      statement: 'a stream header without an XML declaration before it is taken',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await raw.write(raw.channel.header({ to: domain }).replace(/^<\?xml[^>]*>/, ''))
      await raw.header()
      await raw.features()
    })

    test('rfc6120/11.6/utf-8', {
      section: '11.6',
      level: 'MUST',
      statement: 'characters of one to four bytes, and U+FEFF among them, are delivered unchanged',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const id = unique()
      const text = 'a é 日 😀 \u{10FFFD} \uFEFF e\u0301 שלום'
      await romeo.send(`<message to='${juliet.jid}' type='chat' id='${id}'><body>${text}</body></message>`)
      const message = await juliet.message(({ attrs }) => attrs.id === id)
      expect.equal(message.getChildText('body'), text, 'body')
    })

    for (const [slug, bytes, what] of [
      ['latin-1', [0xe9], 'a byte of Latin-1'],
      ['overlong', [0xc0, 0xaf], 'an overlong form'],
      ['surrogate', [0xed, 0xa0, 0x80], 'half a surrogate pair'],
    ] as const) {
      test(`rfc6120/11.6/${slug}`, {
        section: '11.6',
        level: 'MUST',
        statement: `text that is not UTF-8 (${what}) ends the stream with a stream error`,
      }, async ({ rawSession, account, domain, unique }) => {
        const { jid } = await account('juliet')
        const raw = await rawSession('romeo')
        const message = [Buffer.from(`<message to='${jid}' type='chat'><body>x`), Buffer.from(bytes)]
        const text = Buffer.concat([...message, Buffer.from('y</body></message>')])
        const error = await streamErrorFor(raw, text, domain, unique())
        expect.ok(error, 'a stream error', 'an answer to the ping behind it')
      })
    }

    test('rfc6120/11.6/other-encoding', {
      section: '11.6',
      level: 'MUST',
      statement: 'a stream in UTF-16 ends with a stream error',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      const header = raw.channel
        .header({ to: domain })
        .replace(/^<\?xml[^>]*>/, `<?xml version='1.0' encoding='UTF-16'?>`)
      await raw.write(Buffer.from(`\uFEFF${header}`, 'utf16le'))
      const first = await raw.next(() => true, 'a stream error')
      expect.ok(first.is('error', ns.streams), 'a stream error', first)
    })
  },
)
