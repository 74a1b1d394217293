import { defineSuite, ns } from '../../harness/suite/index.ts'

const control = 'rfc6120/7.6.1/client-takes-jid-of-server'
const result = (id: string | undefined, content: string) => `<iq type='result' id='${id}'>${content}</iq>`

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'Bind',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test(control, {
      section: '7.6.1',
      level: 'MUST',
      statement: 'the full JID that the server gives is the client’s own',
    }, async ({ server, client, expect, account }) => {
      const jid = `${account.jid}/chosen-by-the-server`
      server.deviate('bind.reply', ({ iq }) => result(iq.attrs.id, `<bind xmlns='${ns.bind}'><jid>${jid}</jid></bind>`))
      const outcome = await client.attempt()
      expect.online(outcome, 'the server chooses the resource')
      expect.equal(outcome.jid, jid, 'own JID')
    })

    test('rfc6120/7.4/client-binds-before-stanzas', {
      section: '7.4',
      level: 'MUST',
      control,
      statement: 'binding a resource is the first thing that a client does on the authenticated stream',
    }, async ({ server, client, expect }) => {
      await client.login()
      const stanzas = server.seen((element) => ['iq', 'message', 'presence'].includes(element.getName()))
      const [first] = stanzas
      expect.ok(first?.getChild('bind', ns.bind), 'a bind request before any other stanza', first ?? 'nothing')
    })

    test('rfc6120/7.7.2.2/client-tells-conflict', {
      section: '7.7.2.2',
      leads: false,
      level: 'none',
      control,
      statement: 'a client whose resource is refused with <conflict/> is not online, or asks for another one',
    }, async ({ server, client, expect }) => {
      server.deviate('bind.reply', ({ iq }) => {
        const condition = `<conflict xmlns='${ns.stanzaErrors}'/>`
        return `<iq type='error' id='${iq.attrs.id}'><error type='modify'>${condition}</error></iq>`
      })
      expect.refusal(await client.attempt(), 'the server refused to bind')
    })

    test('rfc6120/7.6.1/client-refuses-result-without-jid', {
      section: '7.6.1',
      level: 'none',
      control,
      statement: 'a bind result without a JID makes no client online: it would not know its own address',
    }, async ({ server, client, expect }) => {
      server.deviate('bind.reply', ({ iq }) => result(iq.attrs.id, `<bind xmlns='${ns.bind}'/>`))
      expect.refusal(await client.attempt(), 'the server gave it no JID')
    })

    test('rfc6120/7.6.1/client-refuses-jid-of-somebody-else', {
      section: '7.6.1',
      level: 'none',
      control,
      statement: 'a bind result with the JID of another user on another server is not taken for one’s own',
    }, async ({ server, client, expect, stranger }) => {
      server.deviate('bind.reply', ({ iq }) =>
        result(iq.attrs.id, `<bind xmlns='${ns.bind}'><jid>${stranger}</jid></bind>`),
      )
      expect.refusal(await client.attempt(), `the server says that it is ${stranger}`)
    })

    test('rfc6120/7.3.1/client-needs-bind', {
      section: '7.3.1',
      level: 'MUST',
      control,
      statement: 'a client to which binding is not offered does not go on as if it had a resource',
    }, async ({ server, client, expect }) => {
      server.deviate('features.authenticated', '<stream:features/>')
      expect.refusal(await client.attempt(), 'there is no resource binding')
    })
  },
)
