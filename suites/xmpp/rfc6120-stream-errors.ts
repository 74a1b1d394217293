import { defineSuite, expect, ns, type RawStream, type Session } from '../../harness/suite/index.ts'

const defined = (
  'bad-format bad-namespace-prefix conflict connection-timeout host-gone host-unknown improper-addressing ' +
  'internal-server-error invalid-from invalid-namespace invalid-xml not-authorized not-well-formed policy-violation ' +
  'remote-connection-failed reset resource-constraint restricted-xml see-other-host system-shutdown ' +
  'undefined-condition unsupported-encoding unsupported-feature unsupported-stanza-type unsupported-version'
).split(' ')

const header = (attributes: string) => `<?xml version='1.0'?><stream:stream ${attributes}>`
const namespaces = `xmlns='${ns.client}' xmlns:stream='${ns.streams}'`
const wrongStream = (domain: string) =>
  header(`to='${domain}' version='1.0' xmlns='${ns.client}' xmlns:stream='http://wrong.example.org/'`)

/** Waits until the server has worked off what a stream sent before: it answers a ping, or has ended the stream. */
async function workedOff(raw: RawStream, domain: string, id: string) {
  await raw.write(`<iq type='get' id='${id}' to='${domain}'><ping xmlns='${ns.ping}'/></iq>`)
  return raw.next(
    (element) => element.attrs.id === id || element.is('error', ns.streams),
    'an answer or a stream error',
  )
}

/** A stanza that came too early was answered with a stream error, not with a stanza. */
async function refused(raw: RawStream, conditions: string[]) {
  const answer = await raw.next(() => true, 'a stream error')
  expect.ok(answer.is('error', ns.streams), 'a stream error', answer)
  const fitting = conditions.some((condition) => answer.getChild(condition, ns.streamErrors))
  expect.ok(fitting, `the stream error ${conditions.join(' or ')}`, answer)
}

