import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'

const control = 'rfc6120/11.3/client-takes-right-xml'

/** Puts something forbidden around a message and looks whether the client closes the stream, and believes none of it. */
async function closesOn(
  { server, client, expect, contact, unique }: ClientFixtures,
  wrong: (body: string) => string,
  what: string,
) {
  const jid = await client.login()
  const body = unique('restricted')
  server.send(
    `<message from='${contact}/x' to='${jid}' type='chat'>${wrong(body)}</message>`.replace(
      '$BODY',
      `<body>${body}</body>`,
    ),
  )
  expect.closed(await client.canary(), what)
}

const restricted: { slug: string; what: string; inside: (body: string) => string }[] = [
  { slug: 'comment', what: 'a comment', inside: (body) => `<!-- hidden --><body>${body}</body>` },
  {
    slug: 'processing-instruction',
    what: 'a processing instruction',
    inside: (body) => `<?php exit ?><body>${body}</body>`,
  },
  { slug: 'entity', what: 'a reference to an undefined entity', inside: (body) => `<body>${body}&assay;</body>` },
]

const malformed: { slug: string; what: string; inside: (body: string) => string }[] = [
  { slug: 'mismatched-tag', what: 'an end tag of another element', inside: (body) => `<body>${body}</BODY>` },
  { slug: 'bare-ampersand', what: 'a bare ampersand', inside: (body) => `<body>${body} & more</body>` },
  {
    slug: 'attribute-twice',
    what: 'an attribute that is there twice',
    inside: (body) => `<body a='1' a='2'>${body}</body>`,
  },
  { slug: 'unquoted-attribute', what: 'an attribute without quotes', inside: (body) => `<body a=1>${body}</body>` },
  { slug: 'control-character', what: 'a control character', inside: (body) => `<body>${body}\u0001</body>` },
]

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'XML',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test(control, {
      section: '11.3',
      level: 'MUST',
      statement: 'what well-formed XML can say is read: CDATA, character references, predefined entities, prefixes',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const word = unique('xml')
      server.send(
        `<message from='${contact}/x' to='${jid}' type="chat"><body>${word} &lt;&amp;&#x41;&#66;<![CDATA[<b>]]></body>` +
          `<e:extra xmlns:e='urn:example:extra' e:a='1'/></message>`,
      )
      const told = await client.nextTold('message', ({ body }) => String(body).startsWith(word), {
        awaited: 'the message, told',
      })
      expect.equal(String(told.params.body), `${word} <&AB<b>`, 'text')
    })

    for (const { slug, what, inside } of restricted) {
      test(
        `rfc6120/11.1/client-closes-on-${slug}`,
        { section: '11.1', level: 'MUST', control, statement: `a client that receives ${what} closes the stream` },
        (fixtures) => closesOn(fixtures, inside, what),
      )
    }

    test('rfc6120/11.1/client-closes-on-dtd', {
      section: '11.1',
      leads: true,
      level: 'MUST',
      security: true,
      requires: [capability('tcp')],
      control,
      statement:
        'a document type before the stream header makes the client close the stream; its entities are not defined',
    }, async ({ server, client, expect }) => {
      server.deviate('stream.header', ({ usual }) => usual.replace('?>', `?><!DOCTYPE x [<!ENTITY assay "defined">]>`))
      expect.refusal(await client.attempt(), 'the server sent a document type')
    })

    for (const { slug, what, inside } of malformed) {
      test(
        `rfc6120/11.3/client-closes-on-${slug}`,
        {
          section: '11.3',
          level: 'MUST',
          control,
          statement: `${what} is not well-formed: the client closes the stream`,
        },
        (fixtures) => closesOn(fixtures, inside, what),
      )
    }

    test('rfc6120/11.3/client-refuses-undeclared-prefix', {
      section: '11.3',
      level: 'MUST',
      control,
      statement: 'a prefix that nobody declared is not accepted: the client closes the stream or answers an error',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('prefix')
      server.send(
        `<message from='${contact}/x' to='${jid}' type='chat' id='${id}'><body>${id}</body><e:extra/></message>`,
      )
      const canary = await client.canary()
      const answered = server.seen((element) => element.attrs.id === id && element.attrs.type === 'error').length > 0
      if (answered) return
      expect.closed(canary, 'an undeclared prefix')
    })

    test('rfc6120/11.6/client-joins-split-characters', {
      section: '11.6',
      level: 'MUST',
      control,
      statement: 'a character of several bytes that is split over two segments is one character',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const word = unique('utf8')
      const text = `${word} ž 漢 🦒`
      const message = `<message from='${contact}/x' to='${jid}' type='chat'><body>${text}</body></message>`
      const at = Buffer.byteLength(message.slice(0, message.indexOf(' ž') + 1))
      await server.sendChunked(message, { at: [at + 1, at + 4, at + 9], between: () => client.turn() })
      const told = await client.nextTold('message', ({ body }) => String(body).startsWith(word), {
        awaited: 'the message, told',
      })
      expect.equal(String(told.params.body), text, 'text')
    })

    test('rfc6120/13.12/client-survives-one-megabyte', {
      section: '13.12',
      level: 'none',
      security: true,
      control,
      statement: 'a message of one megabyte does not stop the client',
    }, async ({ server, client, expect, contact }) => {
      const jid = await client.login()
      server.send(`<message from='${contact}/x' to='${jid}' type='chat'><body>${'x'.repeat(1 << 20)}</body></message>`)
      expect.unharmed(await client.canary(), 'a message of one megabyte')
    })

    test('rfc6120/13.12/client-survives-deep-nesting', {
      section: '13.12',
      level: 'none',
      security: true,
      control,
      statement: 'a message with ten thousand elements inside each other does not stop the client',
    }, async ({ server, client, expect, contact }) => {
      const jid = await client.login()
      const levels = 10_000
      const deep = `<x xmlns='urn:example:deep'>${'<x>'.repeat(levels)}${'</x>'.repeat(levels)}</x>`
      server.send(`<message from='${contact}/x' to='${jid}' type='chat'>${deep}</message>`)
      expect.unharmed(await client.canary(), 'ten thousand levels of elements')
    })
  },
)
