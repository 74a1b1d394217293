import { defineSuite, expect, ns } from '../../harness/suite/index.ts'

const ping = (id: string, domain: string) => `<iq type='get' id='${id}' to='${domain}'><ping xmlns='${ns.ping}'/></iq>`

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc6120/11.7/whitespace-between-stanzas', {
      section: '11.7',
      level: 'MUST',
      statement: 'spaces, tabs and newlines between stanzas are taken, and stanzas behind them are processed',
    }, async ({ rawSession, domain, unique }) => {
      const raw = await rawSession('romeo')
      const [first, second] = [unique(), unique()]
      await raw.write(' ')
      await raw.write(`\n\t \r\n${ping(first, domain)}\n  \t`)
      await raw.write(' ')
      await raw.write(`${ping(second, domain)} `)
      for (const id of [first, second]) await raw.next((element) => element.attrs.id === id, 'an answer')
    })

    test('rfc6120/4.6.1/whitespace-keepalive', {
      section: '4.6.1',
      level: 'none',
      statement: 'white space sent as a keepalive before authentication does no harm either',
    }, async ({ stream, account }) => {
      const user = await account('romeo')
      const raw = await stream()
      await raw.openSecure()
      await raw.write(' \n')
      const outcome = await raw.authenticate(user)
      expect.ok(outcome.succeeded, '<success/>', outcome.element)
    })

    test('rfc6120/11.3/byte-by-byte', {
      section: '11.3',
      level: 'none',
      statement: 'a stream header whose every byte travels alone is answered like any other',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      for (const byte of Buffer.from(raw.channel.header({ to: domain }))) await raw.write(Buffer.from([byte]))
      await raw.header()
      await raw.features()
    })

    test('rfc6120/11.3/halves', {
      section: '11.3',
      level: 'none',
      statement: 'a stanza cut in two inside a tag, an entity or a character of four bytes is delivered like any other',
    }, async ({ rawSession, connect, domain, unique }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo')
      const text = `<message to='${juliet.jid}' type='chat'><body>a &amp; 😀</body></message>`
      for (const cut of ['<message t', 'a &am', 'a &amp; ']) {
        const at = Buffer.byteLength(text.slice(0, text.indexOf(cut) + cut.length)) + (cut.endsWith(' ') ? 2 : 0)
        const bytes = Buffer.from(text)
        await raw.write(bytes.subarray(0, at))
        // The server has read the first half by the time it has answered somebody else.
        await juliet.sync()
        await raw.write(bytes.subarray(at))
        await raw.iq(ping(unique(), domain))
        const message = await juliet.message(({ attrs }) => attrs.type === 'chat')
        expect.equal(message.getChildText('body'), 'a & 😀', 'body')
      }
    })

    test('rfc6120/13.12/ten-thousand-bytes', {
      section: '13.12',
      level: 'MUST',
      statement: 'a message of 10000 bytes is not too big',
    }, async ({ rawSession, connect, unique }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo')
      const id = unique()
      const [head, tail] = [`<message to='${juliet.jid}' type='chat' id='${id}'><body>`, '</body></message>']
      await raw.write(head + 'x'.repeat(10_000 - head.length - tail.length) + tail)
      const message = await juliet.message(({ attrs }) => attrs.id === id)
      expect.equal(message.getChildText('body')?.length, 10_000 - head.length - tail.length, 'length of the body')
    })

    test('rfc6120/13.12/too-big', {
      section: '13.12',
      level: 'MUST',
      statement: 'a message of half a megabyte is delivered, or refused with policy-violation',
    }, async ({ rawSession, connect, domain, unique }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo')
      const id = unique()
      const body = 'x'.repeat(500_000)
      await raw.write(`<message to='${juliet.jid}' type='chat' id='${id}'><body>${body}</body></message>`)
      await raw.write(ping(`p-${id}`, domain))
      const answer = await raw.next((el) => el.attrs.id?.endsWith(id) || el.is('error', ns.streams), 'an answer')
      if (answer.is('error', ns.streams)) return void expect.child(answer, 'policy-violation', ns.streamErrors)
      if (answer.is('message')) return void expect.error(answer, 'policy-violation')
      const message = await juliet.message(({ attrs }) => attrs.id === id)
      expect.equal(message.getChildText('body')?.length, body.length, 'length of the body')
    })

    test('rfc6120/13.12/too-big-before-authentication', {
      section: '13.12',
      level: 'none',
      security: true,
      statement: 'a client that has not authenticated cannot send a megabyte of one element',
    }, async ({ stream, given }) => {
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(`<auth xmlns='${ns.sasl}' mechanism='PLAIN'>`)
      for (let n = 0; n < 16 && !raw.isGone; n++) await raw.write('A'.repeat(65_536))
      // The element has no end yet: who answers only to a whole one has read, and kept, all of it.
      const answer = await raw.next(() => true, 'a stream error or a failure').catch(() => undefined)
      const refused = answer ? answer.is('error', ns.streams) || answer.is('failure', ns.sasl) : raw.isGone
      expect.ok(refused, 'a stream error or a failure', answer ?? 'no answer at all')
    })

    test('rfc6120/13.12/deep-nesting', {
      section: '13.12',
      level: 'none',
      security: true,
      statement: 'ten thousand levels of elements do not stop the server',
    }, async ({ rawSession, account, stream }) => {
      const { jid } = await account('juliet')
      const raw = await rawSession('romeo')
      await raw.write(`<message to='${jid}'><body>hi</body><a xmlns='urn:assay:a'>${'<a>'.repeat(9_999)}`)
      await raw.write(`${'</a>'.repeat(10_000)}</message></stream:stream>`)
      await raw.gone().catch(() => {})
      const other = await stream()
      await other.open()
      await other.features()
    })
  },
)
