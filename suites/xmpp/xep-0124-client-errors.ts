import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { askedAfterTheEnd, boshControl, messageTo, nextPoll, requestsWithin, terminal } from './_bosh.ts'
import { refusesCertificate, wrongCertificates } from './_client-certificates.ts'

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
    test('xep-0124/17.2/client-tells-host-unknown', {
      section: '17.2',
      level: 'none',
      control: boshControl,
      statement: 'a session that is refused with host-unknown is one: the client gives up and tells its user',
    }, async ({ server, client, expect }) => {
      server.deviate('bosh.response', terminal('host-unknown'))
      expect.toldRefusal(await client.attempt(), 'the server does not know the domain')
    })

    for (const [slug, condition, what] of [
      ['policy-violation', 'policy-violation', 'policy-violation'],
      ['unknown-condition', 'assay-made-it-up', 'a condition that nobody knows'],
      ['no-condition', undefined, 'no condition'],
    ] as const) {
      test(`xep-0124/17.2/client-ends-on-${slug}`, {
        section: '17.2',
        level: 'none',
        control: boshControl,
        statement: `a body that terminates with ${what} ends the session: nothing more is asked in it`,
      }, async (fixtures) => {
        const { server, client, expect } = fixtures
        await client.login()
        await nextPoll(fixtures)
        server.send(terminal(condition))
        expect.closed(await client.closes(), 'the end of the session')
        await client.quiet()
        expect.none(askedAfterTheEnd(server), 'a request in a session that is over')
      })
    }

    test('xep-0124/17.2/client-survives-termination', {
      section: '17.2',
      level: 'none',
      security: true,
      control: boshControl,
      statement: 'the end of the session is not the end of the client: its process lives on',
    }, async ({ server, client, expect }) => {
      await client.login()
      server.send(terminal('system-shutdown'))
      expect.unharmed(await client.closes(), 'the end of the session')
    })

    test('xep-0124/17.2/client-follows-to-no-lower-security', {
      section: '17.2',
      level: 'none',
      security: true,
      control: boshControl,
      statement: 'see-other-uri from https: to http: is not followed',
    }, async ({ server, client, expect }) => {
      await client.login()
      const before = server.failedHandshakes.length
      server.send(terminal('see-other-uri', `<uri>http://${client.address}:${client.port}/http-bind</uri>`))
      await client.quiet()
      const clear = server.failedHandshakes.slice(before)
      expect.ok(clear.length === 0, 'that it stays with TLS', `it connected without: ${clear[0]}`, 'weaker')
    })

    for (const status of [404, 403, 400]) {
      test(`xep-0124/17.1/client-ends-on-http-${status}`, {
        section: '17.1',
        level: 'MUST',
        control: boshControl,
        statement: `with a connection manager that says no version, HTTP ${status} makes the session null and void`,
      }, async (fixtures) => {
        const { server, client, expect, given } = fixtures
        server.deviate('stream.header', ({ usual }) => usual.replace(/ ver='[^']*'/, ''))
        const jid = await given('it logs in without a version', () => client.login())
        await nextPoll(fixtures)
        const over = server.bosh.session?.sid
        let asked: number | undefined
        server.deviate('bosh.response', () => {
          if (asked !== undefined) return undefined
          asked = server.bosh.requests.length
          return { status }
        })
        server.send(messageTo(fixtures, jid, 'lost'))
        await client.quiet()
        // Goodbyes are no use, and no harm.
        const later = server.bosh.requests
          .slice(asked)
          .filter(({ sid, body }) => sid === over && body?.attrs.type === undefined)
        expect.none(
          later.flatMap(({ body }) => body ?? []),
          'a request in the session',
        )
      })
    }

    test('xep-0124/17.3/client-repeats-request-as-it-was', {
      section: '17.3',
      level: 'MUST',
      control: boshControl,
      statement: 'a client that goes on after a recoverable error repeats the same request, unchanged',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      await client.login()
      const rid = await nextPoll(fixtures)
      const known = server.bosh.requests.length
      const going = server.bosh.session?.sid
      const before = server.bosh.requests.findLast((request) => request.rid === rid)?.text
      server.send(`<body type='error' xmlns='${ns.httpBind}'/>`)
      await client.quiet()
      const [next] = server.bosh.requests.slice(known).filter(({ body }) => body?.attrs.type !== 'terminate')
      // One that gives up, or begins anew, has decided not to go on.
      if (!next || next.sid !== going) return
      expect.equal(next.rid, rid, 'request id')
      expect.equal(next.text, before ?? '', 'content')
    })

    test('xep-0124/14.3/client-recovers-from-broken-connection', {
      section: '14.3',
      leads: false,
      level: 'none',
      control: boshControl,
      statement: 'an answer that a broken connection took away is asked for again, and nothing is lost',
    }, async (fixtures) => {
      const { server, client, expect, unique } = fixtures
      const jid = await client.login()
      const rid = await nextPoll(fixtures)
      const sent = server.bosh.requests.findLast((request) => request.rid === rid)?.text
      const body = unique('lost')
      let broken = false
      server.deviate('bosh.response', ({ request }) => {
        if (broken || request.rid !== rid) return undefined
        broken = true
        return { breaks: true }
      })
      server.send(messageTo(fixtures, jid, body))
      await client.nextTold('message', (params) => params.body === body, { awaited: 'the message, told' })
      const again = server.bosh.requests.findLast((request) => request.rid === rid)?.text
      expect.equal(again, sent ?? '', 'the request that is sent again')
    })

    test('xep-0124/6/client-refuses-body-in-other-namespace', {
      section: '6',
      leads: false,
      level: 'none',
      control: boshControl,
      statement: 'an answer whose body is in another namespace is no answer of BOSH',
    }, async ({ server, client, expect }) => {
      server.deviate('stream.header', ({ usual }) => usual.replace(ns.httpBind, 'http://example.test/other'))
      expect.refusal(await client.attempt(), 'the body is in another namespace')
      expect.noSecret(server, 'any')
    })

    for (const [slug, what, text] of [
      ['a-web-page', 'a web page', '<html><head><title>Log in to this network</title><p>Please pay'],
      ['nothing', 'nothing at all', ''],
      ['half-a-body', 'half a body', `<body xmlns='${ns.httpBind}'><message`],
    ] as const) {
      test(`xep-0124/6/client-survives-${slug}`, {
        section: '6',
        level: 'none',
        security: true,
        control: boshControl,
        statement: `an answer that is ${what} neither kills the client nor makes it hang`,
      }, async (fixtures) => {
        const { server, client, expect } = fixtures
        const jid = await client.login()
        await nextPoll(fixtures)
        let said = false
        server.deviate('bosh.response', () => {
          if (said) return undefined
          said = true
          return { body: text }
        })
        server.send(messageTo(fixtures, jid, 'instead'))
        expect.unharmed(await client.closes(), `an answer that is ${what}`)
      })
    }

    test('xep-0124/6/client-expands-no-entities', {
      section: '6',
      level: 'none',
      security: true,
      control: boshControl,
      statement: 'entities that an answer declares for itself are not expanded',
    }, async (fixtures) => {
      const { server, client, expect, unique } = fixtures
      const jid = await client.login()
      await nextPoll(fixtures)
      const word = unique('expanded')
      let said = false
      server.deviate('bosh.response', ({ usual }) => {
        if (said) return undefined
        said = true
        return `<!DOCTYPE body [<!ENTITY word "${word}">]>${usual}`
      })
      server.send(messageTo(fixtures, jid, '&word;'))
      expect.unharmed(await client.closes(), 'a document type in an answer')
      const told = client.told('message', ({ body }) => typeof body === 'string' && body.includes(word))
      expect.ok(told.length === 0, 'that the entity is not expanded', 'it was', 'believed')
    })

    for (const { kind, slug, what, how } of wrongCertificates) {
      test(
        `xep-0124/19.1/client-refuses-${slug}`,
        {
          leads: slug === 'other-name',
          section: '19.1',
          level: 'none',
          security: true,
          control: boshControl,
          statement: `a client ends the connection where the https: endpoint shows a certificate ${what}`,
        },
        (fixtures) => refusesCertificate(fixtures, kind, how),
      )
    }

    test('xep-0124/19.1/client-checks-each-connection', {
      section: '19.1',
      level: 'SHOULD',
      security: true,
      control: boshControl,
      statement: 'every further connection of a session must show the right certificate too',
    }, async ({ server, client, expect }) => {
      server.deviate('tls.certificate', ({ number }) => (number === 1 ? 'right' : 'other-name'))
      server.deviate('bosh.response', ({ usual }) => ({ body: usual, headers: { Connection: 'close' } }))
      const outcome = await client.attempt()
      const elsewhere = requestsWithin(server).filter(({ connection }) => connection > 1)
      expect.ok(elsewhere.length === 0, 'no request on a connection of another server', 'one', 'believed')
      expect.refusal(outcome, 'the second connection has a certificate for another name')
    })
  },
)
