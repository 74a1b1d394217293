import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { askedAfterTheEnd, boshControl, messageTo, nextPoll, requestsWithin } from './_bosh.ts'

/** Initial request ids at or below this are no "large" ones: the specification names no bound. */
const small = 65_536

export default defineSuite(
  {
    specification: 'XEP-0124',
    version: '1.11.2',
    title: 'Bidirectional-streams Over Synchronous HTTP (BOSH)',
    category: 'Web',
    topic: 'Stream',
    role: 'xmpp-client',
    requires: [capability('bosh')],
  },
  ({ test }) => {
    test(boshControl, {
      section: '7.1',
      level: 'MUST',
      statement: 'the first request asks for a session and names none',
    }, async ({ server, client, expect }) => {
      const outcome = await client.attempt()
      const first = server.bosh.requests[0]?.body
      expect.ok(first, 'a <body/> first', server.bosh.requests[0]?.text.slice(0, 200) ?? 'nothing')
      expect.equal(first?.attrs.sid ?? 'none', 'none', 'sid')
      expect.online(outcome, 'the server does everything right')
    })

    test('xep-0124/7.1/client-names-domain', {
      section: '7.1',
      level: 'SHOULD',
      control: boshControl,
      statement: 'the request for a session names the target domain',
    }, async ({ server, client, expect, domain }) => {
      await client.attempt()
      expect.equal(server.bosh.requests[0]?.body?.attrs.to, domain, 'to')
    })

    test('xep-0124/7.1/client-says-version-wait-and-hold', {
      section: '7.1',
      level: 'SHOULD',
      control: boshControl,
      statement: 'the request for a session says the version, how long and how many requests may be held',
    }, async ({ server, client, expect }) => {
      await client.login()
      const { ver = '', wait = '', hold = '' } = server.bosh.requests[0]?.body?.attrs ?? {}
      expect.ok(/^\d+\.\d+$/.test(ver), 'a version such as 1.11', ver || 'none')
      expect.ok(/^\d+$/.test(wait), 'seconds to wait', wait || 'none')
      expect.ok(/^\d+$/.test(hold), 'requests to hold', hold || 'none')
    })

    test('xep-0124/7.1/client-names-session', {
      section: '7.1',
      level: 'MUST',
      control: boshControl,
      statement: 'all requests after the first name the session by the sid that the server gave it',
    }, async ({ server, client, expect }) => {
      const { kind } = await client.attempt()
      const later = server.bosh.requests.slice(1).filter(({ body }) => body)
      expect.ok(later.length > 0 || kind === 'online', 'a second request', 'none')
      for (const { sid } of later) expect.equal(sid, server.bosh.sessions[0]?.sid ?? '', 'sid')
    })

    test('xep-0124/7.1/client-keeps-sid', {
      section: '7.1',
      level: 'MUST',
      control: boshControl,
      statement: 'the sid of the session is that of its creation, whatever a later answer says',
    }, async ({ server, client, expect }) => {
      server.deviate('bosh.response', ({ usual, request }) =>
        request.sid === undefined ? undefined : usual.replace('<body', `<body sid='of-somebody-else'`),
      )
      const outcome = await client.attempt()
      for (const { sid } of server.bosh.requests.slice(1)) expect.equal(sid, server.bosh.sessions[0]?.sid ?? '', 'sid')
      expect.online(outcome, 'although answers name another session')
    })

    test('xep-0124/7.2/client-needs-session', {
      section: '7.2',
      level: 'MUST',
      control: boshControl,
      statement: 'a client that was given no session id asks nothing in that session',
    }, async ({ server, client, expect }) => {
      server.deviate('stream.header', ({ usual }) => usual.replace(/ sid='[^']*'/, ''))
      const outcome = await client.attempt()
      expect.none(
        requestsWithin(server).flatMap(({ body }) => body ?? []),
        'a request in a session that has no id',
      )
      expect.refusal(outcome, 'the answer names no session')
    })

    test('xep-0124/5/client-posts', {
      section: '5',
      leads: false,
      level: 'MUST',
      control: boshControl,
      statement: 'all requests are HTTP POST requests',
    }, async ({ server, client, expect }) => {
      const outcome = await client.attempt()
      expect.equal(server.bosh.others.join(' ') || 'POST alone', 'POST alone', 'methods')
      expect.online(outcome, 'the server does everything right')
    })

    test('xep-0124/5/client-names-content-type', {
      section: '5',
      level: 'SHOULD',
      control: boshControl,
      statement: 'the content type of requests is text/xml in UTF-8',
    }, async ({ server, client, expect }) => {
      await client.login()
      for (const { headers } of server.bosh.requests) {
        const type = headers['content-type']?.toLowerCase().replaceAll(/[\s"]/g, '')
        expect.equal(type, 'text/xml;charset=utf-8', 'Content-Type')
      }
    })

    test('xep-0124/5/client-sends-no-chunks', {
      section: '5',
      level: 'SHOULD',
      control: boshControl,
      statement: 'requests do not come in chunks, which proxies hold back',
    }, async ({ server, client, expect }) => {
      await client.login()
      for (const { headers } of server.bosh.requests) {
        expect.equal(headers['transfer-encoding'] ?? 'none', 'none', 'Transfer-Encoding')
      }
    })

    test('xep-0124/6/client-wraps-in-body', {
      section: '6',
      level: 'MUST',
      control: boshControl,
      statement: 'each request holds one <body/> of BOSH, with elements in it and no text',
    }, async ({ server, client, expect }) => {
      const outcome = await client.attempt()
      for (const { fault, body } of server.bosh.requests) {
        expect.equal(fault ?? 'a <body/>', 'a <body/>', 'content')
        const texts = body?.children
          .filter((child) => typeof child === 'string')
          .join('')
          .trim()
        expect.equal(texts || 'none', 'none', 'text in the <body/>')
      }
      expect.online(outcome, 'the server does everything right')
    })

    test('xep-0124/14.1/client-increments-rid', {
      section: '14.1',
      level: 'MUST',
      control: boshControl,
      statement: 'each request has the id of the one before it and one more',
    }, async ({ server, client, expect }) => {
      await client.attempt()
      const rids = [...new Set(server.bosh.requests.map(({ rid = 0 }) => rid))].sort((a, b) => a - b)
      const [first = 0] = rids
      expect.equal(rids.join(' '), rids.map((_rid, index) => first + index).join(' '), 'request ids')
      expect.ok(rids.length > 3, 'requests until it is online', `${rids.length}`)
    })

    test('xep-0124/14.1/client-starts-with-large-rid', {
      section: '14.1',
      level: 'MUST',
      control: boshControl,
      statement: 'the first request id is a large number, and far enough from the highest that there is',
    }, async ({ server, client, expect }) => {
      await client.login()
      const first = server.bosh.requests[0]?.rid ?? 0
      expect.ok(first > small, `more than ${small}`, `${first}`)
      expect.ok(first < Number.MAX_SAFE_INTEGER - 2 ** 32, 'room for four billion more', `${first}`)
    })

    test('xep-0124/14.2/client-takes-answers-in-order', {
      section: '14.2',
      level: 'MUST',
      control: boshControl,
      statement: 'answers are processed in the order of their requests, in whatever order they arrive',
    }, async (fixtures) => {
      const { server, client, expect, account, given, unique } = fixtures
      const jid = await client.login()
      const [one, two] = [unique('one'), unique('two')]
      const earlier = await nextPoll(fixtures)
      const { session } = server.bosh
      const later = await given('the client has two requests under way', async () => {
        if (session) session.manual = true
        await client.call('message', { to: account.jid, body: 'over there' })
        const request = await server.bosh.next(({ text }) => text.includes('over there'), { awaited: 'the message' })
        return request.rid ?? 0
      })
      session?.answer(later, [messageTo(fixtures, jid, two)])
      await client.turn()
      session?.answer(earlier, [messageTo(fixtures, jid, one)])
      session?.release()
      await client.nextTold('message', ({ body }) => body === one, { awaited: 'the message of the first answer' })
      await client.nextTold('message', ({ body }) => body === two, { awaited: 'the message of the second answer' })
      const told = client.told('message').map(({ params }) => params.body)
      expect.ok(told.indexOf(one) < told.indexOf(two), 'the first answer first', 'the second first')
    })

    test('xep-0124/10/client-keeps-a-request-waiting', {
      section: '10',
      leads: false,
      level: 'SHOULD',
      control: boshControl,
      statement: 'when an answer leaves no request waiting, the client makes one at once',
    }, async (fixtures) => {
      const { server, client } = fixtures
      const jid = await client.login()
      const known = new Set(server.bosh.requests)
      server.send(messageTo(fixtures, jid, 'there'))
      await server.bosh.next((request) => !known.has(request), { awaited: 'the next request' })
    })

    test('xep-0124/11/client-keeps-to-number-of-requests', {
      section: '11',
      leads: false,
      level: 'SHOULD',
      control: boshControl,
      statement: 'no more requests are under way at a time than the server allows, and what waits is sent later',
    }, async (fixtures) => {
      const { server, client, expect, account, unique } = fixtures
      await client.login()
      await nextPoll(fixtures)
      const { session } = server.bosh
      if (session) session.manual = true
      const bodies = Array.from({ length: 6 }, () => unique('many'))
      await Promise.all(bodies.map((body) => client.call('message', { to: account.jid, body })))
      await client.quiet()
      const under = session?.waiting.length ?? 0
      session?.release()
      expect.ok(under <= (session?.window ?? 0), `${session?.window} requests at most`, `${under}`)
      const arrived = (element: { getChildText(name: string): string | null }) =>
        element.getChildText('body') === bodies.at(-1)
      await server.next((element) => element.is('message', ns.client) && arrived(element), {
        awaited: 'the last message',
      })
    })

    test('xep-0124/13/client-ends-session', {
      section: '13',
      leads: false,
      level: 'none',
      control: boshControl,
      statement: 'a client that logs out tells the server that the session ends',
    }, async ({ server, client, expect }) => {
      await client.login()
      await Promise.race([client.call('logout').catch(() => undefined), client.closes()])
      expect.closed(await client.closes(), 'it was told to log out')
      const last = requestsWithin(server).findLast(({ body }) => body?.attrs.type !== undefined)
      expect.equal(last?.body?.attrs.type, 'terminate', 'type of its last request')
    })

    test('xep-0124/13/client-is-silent-after-the-end', {
      section: '13',
      level: 'MUST',
      control: boshControl,
      statement: 'when the server has answered the end of the session, nothing more is asked in it',
    }, async ({ server, client, expect, given }) => {
      await client.login()
      await given('the client ends the session', async () => {
        await Promise.race([client.call('logout').catch(() => undefined), client.closes()])
        await server.bosh.next(({ body }) => body?.attrs.type === 'terminate', { awaited: 'the end of the session' })
      })
      await client.quiet()
      // What was under way when the answer was sent is no breach.
      const under = (server.bosh.session?.window ?? 1) - 1
      expect.none(askedAfterTheEnd(server).slice(under), 'a request in a session that is over')
    })
  },
)
