import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { ask, askWhile, disco, escapeXml, resultOf } from './_client-iq.ts'

const matched = 'rfc6120/8.1.3/client-matches-answer'
/** What is not answered at any address is not answered at an odd one. */
const answered = 'rfc6120/8.2.3/client-answers-who-asked'
/** One that believes everybody tells nobody apart. */
const checked = 'rfc6120/8.1.2.1/client-refuses-answer-of-stranger'
const loggedIn = 'rfc6120/6.4.6/client-logs-in'
const queried = [capability('query')]

/** A query comes from this address; the answer goes to exactly the same. */
async function answersTo({ server, client, expect, unique }: ClientFixtures, from: string) {
  const jid = await client.login()
  const id = unique('jid')
  const query = `<query xmlns='${ns.discoInfo}'/>`
  server.send(`<iq type='get' id='${id}' from='${escapeXml(from)}' to='${escapeXml(jid)}'>${query}</iq>`)
  expect.alive(await client.canary(), `a query from ${from}`)
  const [answer] = server.seen((element) => element.is('iq') && element.attrs.id === id)
  expect.ok(answer, `an answer to ${from}`, 'none', 'silent')
  expect.equal(answer?.attrs.to, from, 'to')
}

/** The client asks `asked`, and the same address comes back as `from`, as servers write it. */
async function matches(fixtures: ClientFixtures, asked: string, from: string) {
  const told = await askWhile(fixtures, asked, (iq) => resultOf(iq, from, disco('right')))
  fixtures.expect.ok(told.includes('right'), `that ${from} is the one that was asked`, told, 'refused')
}

/** The client asks `asked`; `other`, which is somebody else, answers first. */
async function tellsApart(fixtures: ClientFixtures, asked: string, other: string) {
  const { expect } = fixtures
  const told = await askWhile(fixtures, asked, (iq) => [
    resultOf(iq, other, disco('forged')),
    resultOf(iq, asked, disco('right')),
  ])
  expect.ok(!told.includes('forged'), `that ${other} is somebody else`, 'it took that answer', 'believed')
  expect.ok(told.includes('right'), 'the right answer, told', told, 'refused')
}

