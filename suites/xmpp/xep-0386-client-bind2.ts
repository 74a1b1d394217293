import { type ClientFixtures, capability, defineSuite, ns } from '../../harness/suite/index.ts'

const control = 'xep-0386/3.2/client-binds-inline'

const offer = ({ server }: Pick<ClientFixtures, 'server'>) => server.offer('sasl2', 'bind2')

const asked = ({ server }: Pick<ClientFixtures, 'server'>) =>
  server.seen((element) => element.is('authenticate', ns.sasl2)).map((request) => request.getChild('bind', ns.bind2))

/** The success with another address in it. */
const says =
  (jid: string) =>
  ({ usual }: { usual: string }) =>
    usual.replace(/<authorization-identifier>[^<]*/, `<authorization-identifier>${jid}`)

export default defineSuite(
  {
    specification: 'XEP-0386',
    version: '1.1.0',
    title: 'Bind 2',
    category: 'Core',
    topic: 'Bind',
    role: 'xmpp-client',
    login: true,
    requires: [capability('bind2')],
  },
  ({ test }) => {
    test(control, {
      section: '3.2',
      leads: true,
      level: 'MUST',
      statement:
        'a client asks for its resource by <bind/> in its request to authenticate, and binds no other afterwards',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      offer(fixtures)
      expect.online(await client.attempt(), 'the server has Bind 2')
      expect.ok(asked(fixtures)[0], 'a <bind/> in <authenticate/>', 'none')
      await client.canary()
      expect.none(
        server.seen((element) => element.getChild('bind', ns.bind) !== undefined),
        'older bind requests',
      )
    })

    test('xep-0386/3.2.1/client-takes-jid-of-server', {
      section: '3.2.1',
      level: 'MUST',
      control,
      statement: 'the full JID in <authorization-identifier/> is the client’s own',
    }, async (fixtures) => {
      const jid = `${fixtures.account.jid}/chosen-by-the-server`
      offer(fixtures)
      fixtures.server.deviate('sasl2.success', says(jid))
      const outcome = await fixtures.client.attempt()
      fixtures.expect.online(outcome, 'the server chooses the resource')
      fixtures.expect.equal(outcome.jid ?? 'none', jid, 'own JID')
    })

    test('xep-0386/3.1/client-binds-the-old-way', {
      section: '3.1',
      level: 'MUST',
      control,
      statement: 'where SASL2 is offered and Bind 2 is not, a client binds its resource as RFC 6120 has it',
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      server.offer('sasl2')
      expect.online(await client.attempt(), 'although there is no Bind 2')
      expect.ok(!asked(fixtures)[0], 'no <bind/> that was not offered', asked(fixtures)[0] ?? '')
      const older = server.seen((element) => element.getChild('bind', ns.bind) !== undefined)
      expect.ok(older.length > 0, 'an older bind request', 'none')
    })

    test('xep-0386/3.1/client-asks-for-what-is-offered', {
      section: '3.1',
      level: 'none',
      control,
      statement: 'a client asks for no session feature inline that the server does not list there',
    }, async (fixtures) => {
      offer(fixtures)
      fixtures.server.deviate('bind2.features', `<bind xmlns='${ns.bind2}'/>`)
      await fixtures.client.login()
      const extra =
        asked(fixtures)[0]
          ?.getChildElements()
          .filter((element) => element.getNS() !== ns.bind2) ?? []
      fixtures.expect.none(extra, 'features that nobody offered')
    })

    test('xep-0386/3.2.1/client-lives-with-more-in-bound', {
      section: '3.2.1',
      level: 'MUST',
      control,
      statement: 'what a client does not know within <bound/>, the state of the archive too, keeps it from nothing',
    }, async (fixtures) => {
      offer(fixtures)
      const times = [
        `<start id='YWxwaGEg' timestamp='2008-08-22T21:09:04Z'/>`,
        `<end id='b21lZ2Eg' timestamp='2020-04-20T14:34:21Z'/>`,
      ]
      const more = `<metadata xmlns='urn:xmpp:mam:2'>${times.join('')}</metadata><unheard-of xmlns='urn:example:new'/>`
      fixtures.server.deviate('bind2.bound', ({ usual }) => usual.replace('</bound>', `${more}</bound>`))
      fixtures.expect.online(await fixtures.client.attempt(), 'although there is more in <bound/>')
      fixtures.expect.alive(await fixtures.client.canary(), 'a <bound/> with more in it')
    })

    test('xep-0386/3.2.1/client-needs-bound', {
      section: '3.2.1',
      level: 'none',
      control,
      statement:
        'a success without <bound/> binds nothing: a client binds the older way or gives up, and is not online without a resource',
    }, async (fixtures) => {
      const { server, client, expect, account } = fixtures
      offer(fixtures)
      server.deviate('sasl2.success', ({ usual }) =>
        says(account.jid)({ usual: usual.replace(/<bound.*<\/bound>/, '') }),
      )
      const outcome = await client.attempt()
      const bound = server.seen((element) => element.getChild('bind', ns.bind) !== undefined).length > 0
      if (!bound) expect.refusal(outcome, 'it has no resource')
      else expect.survived(outcome, 'a success without <bound/>')
    })

    test('xep-0386/3.2.1/client-refuses-jid-of-somebody-else', {
      section: '3.2.1',
      level: 'none',
      control,
      statement: 'an <authorization-identifier/> of another user on another server is not taken for one’s own',
    }, async (fixtures) => {
      const { server, client, expect, stranger } = fixtures
      offer(fixtures)
      server.deviate('sasl2.success', says(stranger))
      expect.refusal(await client.attempt(), `the server says that it is ${stranger}`)
    })

    test('xep-0386/3.2.1/client-survives-nonsense-for-jid', {
      section: '3.2.1',
      level: 'none',
      security: true,
      control,
      statement: 'an <authorization-identifier/> that is no JID neither kills a client nor stops it for good',
    }, async (fixtures) => {
      offer(fixtures)
      fixtures.server.deviate('sasl2.success', says(' @@/ \n '))
      fixtures.expect.survived(await fixtures.client.attempt(), 'a JID that is none')
    })
  },
)