/** What a session has got, once a message of its own to itself has come back. */
async function delivered(session: Session) {
  await session.marker(session)
  return session.seen((element) => !element.is('presence') && element.attrs.type !== 'result')
}

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc6120/4.3.5/stanza-before-authentication', {
      section: '4.3.5',
      level: 'MUST',
      statement: 'a stanza for somebody else before authentication ends the stream with not-authorized',
    }, async ({ stream, account, given }) => {
      const { jid } = await account('juliet')
      const raw = await stream()
      await given('TLS', () => raw.openSecure())
      await raw.write(`<message to='${jid}'><body>hi</body></message></stream:stream>`)
      await refused(raw, ['not-authorized'])
    })

    test('rfc6120/4.3.5/stanza-before-tls', {
      section: '4.3.5',
      level: 'MUST',
      statement: 'a stanza on a stream just opened ends it with not-authorized (policy-violation where TLS is missing)',
    }, async ({ stream, account, given }) => {
      const { jid } = await account('juliet')
      const raw = await stream()
      await given('features', async () => {
        await raw.open()
        await raw.features()
      })
      await raw.write(`<message to='${jid}'><body>hi</body></message></stream:stream>`)
      await refused(raw, ['not-authorized', 'policy-violation'])
    })

    test('rfc6120/4.9.3.12/nothing-is-processed-before-authentication', {
      section: '4.9.3.12',
      level: 'MUST',
      security: true,
      statement: 'a stanza sent before authentication is not delivered',
    }, async ({ stream, connect, given, unique }) => {
      const juliet = await connect('juliet')
      for (const secure of [false, true]) {
        const raw = await stream()
        await given('a stream', () => (secure ? raw.openSecure() : raw.open()))
        const body = unique()
        await raw.write(
          `<message from='${juliet.jid}' to='${juliet.jid}'><body>${body}</body></message></stream:stream>`,
        )
        await given('the end of the stream', () => raw.gone())
        const came = (await delivered(juliet)).filter((element) => element.getChildText('body') === body)
        expect.none(came, 'message of somebody who has not authenticated')
      }
    })

    test('rfc6120/4.8.1/wrong-stream-namespace', {
      section: '4.8.1',
      level: 'MUST',
      statement: 'a stream header in another namespace ends with a stream error',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await raw.write(wrongStream(domain))
      await expect.streamError(raw)
    })

    test('rfc6120/4.8.1/wrong-stream-namespace-is-invalid-namespace', {
      section: '4.8.1',
      level: 'SHOULD',
      statement: 'the stream error for a stream header in another namespace is invalid-namespace',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await raw.write(wrongStream(domain))
      await expect.streamError(raw, 'invalid-namespace')
    })

    test('rfc6120/4.8.1/wrong-root', {
      section: '4.8.1',
      level: 'MUST',
      statement: "a root that is no stream header of the streams' namespace ends with a stream error",
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await raw.write(`<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml' to='${domain}' version='1.0'>`)
      await expect.streamError(raw)
    })

    test('rfc6120/4.8.3/unsupported-content-namespace', {
      section: '4.8.3',
      level: 'MUST',
      statement: 'a stanza in a content namespace that the server does not know ends the stream or is never delivered',
    }, async ({ rawSession, connect, domain, unique }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo')
      const body = unique()
      await raw.write(`<message xmlns='jabber:nobody' to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
      const answer = await workedOff(raw, domain, unique())
      if (answer.is('error', ns.streams)) {
        const condition = answer.getChildElements()[0]?.getName()
        const fitting = ['invalid-namespace', 'unsupported-stanza-type'].includes(condition ?? '')
        expect.ok(fitting, 'the stream error invalid-namespace or unsupported-stanza-type', answer)
      }
      const came = (await delivered(juliet)).filter((element) => element.toString().includes(body))
      expect.none(came, 'stanza of an unknown content namespace')
    })

    test('rfc6120/4.8.4/foreign-elements-are-not-routed', {
      section: '4.8.4',
      level: 'MUST',
      statement: 'a top-level element of another namespace that looks like a message is not delivered',
    }, async ({ rawSession, connect, domain, unique }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo')
      const body = unique()
      await raw.write(
        `<x:message xmlns:x='urn:assay:x' to='${juliet.jid}' type='chat'><body>${body}</body></x:message>`,
      )
      await workedOff(raw, domain, unique())
      const came = (await delivered(juliet)).filter((element) => element.toString().includes(body))
      expect.none(came, 'element of another namespace')
    })

    test('rfc6120/4.8.4/foreign-elements-are-ignored-or-end-the-stream', {
      section: '4.8.4',
      level: 'MUST',
      statement: 'a top-level element of an unknown namespace is ignored or ends the stream with a stream error',
    }, async ({ rawSession, domain, unique }) => {
      const raw = await rawSession('romeo')
      await raw.write(`<foo xmlns='urn:assay:x'><bar/></foo>`)
      const answer = await workedOff(raw, domain, unique())
      const ended = answer.is('error', ns.streams)
      expect.ok(ended || answer.is('iq'), 'an answer to the ping behind it, or a stream error', answer)
      if (ended) await raw.gone()
    })

    test('rfc6120/4.8.4/foreign-elements-are-unsupported-stanza-type', {
      section: '4.8.4',
      level: 'SHOULD',
      statement: 'where an element of an unknown namespace ends the stream, the error is unsupported-stanza-type',
    }, async ({ rawSession, domain, unique }) => {
      const raw = await rawSession('romeo')
      await raw.write(`<foo xmlns='urn:assay:x'><bar/></foo>`)
      const answer = await workedOff(raw, domain, unique())
      if (answer.is('iq')) return
      expect.child(answer, 'unsupported-stanza-type', ns.streamErrors)
    })

    test('rfc6120/4.8.5/other-prefix-for-the-stream', {
      section: '4.8.5',
      level: 'MUST',
      statement: 'a stream header with a prefix other than "stream" is accepted or ends with a stream error',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await raw.write(
        `<?xml version='1.0'?><s:stream to='${domain}' version='1.0' xmlns='${ns.client}' xmlns:s='${ns.streams}'>`,
      )
      const first = await raw.next(() => true, 'features or a stream error')
      const fitting = first.is('features', ns.streams) || first.is('error', ns.streams)
      expect.ok(fitting, 'features or a stream error', first)
    })

    test('rfc6120/4.8.5/stanzas-with-a-prefix-are-corrected', {
      section: '4.8.5',
      level: 'MUST',
      statement: 'a stanza whose own elements carry a prefix is not delivered without having been corrected',
    }, async ({ rawSession, connect, domain, unique }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo')
      const id = unique()
      await raw.write(
        `<p:message xmlns:p='${ns.client}' to='${juliet.jid}' type='chat' id='${id}'><p:body>hi</p:body></p:message>`,
      )
      await workedOff(raw, domain, unique())
      for (const message of (await delivered(juliet)).filter(({ attrs }) => attrs.id === id)) {
        const prefixed = [message, ...message.getChildElements()].some((element) => element.name.includes(':'))
        expect.ok(!prefixed, 'a message without prefixes on elements of the content namespace', message)
      }
    })

    test('rfc6120/4.8.5/declarations-of-the-header-are-kept', {
      section: '4.8.5',
      level: 'MUST',
      statement:
        "content whose namespace the sender's stream header declares is delivered in that namespace, or refused",
    }, async ({ stream, account, connect, domain, given, unique }) => {
      const juliet = await connect('juliet')
      const raw = await stream()
      const user = await account('romeo')
      await given('romeo logs in', async () => {
        await raw.openSecure()
        await raw.authenticate(user)
      })
      raw.channel.restart()
      await raw.write(header(`to='${domain}' version='1.0' ${namespaces} xmlns:x='urn:assay:x'`))
      const answer = await raw.next(() => true, 'features or a stream error')
      if (answer.is('error', ns.streams)) return
      await given('a resource', () => raw.bind())
      const id = unique()
      await raw.write(`<message to='${juliet.jid}' type='chat' id='${id}'><body>hi</body><x:foo/></message>`)
      await workedOff(raw, domain, unique())
      for (const message of (await delivered(juliet)).filter(({ attrs }) => attrs.id === id)) {
        expect.child(message, 'foo', 'urn:assay:x')
      }
    })

    test('rfc6120/4.9.1.1/errors-end-the-stream', {
      section: '4.9.1.1',
      level: 'MUST',
      statement: 'behind a stream error come the closing tag and the end of the connection',
    }, async ({ rawSession }) => {
      const raw = await rawSession('romeo')
      await raw.write('<message><body>no closing tag</message>')
      await expect.streamError(raw)
      await raw.footer()
      await raw.write('</stream:stream>')
      await raw.gone()
    })

    test('rfc6120/4.9.1.2/error-during-setup-comes-inside-a-stream', {
      section: '4.9.1.2',
      level: 'MUST',
      statement: 'an error over the stream header comes between an opening and a closing tag of the server',
    }, async ({ stream, domain }) => {
      const raw = await stream()
      await raw.write(wrongStream(domain))
      const opening = await raw.header()
      expect.ok(opening.is('stream', ns.streams), 'a stream header of the right namespace', opening)
      await expect.streamError(raw)
      await raw.footer()
    })

    test('rfc6120/4.9.1.3/unknown-host-is-not-claimed', {
      section: '4.9.1.3',
      level: 'MUST',
      statement: 'asked for a host that it does not serve, the server names a domain of its own or none in `from`',
    }, async ({ stream }) => {
      const raw = await stream()
      const opening = await raw.open({ to: 'unknown.invalid' })
      expect.ok(opening.attrs.from !== 'unknown.invalid', 'a `from` that is its own or empty', opening)
    })

    test('rfc6120/4.9.2/error-syntax', {
      section: '4.9.2',
      level: 'MUST',
      statement: 'a stream error holds one defined condition of its namespace, and any text in the same namespace',
    }, async ({ stream, given, account }) => {
      const { jid } = await account('romeo')
      const raw = await stream()
      const { element } = await given('a stream error', async () => {
        await raw.write(raw.channel.header({ to: 'unknown.invalid' }))
        const error = await raw.streamError().catch(() => undefined)
        if (error) return error
        const other = await stream()
        await other.open()
        await other.write(`<message to='${jid}'><body>hi</body></message>`)
        return other.streamError()
      })
      const children = element.getChildElements()
      const conditions = children.filter((child) => defined.includes(child.getName()))
      expect.equal(conditions.length, 1, 'number of defined conditions')
      for (const child of [...conditions, ...children.filter((child) => child.getName() === 'text')]) {
        expect.ok(child.getNS() === ns.streamErrors, `children in the namespace ${ns.streamErrors}`, element)
      }
    })

    test('rfc6120/4.9.3.6/host-unknown', {
      section: '4.9.3.6',
      level: 'MUST',
      statement: 'a stream to a host that the server does not serve ends with host-unknown',
    }, async ({ stream }) => {
      const raw = await stream()
      await raw.open({ to: 'unknown.invalid' })
      await expect.streamError(raw, ['host-unknown', 'host-gone'])
    })

    test('rfc6120/4.9.3.24/unknown-name-in-the-content-namespace', {
      section: '4.9.3.24',
      level: 'none',
      statement: 'a top-level element of jabber:client that is no stanza ends the stream with unsupported-stanza-type',
    }, async ({ rawSession, domain, unique }) => {
      const raw = await rawSession('romeo')
      await raw.write(`<pubsub><publish node='x'/></pubsub>`)
      const answer = await workedOff(raw, domain, unique())
      expect.ok(answer.is('error', ns.streams), 'a stream error', answer)
      expect.child(answer, 'unsupported-stanza-type', ns.streamErrors)
    })
  },
)
