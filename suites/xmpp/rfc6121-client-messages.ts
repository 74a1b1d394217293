import { defineSuite, ns } from '../../harness/suite/index.ts'

const control = 'rfc6120/6.4.6/client-logs-in'

export default defineSuite(
  {
    specification: 'RFC 6121',
    title: 'XMPP: Instant Messaging and Presence',
    category: 'IM',
    topic: 'Messages',
    role: 'xmpp-client',
  },
  ({ test }) => {
    const types = [
      { slug: 'message-without-type', attribute: '', what: 'no type' },
      { slug: 'message-of-unknown-type', attribute: ` type='telegram'`, what: 'a type that there is not' },
    ]
    for (const { slug, attribute, what } of types) {
      test(`rfc6121/5.2.2/client-takes-${slug}`, {
        section: '5.2.2',
        leads: slug === 'message-of-unknown-type',
        level: 'MUST',
        control,
        statement: `a message with ${what} is taken for one of type normal: told, and as nothing else`,
      }, async ({ server, client, expect, contact, unique }) => {
        const jid = await client.login()
        const body = unique('normal')
        server.send(`<message from='${contact}/x' to='${jid}'${attribute}><body>${body}</body></message>`)
        const { params } = await client.nextTold('message', (told) => told.body === body, {
          awaited: 'the message, told',
        })
        const others = ['chat', 'groupchat', 'headline', 'error']
        expect.ok(!others.includes(String(params.type)), 'a message of type normal', JSON.stringify(params))
      })
    }

    test('rfc6121/5.2.2/client-tells-error-as-error', {
      section: '5.2.2',
      leads: false,
      level: 'SHOULD',
      control,
      statement: 'a message that comes back as an error is not told as a message that the contact sent',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const body = unique('bounced')
      const error = `<error type='cancel'><service-unavailable xmlns='${ns.stanzaErrors}'/></error>`
      server.send(`<message from='${contact}' to='${jid}' type='error' id='e'><body>${body}</body>${error}</message>`)
      expect.alive(await client.canary(), 'a message of type error')
      const told = client.told('message', (params) => params.body === body && params.type !== 'error')
      expect.ok(told.length === 0, 'that it is told as an error', JSON.stringify(told[0]?.params), 'believed')
    })

    test('rfc6121/5.2.3/client-tells-one-of-several-bodies', {
      section: '5.2.3',
      leads: false,
      level: 'none',
      control,
      statement: 'bodies in several languages are one text: one of them is told, once',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const [first, second] = [unique('english'), unique('czech')]
      server.send(
        `<message from='${contact}/x' to='${jid}' type='chat'><body>${first}</body>` +
          `<body xml:lang='cs'>${second}</body></message>`,
      )
      expect.alive(await client.canary(), 'a message with two bodies')
      const told = client.told('message', ({ body }) => String(body).includes(first) || String(body).includes(second))
      expect.equal(told.length, 1, 'messages told')
      expect.ok(
        [first, second].includes(String(told[0]?.params.body)),
        'one of the two',
        JSON.stringify(told[0]?.params),
      )
    })

    test('rfc6121/5.2.3/client-survives-elements-in-body', {
      section: '5.2.3',
      leads: false,
      level: 'none',
      security: true,
      control,
      statement: 'elements inside a body, where there must be none, do not stop the client',
    }, async ({ server, client, expect, contact }) => {
      const jid = await client.login()
      const body = `<body>one<b xmlns='urn:example:odd'>two</b><body>three</body></body><body/><body/>`
      server.send(`<message from='${contact}/x' to='${jid}' type='chat'>${body}</message>`)
      expect.unharmed(await client.canary(), 'elements inside a body')
    })
  },
)