export default defineSuite(
  {
    specification: 'RFC 7622',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Address Format',
    category: 'Core',
    topic: 'Addresses',
    role: 'xmpp-client',
  },
  ({ test }) => {
    const equal = [
      {
        id: 'rfc7622/3.3/client-compares-localparts-without-case',
        section: '3.3',
        statement: 'localparts that differ in case are one: Juliet answers for juliet',
        asked: 'JULIET@assay.test/x',
        from: 'juliet@assay.test/x',
      },
      {
        id: 'rfc7622/3.3/client-compares-greek-localparts-without-case',
        section: '3.3',
        statement: 'case is mapped beyond ASCII: a capital sigma is a small one',
        asked: '\u03a3@assay.test/x',
        from: '\u03c3@assay.test/x',
      },
      {
        id: 'rfc7622/3.2.3/client-compares-domains-without-case',
        section: '3.2.3',
        statement: 'domainparts that differ in case are one',
        asked: 'juliet@ASSAY.Test/x',
        from: 'juliet@assay.test/x',
      },
      {
        id: 'rfc7622/3.2/client-strips-final-dot',
        section: '3.2',
        statement: 'the dot behind a domain name is stripped before two addresses are compared',
        asked: 'juliet@assay.test./x',
        from: 'juliet@assay.test/x',
      },
    ]
    for (const { id, section, statement, asked, from } of equal) {
      test(id, { section, statement, level: 'MUST', leads: false, requires: queried, control: matched }, (fixtures) =>
        matches(fixtures, asked, from),
      )
    }

    test(
      'rfc7622/3.4/client-compares-resources-with-case',
      {
        section: '3.4',
        leads: false,
        level: 'MUST',
        requires: queried,
        control: checked,
        statement:
          'resourceparts that differ in case are two: the one that was not asked does not answer for the other',
      },
      (fixtures) => tellsApart(fixtures, `${fixtures.contact}/balcony`, `${fixtures.contact}/Balcony`),
    )

    test(
      'rfc7622/3.5/client-tells-sharp-s-from-two',
      {
        section: '3.5',
        leads: false,
        level: 'MUST',
        requires: queried,
        control: checked,
        statement: 'a localpart with a sharp s and one with two s are two people',
      },
      (fixtures) => tellsApart(fixtures, 'fu\u00dfball@assay.test/x', 'fussball@assay.test/x'),
    )

    const legal = [
      { slug: 'client-takes-ipv6-domain', section: '3.2', jid: 'juliet@[2001:db8::1]/x', what: 'an IPv6 address' },
      {
        slug: 'client-finds-domain-before-resource',
        section: '3.2',
        jid: 'elsewhere.test/romeo@assay.test',
        what: 'a domain and, behind the first slash, a resource with an at sign',
      },
      {
        slug: 'client-takes-u-label',
        section: '3.2.1',
        jid: 'juliet@b\u00fccher.test/x',
        what: 'an international domain',
      },
      {
        slug: 'client-takes-localpart-in-greek',
        section: '3.3',
        jid: '\u03c0@assay.test/x',
        what: 'a Greek localpart',
      },
      {
        slug: 'client-leaves-escapes-alone',
        section: '3.3.1',
        jid: 'd\\27artagnan\\20\\5c20@assay.test/x',
        what: 'a localpart with characters escaped (XEP-0106)',
      },
      {
        slug: 'client-leaves-resource-alone',
        section: '3.4',
        jid: 'juliet@assay.test/Foo Bar/b@Z.test\\20',
        what: 'a resource with capitals, a space, a slash, an at sign and a backslash',
      },
      {
        slug: 'client-takes-symbol-in-resource',
        section: '3.4',
        jid: 'king@assay.test/\u265a',
        what: 'a chess king for a resource',
      },
      {
        slug: 'client-takes-longest-resource',
        section: '3.4',
        jid: `juliet@assay.test/${'r'.repeat(1023)}`,
        what: 'a resource of 1023 octets',
      },
    ]
    for (const { slug, section, jid, what } of legal) {
      test(
        `rfc7622/${section}/${slug}`,
        {
          section,
          level: 'MUST',
          leads: slug === 'client-finds-domain-before-resource',
          control: answered,
          statement: `a sender with ${what} is answered at exactly that address`,
        },
        (fixtures) => answersTo(fixtures, jid),
      )
    }

    test('rfc7622/3.1/client-survives-over-long-jids', {
      section: '3.1',
      leads: false,
      level: 'none',
      security: true,
      control: loggedIn,
      statement: 'a sender any part of which is longer than 1023 octets does not stop the client',
    }, async ({ server, client, expect }) => {
      const jid = await client.login()
      const long = 'a'.repeat(1024)
      const senders = [
        `${long}@assay.test`,
        `juliet@${long}.test`,
        `x@assay.test/${long}`,
        `${'\u03c0'.repeat(600)}@b.c`,
      ]
      for (const from of [...senders, `juliet@assay.test/${'r'.repeat(3_000)}`]) {
        server.send(`<message from='${from}' to='${jid}' type='chat'><body>from afar</body></message>`)
        server.send(`<presence from='${from}' to='${jid}'/>`)
        server.send(`<iq type='get' id='long' from='${from}' to='${jid}'><query xmlns='${ns.discoInfo}'/></iq>`)
      }
      expect.unharmed(await client.canary(), 'senders with parts that are too long')
    })

    test('rfc7622/3.5/client-survives-strings-that-are-no-jids', {
      section: '3.5',
      leads: false,
      level: 'none',
      security: true,
      control: loggedIn,
      statement: 'senders with characters that no JID may hold, or that read both ways, do not stop the client',
    }, async ({ server, client, expect }) => {
      const jid = await client.login()
      const nonJids = [
        '"juliet"@example.test',
        'foo bar@example.test',
        'juliet@example.test/ foo',
        '@example.test/',
        'henry\u2163@example.test',
        '\u265a@example.test',
        'juliet@',
        '/foobar',
        'a\u05d0b@example.test',
        '\u05d01@example.test/\u202e\u200f',
        'juliet@xn--\u00fc.test',
        'juliet@-.test',
        'juliet@[::1',
        'juliet@example..test',
      ]
      for (const from of nonJids.map(escapeXml)) {
        server.send(`<message from='${from}' to='${jid}' type='chat'><body>from nowhere</body></message>`)
        server.send(`<presence from='${from}' to='${jid}'/>`)
        server.send(`<iq type='get' id='none' from='${from}' to='${jid}'><query xmlns='${ns.discoInfo}'/></iq>`)
      }
      expect.unharmed(await client.canary(), 'senders that are no addresses')
    })

    test('rfc7622/3.4/client-asks-resource-as-it-is', {
      section: '3.4',
      leads: false,
      level: 'MUST',
      requires: queried,
      control: matched,
      statement: 'a resource goes onto the wire as the user gave it, capitals and all',
    }, async ({ server, client, contact, expect }) => {
      await client.login()
      const to = `${contact}/The Big Balcony/2`
      await ask(client, to)
      const asked = server.seen(
        (element) => element.is('iq') && element.attrs.type === 'get' && !!element.attrs.to?.startsWith(`${contact}/`),
      )
      expect.equal(asked[0]?.attrs.to, to, 'to')
    })
  },
)
