import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import {
  askedAfterTheEnd,
  boshControl,
  messageTo,
  nextPoll,
  requestsWithin,
  restarts,
  terminal,
  xboshAttribute,
} from './_bosh.ts'

const control = 'xep-0206/5/client-restarts-stream'

export default defineSuite(
  {
    specification: 'XEP-0206',
    version: '1.4',
    title: 'XMPP Over BOSH',
    category: 'Web',
    topic: 'Stream',
    role: 'xmpp-client',
    requires: [capability('bosh')],
  },
  ({ test }) => {
    test(control, {
      section: '5',
      level: 'MUST',
      control: boshControl,
      statement: 'after authentication the client asks for a new stream',
    }, async ({ server, client, expect }) => {
      const outcome = await client.attempt()
      const asked = restarts(server)
      expect.equal(asked.length, 1, 'requests that restart the stream')
      expect.online(outcome, 'the server does everything right')
    })

    test('xep-0206/5/client-names-domain-on-restart', {
      section: '5',
      level: 'SHOULD',
      control,
      statement: 'the request for a new stream names the domain',
    }, async ({ server, client, expect, domain }) => {
      await client.login()
      for (const body of restarts(server)) expect.attribute(body, 'to', domain)
    })

    test('xep-0206/5/client-restarts-with-empty-body', {
      section: '5',
      level: 'SHOULD',
      control,
      statement: 'the request for a new stream carries no stanza',
    }, async ({ server, client, expect }) => {
      await client.login()
      for (const body of restarts(server)) expect.none(body.getChildElements(), 'an element in the request')
    })

    test('xep-0206/3/client-says-version', {
      section: '3',
      leads: false,
      level: 'SHOULD',
      control: boshControl,
      statement: 'the request for a session says which version of XMPP is spoken',
    }, async ({ server, client, expect }) => {
      await client.login()
      const first = server.bosh.requests[0]?.body
      expect.equal(first && xboshAttribute(first, 'version'), '1.0', 'version')
    })

    test('xep-0206/3/client-sends-no-stream-tags', {
      section: '3',
      level: 'MUST',
      control,
      statement: 'no stream header travels in the requests: streams are the server’s business',
    }, async ({ server, client, expect }) => {
      await client.attempt()
      const elements = requestsWithin(server).flatMap(({ body }) => body?.getChildElements() ?? [])
      expect.none(
        elements.filter((element) => element.getName() === 'stream'),
        'a stream header',
      )
    })

    test('xep-0206/2/client-qualifies-stanzas', {
      section: '2',
      leads: false,
      level: 'SHOULD',
      control,
      statement: 'stanzas in requests are in the namespace jabber:client',
    }, async ({ server, client, expect }) => {
      await client.login()
      await client.call('message', { to: server.account.jid, body: 'qualified' })
      await server.next((element) => element.is('message'), { awaited: 'the message' })
      const stanzas = server.seen((element) => ['iq', 'message', 'presence'].includes(element.getName()))
      for (const stanza of stanzas) expect.equal(stanza.getNS(), ns.client, 'namespace')
    })

    test('xep-0206/4/client-waits-for-features', {
      section: '4',
      leads: false,
      level: 'SHOULD',
      control,
      statement: 'where the session comes without features, the client asks with empty requests until they come',
    }, async ({ server, client, expect }) => {
      let features = ''
      server.deviate('features.encrypted', ({ usual }) => {
        features = usual
        return ''
      })
      const attempt = client.attempt()
      const polled = server.bosh
        .next(({ sid }) => sid !== undefined, { awaited: 'an empty request' })
        .then(
          ({ body }) => {
            server.send(features)
            return body?.getChildElements()
          },
          () => undefined,
        )
      expect.online(await attempt, 'although the features come later')
      expect.none((await polled) ?? [], 'an element in the request before the features')
    })

    test('xep-0206/4/client-ignores-starttls', {
      section: '4',
      level: 'SHOULD',
      control,
      statement: 'STARTTLS among the features is ignored over BOSH',
    }, async ({ server, client, expect }) => {
      server.deviate('features.encrypted', ({ usual }) =>
        usual.replace('<stream:features>', `<stream:features><starttls xmlns='${ns.tls}'/>`),
      )
      expect.online(await client.attempt(), 'although STARTTLS is offered')
      expect.none(
        server.seen((element) => element.is('starttls', ns.tls)),
        '<starttls/> over BOSH',
      )
    })

    test('xep-0206/6/client-takes-stanzas-before-stream-error', {
      section: '6',
      leads: false,
      level: 'none',
      control,
      statement: 'stanzas that come with the stream error that ends the session are still taken',
    }, async (fixtures) => {
      const { server, client, unique } = fixtures
      const jid = await client.login()
      await nextPoll(fixtures)
      const body = unique('last')
      const error = `<stream:error><system-shutdown xmlns='${ns.streamErrors}'/></stream:error>`
      server.send(terminal('remote-stream-error', `${messageTo(fixtures, jid, body)}${error}`))
      await client.nextTold('message', (params) => params.body === body, { awaited: 'the message, told' })
    })

    test('xep-0206/6/client-ends-on-stream-error', {
      section: '6',
      level: 'none',
      control,
      statement: 'a stream error ends the session: nothing more is asked in it',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      await client.login()
      await nextPoll(fixtures)
      server.send(`<stream:error><policy-violation xmlns='${ns.streamErrors}'/></stream:error>`)
      expect.closed(await client.closes(), 'a stream error')
      await client.quiet()
      expect.none(askedAfterTheEnd(server), 'a request in a session that is over')
    })
  },
)
