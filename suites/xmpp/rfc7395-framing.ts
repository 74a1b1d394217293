import {
  capability,
  defineSuite,
  expect,
  Inconclusive,
  ns,
  parseElement,
  type ServerFixtures,
} from '../../harness/suite/index.ts'
import { conversation, errorMessage, messagesOf, opened, websocket } from './_websocket.ts'

/** Connects and tells why not, where what fails is the sub-protocol. */
async function negotiated({ stream }: ServerFixtures, protocols: string[]): Promise<string> {
  try {
    return (await stream({ ...websocket, websocket: { protocols } })).channel.protocol ?? ''
  } catch (error) {
    if (error instanceof Inconclusive && /subprotocol/i.test(error.message)) return ''
    throw error
  }
}

export default defineSuite(
  {
    specification: 'RFC 7395',
    title: 'An Extensible Messaging and Presence Protocol (XMPP) Subprotocol for WebSocket',
    category: 'Web',
    role: 'xmpp-server',
    requires: [capability('websocket')],
  },
  ({ test }) => {
    test('rfc7395/3.1/sub-protocol', {
      section: '3.1',
      level: 'MUST',
      statement: 'the server confirms the sub-protocol xmpp',
    }, async (fixtures) => {
      expect.equal(await negotiated(fixtures, ['xmpp']), 'xmpp', 'sub-protocol')
    })

    test('rfc7395/3.1/sub-protocol-among-others', {
      section: '3.1',
      level: 'MUST',
      statement: 'the server confirms the sub-protocol xmpp also where the client offers another before it',
    }, async (fixtures) => {
      expect.equal(await negotiated(fixtures, ['assay', 'xmpp']), 'xmpp', 'sub-protocol')
    })

    test('rfc7395/3.2/text-messages', {
      section: '3.2',
      level: 'MUST',
      statement: 'all that the server sends in a session comes in text messages',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      const binary = messagesOf(raw).filter((message) => message.binary)
      expect.ok(binary.length === 0, 'text messages', `${binary.length} binary ones`)
    })

    test('rfc7395/3.2/binary-message-of-the-client', {
      section: '3.2',
      level: 'none',
      statement: '<open/> in a binary message does not open a stream',
    }, async ({ stream }) => {
      const raw = await stream(websocket)
      await raw.write(Buffer.from(raw.channel.header({ to: raw.domain })))
      await raw.write(raw.channel.footerText)
      await raw.gone().catch(() => {})
      const features = raw.seen((element) => element.is('features', ns.streams))
      expect.none(features, 'features for a stream opened in a binary message')
    })

    test('rfc7395/3.3.2/wrong-namespace', {
      section: '3.3.2',
      level: 'MUST',
      statement: '<open/> of another namespace ends the stream with invalid-namespace',
    }, async ({ stream, domain }) => {
      const raw = await stream(websocket)
      await raw.write(`<open xmlns='urn:assay:framing' to='${domain}' version='1.0'/>`)
      const error = await errorMessage(raw)
      expect.ok(error.is(['invalid-namespace']), 'the stream error invalid-namespace', error.element)
    })

    test('rfc7395/3.3.3/messages-stand-alone', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'each message of the server is an XML document of its own, all its prefixes declared',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      const [fault] = raw.faults()
      expect.ok(!fault, 'messages that are XML documents', fault?.message ?? '')
    })

    test('rfc7395/3.3.3/one-element-a-message', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'each message of the server holds one element',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      for (const { text } of messagesOf(raw)) {
        const whole = parseElement(`<all>${text.replace(/^<\?xml[^>]*\?>/, '')}</all>`, { declared: [] })
        expect.ok(whole.getChildElements().length === 1, 'one element in a message', text)
      }
    })

    test('rfc7395/3.3.3/first-character', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'each message of the server begins with "<"',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      for (const { text } of messagesOf(raw)) expect.ok(text.startsWith('<'), 'a message that begins with "<"', text)
    })

    test('rfc7395/3.3.3/no-declaration', {
      section: '3.3.3',
      level: 'SHOULD',
      statement: 'the messages of the server have no XML declaration',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      for (const { text } of messagesOf(raw)) expect.ok(!/^<\?xml/.test(text), 'no XML declaration', text)
    })

    test('rfc7395/3.3.3/stanzas-declare-their-namespace', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'stanzas that the server answers and delivers declare the namespace jabber:client',
    }, async (fixtures) => {
      const raw = await conversation(fixtures)
      const answer = await raw.iq(
        `<iq xmlns='${ns.client}' type='get' id='p1' to='${fixtures.domain}'><ping xmlns='${ns.ping}'/></iq>`,
      )
      expect.attribute(answer, 'xmlns', ns.client)
      const stanzas = messagesOf(raw).filter(({ text }) => /^<(iq|message|presence)\b/.test(text))
      expect.ok(stanzas.length >= 2, 'an answer and a message', `${stanzas.length} stanzas`)
      for (const { text } of stanzas) {
        const element = parseElement(text, { declared: [] })
        expect.ok(element.getNS() === ns.client, `a stanza with xmlns='${ns.client}'`, text)
      }
    })

    test('rfc7395/3.3.3/errors-declare-their-prefix', {
      section: '3.3.3',
      level: 'MUST',
      statement: 'a stream error declares the namespace of streams',
    }, async ({ stream, given }) => {
      const raw = await stream(websocket)
      const { text } = await given('a stream error', async () => {
        await raw.open({ to: 'unknown.invalid' })
        return errorMessage(raw)
      })
      expect.ok(raw.faults().length === 0, `a stream error that declares ${ns.streams}`, text)
    })

    test('rfc7395/3.3.3/half-an-element', {
      section: '3.3.3',
      level: 'none',
      statement: 'half an element in a message, its other half in the next, is a stream error',
    }, async (fixtures) => {
      const raw = await opened(fixtures)
      await raw.write(`<iq xmlns='${ns.client}' type='get' id='half' to='${raw.domain}'>`)
      await raw.write(`<ping xmlns='${ns.ping}'/></iq>`)
      const answer = await raw.next((element) => element.is('iq'), 'a stream error').catch(() => undefined)
      expect.ok(!answer, 'a stream error', answer ?? '')
      await errorMessage(raw)
    })

    test('rfc7395/3.3/session', {
      section: '3.3',
      level: 'MUST',
      statement: 'a client logs in over WebSocket and exchanges messages with one that came over TCP',
    }, async (fixtures) => {
      await conversation(fixtures)
    })
  },
)
