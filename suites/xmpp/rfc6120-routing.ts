import { defineSuite, type Element, expect, ns, stanzaError } from '../../harness/suite/index.ts'

const unknown = 'urn:assay:unknown'

/** How long a server may take to find out that a domain does not exist, milliseconds. */
const lookUpMs = 12_000

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc6120/10.1/messages-arrive-in-order', {
      section: '10.1',
      level: 'MUST',
      statement: 'fifty messages, to the bare and the full JID in turns, arrive in the order they were sent',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const id = unique()
      let all = ''
      for (let n = 0; n < 50; n++) {
        const to = n % 2 === 0 ? juliet.jid : juliet.bare
        all += `<message to='${to}' type='chat' id='${id}'><body>${n}</body></message>`
      }
      await romeo.send(all)
      const isOurs = (element: Element) => element.attrs.id === id && element.attrs.from === romeo.jid
      const order: (string | null)[] = []
      for (let n = 0; n < 50; n++) order.push((await juliet.message(isOurs, 'the next message')).getChildText('body'))
      expect.equal(order.join(), Array.from({ length: 50 }, (_, n) => n).join(), 'order of messages')
    })

    test('rfc6120/10.1/requests-are-processed-in-order', {
      section: '10.1',
      level: 'MUST',
      statement: 'a request that changes something is in force for the request sent right behind it',
    }, async ({ connect, domain, unique }) => {
      const romeo = await connect('romeo')
      for (let turn = 0; turn < 5; turn++) {
        const contact = `${unique()}@${domain}`
        const id = unique()
        await romeo.send(
          `<iq type='set' id='s-${id}'><query xmlns='${ns.roster}'><item jid='${contact}'/></query></iq>` +
            `<iq type='get' id='g-${id}'><query xmlns='${ns.roster}'/></iq>`,
        )
        const roster = await romeo.next(({ attrs }) => attrs.id === `g-${id}` && attrs.type !== 'set', 'the roster')
        const items = roster.getChild('query', ns.roster)?.getChildren('item') ?? []
        expect.ok(
          items.some(({ attrs }) => attrs.jid === contact),
          `a roster with ${contact}`,
          roster,
        )
      }
    })

    test('rfc6120/10.1/what-stands-before-the-closing-tag', {
      section: '10.1',
      level: 'MUST',
      statement: 'a message in the same segment as the closing tag behind it is delivered',
    }, async ({ connect, rawSession, unique }) => {
      const juliet = await connect('juliet')
      const raw = await rawSession('romeo')
      const body = unique()
      await raw.write(`<message to='${juliet.jid}' type='chat'><body>${body}</body></message></stream:stream>`)
      await juliet.message((element) => element.getChildText('body') === body)
    })

    test('rfc6120/10.3.1/message-without-to', {
      section: '10.3.1',
      level: 'MUST',
      statement: "a message without `to` goes to the sender's own account",
    }, async ({ connect, unique }) => {
      const romeo = await connect('romeo')
      const body = unique()
      await romeo.send(`<message type='chat'><body>${body}</body></message>`)
      await romeo.message((element) => element.getChildText('body') === body, 'the message to oneself')
    })

    test('rfc6120/10.3.3/request-without-to', {
      section: '10.3.3',
      level: 'MUST',
      statement: "a request without `to` is answered on behalf of the sender's own account",
    }, async ({ connect }) => {
      const romeo = await connect('romeo')
      const answer = expect.result(await romeo.iq(`<iq type='get'><query xmlns='${ns.discoInfo}'/></iq>`))
      const identities = expect.child(answer, 'query', ns.discoInfo).getChildren('identity')
      const isAccount = identities.some(({ attrs }) => attrs.category === 'account')
      expect.ok(isAccount, 'the disco identity of an account', answer)
    })

    test('rfc6120/10.3.3/unknown-request-without-to', {
      section: '10.3.3',
      level: 'MUST',
      statement: 'a request of an unknown namespace without `to` is answered with service-unavailable',
    }, async ({ connect }) => {
      const romeo = await connect('romeo')
      expect.error(await romeo.iq(`<iq type='get'><query xmlns='${unknown}'/></iq>`), 'service-unavailable')
    })

    for (const [kind, stanza] of [
      ['message', (to: string, id: string) => `<message to='${to}' type='chat' id='${id}'><body>hi</body></message>`],
      ['iq', (to: string, id: string) => `<iq type='get' to='${to}' id='${id}'><ping xmlns='${ns.ping}'/></iq>`],
    ] as const) {
      test(`rfc6120/10.4.3/${kind}-to-an-unknown-domain`, {
        section: '10.4.3',
        level: 'MUST',
        statement: `a ${kind} to a domain that does not resolve comes back with remote-server-not-found`,
      }, async ({ connect, unique }) => {
        const romeo = await connect('romeo')
        const id = unique()
        await romeo.send(stanza(`nobody@${unique('d')}.invalid`, id))
        const answer = await romeo.next(({ attrs }) => attrs.id === id, 'an error', lookUpMs)
        expect.error(answer, 'remote-server-not-found')
      })
    }

    test('rfc6120/10.5.1/request-to-the-domain', {
      section: '10.5.1',
      level: 'MUST',
      statement: "a request to the server's domain is handled or refused by it",
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo')
      const answer = await romeo.iq(`<iq type='set' to='${domain}'><query xmlns='${unknown}'/></iq>`)
      expect.attribute(answer, 'from', domain)
    })

    test('rfc6120/10.5.2/request-to-a-resource-of-the-domain', {
      section: '10.5.2',
      level: 'MUST',
      statement: "a request to a resource of the server's domain is handled or refused",
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo')
      const answer = await romeo.iq(`<iq type='get' to='${domain}/assay'><ping xmlns='${ns.ping}'/></iq>`)
      expect.ok(
        answer.attrs.from === `${domain}/assay` || answer.attrs.from === domain,
        'an answer of the server',
        answer,
      )
    })

    test('rfc6120/10.5.3.1/message-to-nobody', {
      section: '10.5.3.1',
      level: 'MUST',
      statement: 'a message to a user that does not exist is ignored or refused with service-unavailable',
    }, async ({ connect, domain, unique }) => {
      const romeo = await connect('romeo')
      const id = unique()
      await romeo.send(`<message to='${unique()}@${domain}' type='chat' id='${id}'><body>hi</body></message>`)
      await romeo.sync()
      for (const answer of romeo.seen(({ attrs }) => attrs.id === id)) expect.error(answer, 'service-unavailable')
    })

    test('rfc6120/10.5.3.1/request-to-nobody', {
      section: '10.5.3.1',
      level: 'MUST',
      statement: 'a request to a user that does not exist is refused with service-unavailable',
    }, async ({ connect, domain, unique }) => {
      const romeo = await connect('romeo')
      const answer = await romeo.iq(`<iq type='get' to='${unique()}@${domain}'><query xmlns='${ns.discoInfo}'/></iq>`)
      expect.error(answer, 'service-unavailable')
    })

    test('rfc6120/10.5.3.1/presence-to-nobody', {
      section: '10.5.3.1',
      level: 'SHOULD',
      statement: 'presence to a user that does not exist is ignored',
    }, async ({ connect, domain, unique }) => {
      const romeo = await connect('romeo')
      const nobody = `${unique()}@${domain}`
      await romeo.send(`<presence to='${nobody}'/>`)
      await romeo.sync()
      expect.none(
        romeo.seen(({ attrs }) => attrs.from?.startsWith(nobody) ?? false),
        'answer',
      )
    })

    test('rfc6120/10.5.3.2/request-to-a-bare-jid', {
      section: '10.5.3.2',
      level: 'MUST',
      statement: "a request to a user's bare JID is handled by the server and not shown to that user's clients",
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const id = unique()
      const answer = await romeo.iq(`<iq type='get' id='${id}' to='${juliet.bare}'><query xmlns='${unknown}'/></iq>`)
      expect.error(answer, 'service-unavailable')
      await romeo.marker(juliet)
      expect.none(
        juliet.seen((element) => element.is('iq') && element.attrs.id === id),
        'request at the client',
      )
    })

    test('rfc6120/10.5.4/request-to-a-full-jid', {
      section: '10.5.4',
      level: 'MUST',
      statement: "a request to a connected resource reaches that client unchanged, and the client's answer the sender",
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      const id = unique()
      await romeo.send(`<iq type='set' id='${id}' to='${juliet.jid}'><x xmlns='${unknown}'>hi</x></iq>`)
      const request = await juliet.next((el) => el.is('iq') && el.attrs.from === romeo.jid, 'the request')
      expect.attribute(request, 'id', id)
      expect.equal(expect.child(request, 'x', unknown).getText(), 'hi', 'content')
      await juliet.send(`<iq type='result' id='${id}' to='${romeo.jid}'><y xmlns='${unknown}'/></iq>`)
      const answer = await romeo.next((el) => el.is('iq') && el.attrs.id === id, 'the answer')
      expect.attribute(answer, 'from', juliet.jid)
      expect.child(answer, 'y', unknown)
    })

    test('rfc6120/10.5.4/message-to-a-full-jid', {
      section: '10.5.4',
      level: 'MUST',
      statement: 'a message to a connected resource is delivered to that resource and no other',
    }, async ({ connect, unique }) => {
      const romeo = await connect('romeo')
      const [balcony, chamber] = [await connect('juliet'), await connect('juliet')]
      const body = unique()
      await romeo.send(`<message to='${balcony.jid}' type='chat'><body>${body}</body></message>`)
      await balcony.message((element) => element.getChildText('body') === body)
      await romeo.marker(chamber)
      expect.none(
        chamber.seen((element) => element.getChildText('body') === body),
        'message at the other resource',
      )
    })

    test('rfc6120/10.5.4/request-to-a-resource-that-is-not-there', {
      section: '10.5.4',
      level: 'SHOULD',
      statement:
        'a request to a resource that is not connected is answered with service-unavailable, and shown to nobody',
    }, async ({ connect, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const id = unique()
      const answer = await romeo.iq(
        `<iq type='get' id='${id}' to='${juliet.bare}/${unique()}'><x xmlns='${unknown}'/></iq>`,
      )
      expect.error(answer, 'service-unavailable')
      await romeo.marker(juliet)
      expect.none(
        juliet.seen((element) => element.is('iq') && element.attrs.id === id),
        'request at another resource',
      )
    })

    for (const [slug, jid] of [
      ['localpart', (domain: string) => `a b@${domain}`],
      ['domainpart', () => 'romeo@'],
      ['resourcepart', (domain: string) => `${domain}/${'r'.repeat(1024)}`],
    ] as const) {
      test(`rfc6120/8.3.3.8/malformed-${slug}`, {
        section: '8.3.3.8',
        level: 'SHOULD',
        statement: `a request to a JID whose ${slug} is malformed is refused with jid-malformed`,
      }, async ({ rawSession, domain, unique }) => {
        const raw = await rawSession('romeo')
        const id = unique()
        await raw.write(`<iq type='get' id='${id}' to='${jid(domain)}'><ping xmlns='${ns.ping}'/></iq>`)
        const answer = await raw.next((el) => el.attrs.id === id || el.is('error', ns.streams), 'an answer')
        expect.ok(stanzaError(answer), 'the stanza error jid-malformed', answer)
        expect.error(answer, 'jid-malformed')
      })
    }
  },
)
