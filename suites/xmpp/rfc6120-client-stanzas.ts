import { capability, defineSuite, ns, presumed } from '../../harness/suite/index.ts'
import { answersTo, ask, disco } from './_client-iq.ts'

const control = 'rfc6120/8.2.3/client-answers-request'
const loggedIn = 'rfc6120/6.4.6/client-logs-in'
const queried = [capability('query')]

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'IQ',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test(control, {
      section: '8.2.3',
      level: 'MUST',
      requires: [presumed('iq-requests')],
      statement: 'an IQ request is answered with a result or an error, under the same id',
    }, async (fixtures) => {
      const { expect } = fixtures
      const [answer] = await answersTo(
        fixtures,
        `<iq type='get' id='$ID' from='$DOMAIN' to='$JID'><query xmlns='${ns.discoInfo}'/></iq>`,
      )
      expect.ok(answer, 'an answer', 'none', 'silent')
      expect.ok(['result', 'error'].includes(answer?.attrs.type ?? ''), 'a result or an error', answer ?? 'none')
    })

    test('rfc6120/8.2.3/client-answers-who-asked', {
      section: '8.2.3',
      level: 'MUST',
      control,
      statement: 'the answer to an IQ request is addressed to the one who asked',
    }, async (fixtures) => {
      const { expect, contact } = fixtures
      const [answer] = await answersTo(
        fixtures,
        `<iq type='get' id='$ID' from='$CONTACT' to='$JID'><query xmlns='${ns.discoInfo}'/></iq>`,
      )
      expect.equal(answer?.attrs.to, `${contact}/x`, 'to')
    })

    test('rfc6120/8.4/client-refuses-unknown-request', {
      section: '8.4',
      level: 'MUST',
      control,
      statement: 'an IQ request with a payload that the client does not know gets <service-unavailable/>',
    }, async (fixtures) => {
      const { expect } = fixtures
      const [answer] = await answersTo(
        fixtures,
        `<iq type='get' id='$ID' from='$CONTACT' to='$JID'><query xmlns='urn:example:unheard-of'/></iq>`,
      )
      expect.ok(answer, 'an error <service-unavailable/>', 'no answer', 'silent')
      if (answer) expect.error(answer, 'service-unavailable')
    })

    test('rfc6120/8.2.3/client-answers-set', {
      section: '8.2.3',
      level: 'MUST',
      control,
      statement: 'an IQ of type set is answered as one of type get is',
    }, async (fixtures) => {
      const { expect } = fixtures
      const [answer] = await answersTo(
        fixtures,
        `<iq type='set' id='$ID' from='$CONTACT' to='$JID'><query xmlns='urn:example:unheard-of'/></iq>`,
      )
      expect.ok(answer, 'an error', 'no answer', 'silent')
      if (answer) expect.error(answer)
    })

    test('rfc6120/8.2.3/client-refuses-unknown-type', {
      section: '8.2.3',
      level: 'MUST',
      control,
      statement: 'an IQ of a type that there is not gets <bad-request/>',
    }, async (fixtures) => {
      const { expect } = fixtures
      const [answer] = await answersTo(
        fixtures,
        `<iq type='give' id='$ID' from='$CONTACT' to='$JID'><query xmlns='${ns.discoInfo}'/></iq>`,
      )
      expect.ok(answer, 'an error <bad-request/>', 'no answer', 'silent')
      if (answer) expect.error(answer, 'bad-request')
    })

    test('rfc6120/8.3.1/client-refuses-request-without-payload', {
      section: '8.3.1',
      level: 'MUST',
      control,
      statement: 'an IQ request without a child element is an error, and the client says so',
    }, async (fixtures) => {
      const { expect } = fixtures
      const [answer] = await answersTo(fixtures, `<iq type='get' id='$ID' from='$CONTACT' to='$JID'/>`)
      expect.ok(answer, 'an error', 'no answer', 'silent')
      if (answer) expect.error(answer)
    })

    test('rfc6120/8.3.1/client-refuses-request-with-two-payloads', {
      section: '8.3.1',
      level: 'MUST',
      control,
      statement: 'an IQ request with two child elements is an error, and the client says so',
    }, async (fixtures) => {
      const { expect } = fixtures
      const [answer] = await answersTo(
        fixtures,
        `<iq type='get' id='$ID' from='$CONTACT' to='$JID'><query xmlns='${ns.discoInfo}'/><ping xmlns='${ns.ping}'/></iq>`,
      )
      expect.ok(answer, 'an error', 'no answer', 'silent')
      if (answer) expect.error(answer)
    })

    test('rfc6120/8.2.3/client-answers-no-result', {
      section: '8.2.3',
      level: 'MUST',
      control,
      statement: 'a result that nobody waits for is not answered',
    }, async (fixtures) => {
      const answers = await answersTo(
        fixtures,
        `<iq type='result' id='$ID' from='$CONTACT' to='$JID'><query xmlns='${ns.discoInfo}'/></iq>`,
      )
      fixtures.expect.none(answers, 'answer to a result')
    })

    test('rfc6120/8.3.1/client-answers-no-error', {
      section: '8.3.1',
      level: 'MUST',
      control,
      statement: 'an error stanza is not answered',
    }, async (fixtures) => {
      const condition = `<error type='cancel'><item-not-found xmlns='${ns.stanzaErrors}'/></error>`
      const answers = await answersTo(
        fixtures,
        `<iq type='error' id='$ID' from='$CONTACT' to='$JID'><query xmlns='urn:example:unheard-of'/>${condition}</iq>`,
      )
      fixtures.expect.none(answers, 'answer to an error')
    })

    test('rfc6120/8.2.3/client-lives-with-request-without-id', {
      section: '8.2.3',
      level: 'none',
      security: true,
      control: loggedIn,
      statement: 'an IQ request without an id does not stop the client',
    }, async ({ server, client, expect, contact }) => {
      const jid = await client.login()
      server.send(`<iq type='get' from='${contact}/x' to='${jid}'><query xmlns='${ns.discoInfo}'/></iq>`)
      expect.alive(await client.canary(), 'an IQ request without an id')
    })

    test('rfc6120/8.1.3/client-matches-answer', {
      section: '8.1.3',
      level: 'MUST',
      requires: queried,
      control: loggedIn,
      statement: 'the answer to a request is told to the one who asked',
    }, async ({ client, expect, server, contact }) => {
      await client.login()
      server.deviate('iq.reply', ({ iq, namespace }) =>
        namespace === ns.discoInfo
          ? `<iq type='result' id='${iq.attrs.id}' from='${iq.attrs.to}' to='x'>${disco('right')}</iq>`.replace(
              " to='x'",
              '',
            )
          : undefined,
      )
      const told = await ask(client, `${contact}/x`)
      expect.ok(told.includes('right'), 'the answer, told', told)
    })

    test('rfc6120/8.1.2.1/client-refuses-answer-of-stranger', {
      section: '8.1.2.1',
      leads: true,
      level: 'none',
      security: true,
      requires: queried,
      control: 'rfc6120/8.1.3/client-matches-answer',
      statement: 'an answer that comes from somebody who was not asked is not taken for the answer',
    }, async ({ client, expect, server, contact, stranger }) => {
      await client.login()
      server.deviate('iq.reply', ({ iq, namespace }) => {
        if (namespace !== ns.discoInfo) return undefined
        const answer = (from: string | undefined, marker: string) =>
          `<iq type='result' id='${iq.attrs.id}' from='${from}'>${disco(marker)}</iq>`
        return [answer(stranger, 'forged'), answer(iq.attrs.to, 'right')]
      })
      const told = await ask(client, `${contact}/x`)
      expect.ok(
        !told.includes('forged'),
        'that it waits for the one it asked',
        `it took the answer of ${stranger}`,
        'believed',
      )
      expect.ok(told.includes('right'), 'the right answer, told', told, 'refused')
    })

    test('rfc6120/8.1.3/client-refuses-answer-with-wrong-id', {
      section: '8.1.3',
      level: 'MUST',
      requires: queried,
      control: 'rfc6120/8.1.3/client-matches-answer',
      statement: 'an answer under another id is not the answer',
    }, async ({ client, expect, server, contact }) => {
      await client.login()
      server.deviate('iq.reply', ({ iq, namespace }) => {
        if (namespace !== ns.discoInfo) return undefined
        const answer = (id: string, marker: string) =>
          `<iq type='result' id='${id}' from='${iq.attrs.to}'>${disco(marker)}</iq>`
        return [answer(`${iq.attrs.id}-not`, 'forged'), answer(iq.attrs.id ?? '', 'right')]
      })
      const told = await ask(client, `${contact}/x`)
      expect.ok(
        !told.includes('forged'),
        'that the id is compared',
        'it took the answer to another request',
        'believed',
      )
      expect.ok(told.includes('right'), 'the right answer, told', told, 'refused')
    })

    test('rfc6120/8.4/client-ignores-unknown-extension', {
      section: '8.4',
      level: 'MUST',
      control: loggedIn,
      statement: 'a part of a message that the client does not understand is ignored, and the rest is read',
    }, async ({ server, client, contact, unique }) => {
      const jid = await client.login()
      const body = unique('known')
      server.send(
        `<message from='${contact}/x' to='${jid}' type='chat'><odd xmlns='urn:example:odd'><body>no</body></odd>` +
          `<body>${body}</body></message>`,
      )
      await client.nextTold('message', (params) => params.body === body, { awaited: 'the message, told with its body' })
    })

    test('rfc6120/4.9.3.24/client-survives-unknown-element', {
      section: '4.9.3.24',
      level: 'none',
      security: true,
      control: loggedIn,
      statement: 'a top-level element that is no stanza does not stop the client',
    }, async ({ server, client, expect }) => {
      await client.login()
      server.send(`<odd xmlns='urn:example:odd'><body>no</body></odd>`)
      expect.unharmed(await client.canary(), 'an unknown top-level element')
    })

    test('rfc6120/8.3.1/client-takes-error-message-for-no-message', {
      section: '8.3.1',
      level: 'MUST',
      control: loggedIn,
      statement: 'a message of type error is not answered with an error',
    }, async ({ server, client, expect, stranger, unique }) => {
      const jid = await client.login()
      const id = unique('bounced')
      server.send(
        `<message from='${stranger}' to='${jid}' type='error' id='${id}'><body>${id}</body>` +
          `<error type='cancel'><item-not-found xmlns='${ns.stanzaErrors}'/></error></message>`,
      )
      expect.alive(await client.canary(), 'a message of type error')
      expect.none(
        server.seen((element) => element.is('message') && element.attrs.to === stranger),
        'answer to an error',
      )
    })

    test('rfc6120/8.1.2/client-lives-with-nonsense-in-from', {
      section: '8.1.2',
      level: 'none',
      security: true,
      control: loggedIn,
      statement: 'a sender that is no JID does not stop the client',
    }, async ({ server, client, expect }) => {
      const jid = await client.login()
      for (const from of ['@', 'a@b@c/d', '//', 'x@/y', '&#x202e;@example.test']) {
        server.send(`<message from='${from}' to='${jid}' type='chat'><body>from nowhere</body></message>`)
        server.send(`<presence from='${from}' to='${jid}'/>`)
      }
      expect.unharmed(await client.canary(), 'stanzas from addresses that are none')
    })
  },
)
