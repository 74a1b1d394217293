import { defineSuite, type Element, expect, ns, stanzaError } from '../../harness/suite/index.ts'

const bind = (id: string, inner: string) => `<iq type='set' id='${id}'><bind xmlns='${ns.bind}'>${inner}</bind></iq>`
const boundJid = (result: Element) => result.getChild('bind', ns.bind)?.getChildText('jid') ?? ''

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc6120/7.4/bind-is-offered', {
      section: '7.4',
      level: 'MUST',
      statement: 'the features after authentication offer resource binding',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('authentication', async () => {
        await raw.openSecure()
        const { succeeded, element } = await raw.authenticate(user)
        if (!succeeded) throw new Error(`${element}`)
      })
      await raw.open()
      expect.child(await raw.features(), 'bind', ns.bind)
    })

    test('rfc6120/7.4/bind-is-not-offered-early', {
      section: '7.4',
      level: 'MUST',
      statement: 'the features before authentication do not offer resource binding',
    }, async ({ stream }) => {
      const raw = await stream()
      await raw.open()
      const first = await raw.features()
      expect.ok(!first.getChild('bind', ns.bind), 'features without resource binding', first)
      if (raw.channel.encrypted) return
      await raw.startTls()
      await raw.open()
      const second = await raw.features()
      expect.ok(!second.getChild('bind', ns.bind), 'features without resource binding', second)
    })

    test('rfc6120/7.6.1/server-makes-a-resource', {
      section: '7.6.1',
      level: 'MUST',
      statement: "an empty bind request is answered with the full JID, the account's bare JID and a resource",
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('authentication', () => raw.login(user))
      const result = expect.result(await raw.iq(bind('b1', '')))
      const jid = boundJid(result)
      expect.ok(jid.startsWith(`${user.jid}/`) && jid.length > user.jid.length + 1, `${user.jid}/…`, result)
    })

    test('rfc6120/7.6/made-resources-are-random', {
      section: '7.6',
      level: 'MUST',
      statement: 'resources that the server makes differ each time and are too long to be guessed',
    }, async ({ rawSession, stream, account, given }) => {
      await rawSession('romeo')
      const user = await account('romeo')
      const resources: string[] = []
      for (let turn = 0; turn < 3; turn++) {
        const raw = await stream()
        await given('authentication', () => raw.login(user))
        const jid = await raw.bind()
        resources.push(jid.slice(jid.indexOf('/') + 1))
      }
      expect.equal(new Set(resources).size, 3, 'number of different resources')
      const short = resources.find((resource) => resource.length < 8)
      expect.ok(!short, 'resources of at least eight characters', resources.join(', '))
      const numbers = resources.map(Number)
      const counts = (numbers[1] as number) - (numbers[0] as number) === (numbers[2] as number) - (numbers[1] as number)
      expect.ok(!counts, 'resources that do not count', resources.join(', '))
    })

    test('rfc6120/7.7.1/client-chooses', {
      section: '7.7.1',
      level: 'SHOULD',
      statement: 'a resource that the client asks for is bound as it is',
    }, async ({ stream, account, unique, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('authentication', () => raw.login(user))
      const resource = unique('balcony')
      const result = expect.result(await raw.iq(bind('b1', `<resource>${resource}</resource>`)))
      expect.equal(boundJid(result), `${user.jid}/${resource}`, 'bound JID')
    })

    test('rfc6120/7.7.1/any-characters', {
      section: '7.7.1',
      level: 'SHOULD',
      statement: 'a resource with spaces, slashes, at signs, markup characters and other scripts is bound as it is',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('authentication', () => raw.login(user))
      const result = expect.result(await raw.iq(bind('b1', '<resource>a b/c@d &lt;&amp;&gt; žluť 日本</resource>')))
      expect.equal(boundJid(result), `${user.jid}/a b/c@d <&> žluť 日本`, 'bound JID')
    })

    test('rfc6120/7.7.2.1/empty-resource', {
      section: '7.7.2.1',
      level: 'MUST',
      statement: 'an empty resource is replaced by one that the server makes, or refused with bad-request',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('authentication', () => raw.login(user))
      const answer = await raw.iq(bind('b1', '<resource/>'))
      if (answer.attrs.type === 'error') return void expect.error(answer, 'bad-request')
      const jid = boundJid(answer)
      expect.ok(jid.startsWith(`${user.jid}/`) && jid.length > user.jid.length + 1, 'a full JID', answer)
    })

    test('rfc6120/4.3.6/resource-of-1024-bytes', {
      section: '4.3.6',
      level: 'MUST',
      statement: 'a resource that is longer than 1023 bytes is not bound as it is',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('authentication', () => raw.login(user))
      const answer = await raw.iq(bind('b1', `<resource>${'r'.repeat(1024)}</resource>`))
      if (answer.attrs.type === 'error') return
      const jid = boundJid(answer)
      const length = Buffer.byteLength(jid.slice(jid.indexOf('/') + 1))
      expect.ok(length > 0 && length <= 1023, 'a resource of 1 to 1023 bytes', `${length} bytes`)
    })

    test('rfc6120/7.7.2.2/conflict', {
      section: '7.7.2.2',
      level: 'MUST',
      statement: 'of two clients with one resource one gets another resource, a conflict, or a stream error conflict',
    }, async ({ rawSession, stream, account, unique, given }) => {
      const user = await account('romeo')
      const resource = unique('balcony')
      const first = await rawSession('romeo', { resource })
      const second = await stream({ name: 'second' })
      await given('authentication', () => second.login(user))
      const answer = await second.iq(bind('b1', `<resource>${resource}</resource>`))
      if (answer.attrs.type === 'error') {
        expect.error(answer, 'conflict')
        const alive = await first.iq(`<iq type='get' id='p1' to='${user.domain}'><ping xmlns='${ns.ping}'/></iq>`)
        expect.equal(alive.attrs.id, 'p1', 'id of the answer to the session that stays')
      } else if (boundJid(answer) === `${user.jid}/${resource}`) {
        await expect.streamError(first, 'conflict')
        await first.gone()
      } else {
        expect.ok(boundJid(answer).startsWith(`${user.jid}/`), 'another resource of the account', answer)
      }
    })

    test('rfc6120/7.5/resources-are-unique', {
      section: '7.5',
      level: 'MUST',
      statement: 'two clients that bind one resource at the same time do not both keep it',
    }, async ({ stream, account, unique, given }) => {
      const user = await account('romeo')
      const resource = unique('balcony')
      const streams = [await stream({ name: 'one' }), await stream({ name: 'two' })]
      for (const raw of streams) await given('authentication', () => raw.login(user))
      const answers = await Promise.all(streams.map((raw) => raw.iq(bind('b1', `<resource>${resource}</resource>`))))
      const holders = streams.filter((_, index) => boundJid(answers[index] as Element) === `${user.jid}/${resource}`)
      if (holders.length < 2) return
      const ping = `<iq type='get' id='p1' to='${user.domain}'><ping xmlns='${ns.ping}'/></iq>`
      const alive = await Promise.all(
        holders.map((raw) =>
          raw.iq(ping).then(
            () => true,
            () => false,
          ),
        ),
      )
      expect.equal(alive.filter(Boolean).length, 1, 'number of streams with that resource')
    })

    test('rfc6120/7.1/several-resources', {
      section: '7.1',
      level: 'SHOULD',
      statement: 'an account can have several resources at a time, each with its own mail',
    }, async ({ connect, unique, given }) => {
      const phone = await connect('romeo')
      const desk = await given('a second resource', () => connect('romeo'))
      expect.ok(phone.jid !== desk.jid, 'two full JIDs', desk.jid)
      const body = unique()
      await phone.send(`<message to='${desk.jid}' type='chat'><body>${body}</body></message>`)
      await desk.message((element) => element.getChildText('body') === body)
      await desk.marker(phone)
      expect.none(
        phone.seen((element) => element.getChildText('body') === body),
        'copy at the other resource',
      )
    })

    test('rfc6120/7.1/stanza-before-binding', {
      section: '7.1',
      level: 'MUST',
      statement: 'a stanza for somebody else before binding ends the stream with not-authorized',
    }, async ({ stream, account, given }) => {
      const [romeo, juliet] = [await account('romeo'), await account('juliet')]
      const raw = await stream()
      await given('authentication', () => raw.login(romeo))
      await raw.write(`<message to='${juliet.jid}'><body>hi</body></message></stream:stream>`)
      const answer = await raw.next(() => true, 'a stream error')
      expect.ok(answer.is('error', ns.streams), 'a stream error', answer)
      expect.child(answer, 'not-authorized', ns.streamErrors)
    })

    test('rfc6120/7.1/nothing-is-delivered-before-binding', {
      section: '7.1',
      level: 'MUST',
      statement: 'a message that a client sends before binding is not delivered',
    }, async ({ stream, connect, account, unique, given }) => {
      const juliet = await connect('juliet')
      const romeo = await account('romeo')
      const raw = await stream()
      await given('authentication', () => raw.login(romeo))
      const body = unique()
      await raw.write(`<message to='${juliet.jid}' type='chat'><body>${body}</body></message></stream:stream>`)
      await given('the end of the stream', () => raw.gone())
      await juliet.marker(juliet)
      expect.none(
        juliet.seen((element) => element.getChildText('body') === body),
        'message of an unbound client',
      )
    })

    test('rfc6120/7.6.1/answer-carries-the-id', {
      section: '7.6.1',
      level: 'MUST',
      statement: 'the answer to a bind request is an IQ result with its id',
    }, async ({ stream, account, unique, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('authentication', () => raw.login(user))
      const id = unique()
      await raw.write(bind(id, ''))
      const answer = await raw.next((element) => element.is('iq'), 'an answer')
      expect.attribute(answer, 'type', 'result')
      expect.attribute(answer, 'id', id)
    })

    test('rfc6120/7.7.3/another-try-after-an-error', {
      section: '7.7.3',
      level: 'SHOULD',
      statement: 'after a bind request that was refused another one on the same stream is taken',
    }, async ({ stream, account, given }) => {
      const user = await account('romeo')
      const raw = await stream()
      await given('authentication', () => raw.login(user))
      const answer = await raw.iq(bind('b1', `<resource>${'r'.repeat(3000)}</resource>`))
      if (!stanzaError(answer)) return
      expect.result(await raw.iq(bind('b2', '<resource>short</resource>')))
    })
  },
)
