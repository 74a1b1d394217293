import { capability, defineSuite, type Element, tells } from '../../harness/suite/index.ts'

const namespace = 'urn:xmpp:blocking'
const control = 'xep-0191/3.2/client-asks-for-its-block-list'
const mallory = 'mallory@elsewhere.test'

const holds = (name: string) => (element: Element) =>
  element.is('iq') && element.getChild(name, namespace) !== undefined

const push = (id: string, from: string | undefined, to: string) => {
  const sender = from === undefined ? '' : ` from='${from}'`
  return `<iq type='set' id='${id}'${sender} to='${to}'><block xmlns='${namespace}'><item jid='${mallory}'/></block></iq>`
}

export default defineSuite(
  {
    specification: 'XEP-0191',
    version: '1.3',
    title: 'Blocking Command',
    category: 'IM',
    topic: 'Roster',
    role: 'xmpp-client',
    requires: [capability('blocklist')],
  },
  ({ test }) => {
    test(control, {
      section: '3.2',
      leads: false,
      level: 'MUST',
      statement: 'the block list is asked for with an IQ of type get to nobody, and told as it comes',
    }, async ({ server, client, expect }) => {
      server.offer('blocking')
      const list = `<blocklist xmlns='${namespace}'><item jid='${mallory}'/></blocklist>`
      server.deviate('iq.reply', ({ iq, namespace: of, usual }) =>
        of === namespace && iq.attrs.type === 'get' ? usual.replace(/<blocklist.*<\/blocklist>/, list) : undefined,
      )
      await client.login()
      const told = await client.call('blocklist').then(JSON.stringify, String)
      const [request] = server.seen(holds('blocklist'))
      expect.equal(request?.attrs.type, 'get', 'type')
      expect.ok(request?.attrs.to === undefined, 'no to', request ?? 'none')
      expect.ok(told.includes(mallory), `${mallory}, told`, told)
    })

    test('xep-0191/3.3/client-blocks-with-set', {
      section: '3.3',
      leads: false,
      level: 'MUST',
      control,
      statement: 'somebody is blocked with an IQ of type set to nobody, and an item that names the address',
    }, async ({ server, client, expect }) => {
      server.offer('blocking')
      await client.login()
      await client.call('block', { jid: mallory }).catch(() => {})
      const [request] = server.seen(holds('block'))
      expect.equal(request?.attrs.type, 'set', 'type')
      expect.ok(request?.attrs.to === undefined, 'no to', request ?? 'none')
      expect.equal(request?.getChild('block', namespace)?.getChild('item')?.attrs.jid, mallory, 'jid')
    })

    test('xep-0191/3.3/client-takes-push-of-own-server', {
      section: '3.3',
      leads: false,
      level: 'none',
      requires: [tells('blocked')],
      control,
      statement: 'what another client of the user blocks is told',
    }, async ({ server, client, unique }) => {
      server.offer('blocking')
      const jid = await client.login()
      // Only who has asked for the list is told what changes in it.
      await client.call('blocklist')
      const id = unique('push')
      server.send(push(id, undefined, jid))
      await client.nextTold('blocked', ({ items }) => JSON.stringify(items).includes(mallory), {
        awaited: 'who is blocked',
      })
    })

    test('rfc6120/8.2.3/client-answers-block-push', {
      specification: 'RFC 6120',
      section: '8.2.3',
      leads: false,
      level: 'MUST',
      requires: [tells('blocked')],
      control: 'xep-0191/3.3/client-takes-push-of-own-server',
      statement: 'a push of the block list is an IQ as any other: it is answered with a result',
    }, async ({ server, client, expect, unique }) => {
      server.offer('blocking')
      const jid = await client.login()
      // Only who has asked for the list is told what changes in it.
      await client.call('blocklist')
      const id = unique('push')
      server.send(push(id, undefined, jid))
      expect.alive(await client.canary(), 'a push of the block list')
      const [answer] = server.seen((element) => element.attrs.id === id)
      expect.ok(answer, 'a result', 'no answer', 'silent')
      if (answer) expect.result(answer)
    })

    test('xep-0191/3.3/client-ignores-push-of-stranger', {
      section: '3.3',
      leads: false,
      level: 'none',
      security: true,
      requires: [tells('blocked')],
      control: 'xep-0191/3.3/client-takes-push-of-own-server',
      statement: 'a stranger’s word that somebody is blocked is not believed',
    }, async ({ server, client, expect, stranger, unique }) => {
      server.offer('blocking')
      const jid = await client.login()
      // Only who has asked for the list is told what changes in it.
      await client.call('blocklist')
      const id = unique('push')
      server.send(push(id, stranger, jid))
      expect.unharmed(await client.canary(), 'a forged push of the block list')
      const told = client.told('blocked', ({ items }) => JSON.stringify(items).includes(mallory))
      expect.ok(told.length === 0, 'that nothing of it is told', JSON.stringify(told[0]?.params), 'believed')
    })
  },
)
