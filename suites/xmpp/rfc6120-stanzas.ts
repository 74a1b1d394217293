import { defineSuite, type Element, expect, ns, type Session, stanzaError } from '../../harness/suite/index.ts'

const conditions = (
  'bad-request conflict feature-not-implemented forbidden gone internal-server-error item-not-found jid-malformed ' +
  'not-acceptable not-allowed not-authorized policy-violation recipient-unavailable redirect registration-required ' +
  'remote-server-not-found remote-server-timeout resource-constraint service-unavailable subscription-required ' +
  'undefined-condition unexpected-request'
).split(' ')

/** Namespace that nobody knows. */
const unknown = 'urn:assay:unknown'

/** What came with this id, once the server has worked off all that the session sent before. */
async function answersTo(session: Session, id: string): Promise<Element[]> {
  await session.sync()
  return session.seen((element) => element.attrs.id === id)
}

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc6120/8.1.1.1/to-is-kept', {
      section: '8.1.1.1',
      level: 'MUST',
      statement: '`to` arrives as it was sent, bare or full',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      for (const to of [juliet.bare, juliet.jid]) {
        const body = unique()
        await romeo.send(`<message to='${to}' type='chat'><body>${body}</body></message>`)
        const message = await juliet.message((element) => element.getChildText('body') === body)
        expect.attribute(message, 'to', to)
      }
    })

    test('rfc6120/8.1.2.1/from-is-added', {
      section: '8.1.2.1',
      level: 'MUST',
      statement: "a stanza without `from` is delivered with the sender's full JID",
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const body = unique()
      await romeo.send(`<message to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
      const message = await juliet.message((element) => element.getChildText('body') === body)
      expect.attribute(message, 'from', romeo.jid)
    })

    test('rfc6120/8.1.2.1/bare-from-becomes-full', {
      section: '8.1.2.1',
      level: 'MUST',
      statement: "a stanza from one's own bare JID is delivered with the full JID",
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const body = unique()
      await romeo.send(`<message from='${romeo.bare}' to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
      const message = await juliet.message((element) => element.getChildText('body') === body)
      expect.attribute(message, 'from', romeo.jid)
    })

    for (const [slug, whose] of [
      ['another-user', 'another user'],
      ['another-domain', 'another domain'],
      ['the-server', 'the server'],
    ] as const) {
      test(`rfc6120/8.1.2.1/from-of-${slug}`, {
        section: '8.1.2.1',
        level: 'MUST',
        security: true,
        statement: `a stanza with the \`from\` of ${whose} is delivered with the sender's own, or not at all`,
      }, async ({ connect, rawSession, account, domain, unique }) => {
        const juliet = await connect('juliet')
        const mercutio = await account('mercutio')
        const raw = await rawSession('romeo')
        const romeo = await account('romeo')
        const from = {
          'another-user': `${mercutio.jid}/x`,
          'another-domain': 'pope@vatican.invalid/x',
          'the-server': domain,
        }
        const id = unique()
        await raw.write(
          `<message from='${from[slug]}' to='${juliet.jid}' type='chat' id='${id}'><body>lie</body></message>` +
            `<iq type='get' id='p-${id}' to='${domain}'><ping xmlns='${ns.ping}'/></iq>`,
        )
        // A server may also end the stream: what counts is what the other user gets.
        await raw.next((el) => el.attrs.id === `p-${id}` || el.is('error', ns.streams), 'an answer').catch(() => {})
        await juliet.marker(juliet)
        for (const message of juliet.seen(({ attrs }) => attrs.id === id)) {
          const own = message.attrs.from?.startsWith(`${romeo.jid}/`)
          expect.ok(own, `a message from ${romeo.jid}, or none`, message, 'believed')
        }
      })
    }

    test('rfc6120/8.1.2.1/answers-of-the-server', {
      section: '8.1.2.1',
      level: 'MUST',
      statement: "what the server answers on its own behalf carries the server's domain in `from`",
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo')
      const answer = await romeo.iq(`<iq type='get' to='${domain}'><query xmlns='${ns.discoInfo}'/></iq>`)
      expect.attribute(answer, 'from', domain)
    })

    test('rfc6120/8.1.2.1/answers-for-the-account', {
      section: '8.1.2.1',
      level: 'MUST',
      statement: "what the server answers on behalf of the account has no `from`, or the account's bare JID",
    }, async ({ connect }) => {
      const romeo = await connect('romeo')
      const answer = await romeo.iq(`<iq type='get'><query xmlns='${ns.roster}'/></iq>`)
      expect.result(answer, 'the roster')
      const { from } = answer.attrs
      expect.ok(from === undefined || from === romeo.bare, `no \`from\`, or ${romeo.bare}`, answer)
    })

    test('rfc6120/8.1.3/id-comes-back', {
      section: '8.1.3',
      level: 'MUST',
      statement: 'the id of a request comes back to the letter, whatever characters it has',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo')
      const id = `a"b'c<d>&e  ž/日-${'x'.repeat(200)}`
      const attribute = id.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;')
      await romeo.send(`<iq type='get' id='${attribute}' to='${domain}'><ping xmlns='${ns.ping}'/></iq>`)
      await romeo.next((element) => element.is('iq') && element.attrs.id === id, `an answer with the id ${id}`)
    })

    test('rfc6120/8.1.3/message-errors-carry-the-id', {
      section: '8.1.3',
      level: 'MUST',
      statement: 'an error over a message carries the id of that message',
    }, async ({ connect, unique }) => {
      const romeo = await connect('romeo')
      const id = unique()
      await romeo.send(`<message to='nobody@${unique('d')}.invalid' type='chat' id='${id}'><body>hi</body></message>`)
      const isError = (element: Element) => element.attrs.type === 'error'
      const error = await romeo.message(isError, 'an error', 10_000)
      expect.attribute(error, 'id', id)
    })

    test('rfc6120/8.1.5/language-is-kept', {
      section: '8.1.5',
      level: 'MUST',
      statement: 'xml:lang of a message and of its children is delivered unchanged',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const body = unique()
      await romeo.send(
        `<message to='${juliet.jid}' type='chat' xml:lang='cs'><body>${body}</body><body xml:lang='de-CH'>x</body></message>`,
      )
      const message = await juliet.message((element) => element.toString().includes(body))
      expect.attribute(message, 'xml:lang', 'cs')
      const languages = message.getChildren('body').map((child) => child.attrs['xml:lang'])
      expect.ok(languages.includes('de-CH'), "the second body with xml:lang='de-CH'", message)
    })

    for (const [slug, type, what] of [
      ['unknown-type', "type='subscribe'", 'an IQ of a type that does not exist'],
      ['no-type', '', 'an IQ without a type'],
    ] as const) {
      test(`rfc6120/8.2.3/${slug}`, {
        section: '8.2.3',
        level: 'MUST',
        statement: `${what} is answered with bad-request (or ends the stream as invalid XML)`,
      }, async ({ rawSession, domain, unique }) => {
        const raw = await rawSession('romeo')
        const id = unique()
        await raw.write(
          `<iq ${type} id='${id}' to='${domain}'><ping xmlns='${ns.ping}'/></iq>` +
            `<iq type='get' id='p-${id}' to='${domain}'><ping xmlns='${ns.ping}'/></iq>`,
        )
        const isAnswer = ({ attrs }: Element) => attrs.id === id || attrs.id === `p-${id}`
        const answer = await raw.next((el) => isAnswer(el) || el.is('error', ns.streams), 'an answer')
        if (answer.is('error', ns.streams)) {
          const fitting =
            answer.getChild('invalid-xml', ns.streamErrors) ?? answer.getChild('bad-format', ns.streamErrors)
          return expect.ok(fitting, 'the stream error invalid-xml', answer)
        }
        expect.attribute(answer, 'id', id)
        expect.error(answer, 'bad-request')
      })
    }

    test('rfc6120/8.2.3/no-id', {
      section: '8.2.3',
      level: 'MUST',
      statement: 'an IQ get without id is answered by an IQ without id or with an empty one',
    }, async ({ rawSession, domain, unique }) => {
      const raw = await rawSession('romeo')
      const id = unique()
      const ping = `<ping xmlns='${ns.ping}'/>`
      await raw.write(`<iq type='get' to='${domain}'>${ping}</iq><iq type='get' id='${id}' to='${domain}'>${ping}</iq>`)
      const answer = await raw.next((el) => el.is('iq') || el.is('error', ns.streams), 'an answer')
      expect.ok(answer.is('iq'), 'an IQ result or error', answer)
      expect.ok(!answer.attrs.id, 'an answer without id, before that to the next request', answer)
    })

    for (const [slug, stanza, what] of [
      ['result', `type='result'`, 'an IQ result'],
      ['error', `type='error'`, 'an IQ error'],
    ] as const) {
      test(`rfc6120/8.2.3/${slug}-is-not-answered`, {
        section: '8.2.3',
        level: 'MUST',
        statement: `${what} that nobody asked for is not answered by the server, the account or for a user that does not exist`,
      }, async ({ connect, domain, unique }) => {
        const romeo = await connect('romeo')
        const id = unique()
        const inner = slug === 'result' ? '' : `<error type='cancel'><bad-request xmlns='${ns.stanzaErrors}'/></error>`
        for (const to of [domain, romeo.bare, `${unique()}@${domain}`, `${unique()}@${domain}/x`]) {
          await romeo.send(`<iq ${stanza} id='${id}' to='${to}'>${inner}</iq>`)
        }
        await romeo.send(`<iq ${stanza} id='${id}'>${inner}</iq>`)
        // One's own bare JID and no `to` may bring the stanza itself back, but no answer to it.
        const answers = (await answersTo(romeo, id)).filter((element) => element.attrs.from !== romeo.jid)
        expect.none(answers, 'answer')
      })
    }

    test('rfc6120/8.2.3/no-child', {
      section: '8.2.3',
      level: 'MUST',
      statement: 'an IQ get without a child is answered with an error',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo')
      expect.error(await romeo.iq(`<iq type='get' to='${domain}'/>`))
    })

    test('rfc6120/8.2.3/two-children', {
      section: '8.2.3',
      level: 'none',
      statement: 'an IQ get with two children is answered with bad-request',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo')
      const answer = await romeo.iq(
        `<iq type='get' to='${domain}'><ping xmlns='${ns.ping}'/><query xmlns='${ns.discoInfo}'/></iq>`,
      )
      expect.error(answer, 'bad-request')
    })

    test('rfc6120/8.3.1/error-stanza', {
      section: '8.3.1',
      level: 'MUST',
      statement:
        'an error is a stanza of the same kind and id with one <error/>, a defined condition and a defined type',
    }, async ({ connect, domain, unique }) => {
      const romeo = await connect('romeo')
      const id = unique()
      const answer = await romeo.iq(`<iq type='get' id='${id}' to='${domain}'><query xmlns='${unknown}'/></iq>`)
      const found = stanzaError(answer)
      expect.ok(found && answer.getChildren('error').length === 1, 'an error stanza with one <error/>', answer)
      expect.ok(conditions.includes(found.condition), `a defined condition of ${ns.stanzaErrors}`, answer)
      expect.ok(
        ['auth', 'cancel', 'continue', 'modify', 'wait'].includes(found.type ?? ''),
        'an error of type auth, cancel, continue, modify or wait',
        answer,
      )
    })

    test('rfc6120/8.3.1/addresses-are-swapped', {
      section: '8.3.1',
      level: 'SHOULD',
      statement: 'an error comes from whom the stanza was sent to, and goes to the sender',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo')
      const answer = await romeo.iq(`<iq type='get' to='${domain}'><query xmlns='${unknown}'/></iq>`)
      expect.error(answer)
      expect.attribute(answer, 'from', domain)
      expect.attribute(answer, 'to', romeo.jid)
    })

    test('rfc6120/8.3.1/errors-are-not-answered', {
      section: '8.3.1',
      level: 'MUST',
      statement: 'a message or presence of type error is never answered with an error, wherever it goes',
    }, async ({ connect, domain, unique }) => {
      const romeo = await connect('romeo')
      const id = unique()
      const error = `<error type='cancel'><service-unavailable xmlns='${ns.stanzaErrors}'/></error>`
      for (const to of [domain, `${domain}/x`, `${unique()}@${domain}`, `${unique()}@${domain}/x`]) {
        await romeo.send(`<message type='error' id='${id}' to='${to}'>${error}</message>`)
        await romeo.send(`<presence type='error' id='${id}' to='${to}'>${error}</presence>`)
      }
      expect.none(await answersTo(romeo, id), 'answer to an error')
    })

    test('rfc6120/8.4/unknown-namespace', {
      section: '8.4',
      level: 'MUST',
      statement: 'a request of an unknown namespace to the server is answered with service-unavailable',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo')
      const answer = await romeo.iq(`<iq type='get' to='${domain}'><query xmlns='${unknown}'/></iq>`)
      expect.error(answer, 'service-unavailable')
    })

    test('rfc6120/8.4/content-is-delivered-unchanged', {
      section: '8.4',
      level: 'MUST',
      statement: 'content of unknown namespaces, with its attributes, prefixes and depth, is delivered unchanged',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const id = unique()
      await romeo.send(
        `<message to='${juliet.jid}' type='chat' id='${id}'><body>hi</body>` +
          `<a xmlns='urn:assay:a' x='1' xmlns:p='urn:assay:p' p:y='&lt;2&gt;'> t1 <b><p:c z=''/></b>t2<b xmlns=''>ž</b></a>` +
          '</message>',
      )
      const message = await juliet.message(({ attrs }) => attrs.id === id)
      const a = expect.child(message, 'a', 'urn:assay:a')
      expect.attribute(a, 'x', '1')
      const prefix = Object.keys(a.attrs).find((key) => a.attrs[key] === '<2>')
      expect.ok(prefix?.endsWith(':y'), "a namespaced attribute y='<2>'", message)
      const [first, second] = a.getChildElements()
      expect.ok(first?.is('b', 'urn:assay:a') && first.getChild('c', 'urn:assay:p'), '<b><p:c/></b>', message)
      expect.ok(
        second?.getName() === 'b' && second.attrs.xmlns === '' && second.getText() === 'ž',
        "<b xmlns=''>ž</b>",
        message,
      )
      const texts = a.children.filter((child) => typeof child === 'string').join('|')
      expect.equal(texts, ' t1 |t2', 'text between the children')
    })

    test('rfc6120/8.4/unknown-content-of-presence-is-delivered', {
      section: '8.4',
      level: 'MUST',
      statement: 'directed presence is delivered with content of unknown namespaces',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const value = unique()
      await romeo.send(
        `<presence to='${juliet.jid}'><status>hi</status><x xmlns='${unknown}' y='${value}'/></presence>`,
      )
      const presence = await juliet.presence(({ attrs }) => attrs.from === romeo.jid, 'the presence')
      expect.attribute(expect.child(presence, 'x', unknown), 'y', value)
      expect.equal(presence.getChildText('status'), 'hi', 'status')
    })
  },
)
