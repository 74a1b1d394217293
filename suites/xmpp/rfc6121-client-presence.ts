import { defineSuite, tells } from '../../harness/suite/index.ts'

const control = 'rfc6120/6.4.6/client-logs-in'

export default defineSuite(
  {
    specification: 'RFC 6121',
    title: 'XMPP: Instant Messaging and Presence',
    category: 'IM',
    topic: 'Presence',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test('rfc6121/3.1.4/client-presents-subscription-request', {
      section: '3.1.4',
      leads: false,
      level: 'MUST',
      requires: [tells('presence')],
      control,
      statement: 'a subscription request is told to the user',
    }, async ({ server, client, account, stranger, unique }) => {
      await client.login()
      const from = stranger.replace(/\/.*/, '')
      server.send(`<presence type='subscribe' from='${from}' to='${account.jid}' id='${unique('sub')}'/>`)
      await client.nextTold('presence', (told) => told.type === 'subscribe' && String(told.from).startsWith(from), {
        awaited: 'the request, told',
      })
    })

    test('rfc6121/3.1.4/client-asks-nobody-back-unasked', {
      section: '3.1.4',
      leads: false,
      level: 'none',
      security: true,
      control,
      statement:
        'a subscription request makes no contact of the asker without the user: no request back, no roster item',
    }, async ({ server, client, expect, stranger, account, unique }) => {
      await client.login()
      const from = stranger.replace(/\/.*/, '')
      server.send(`<presence type='subscribe' from='${from}' to='${account.jid}' id='${unique('sub')}'/>`)
      server.send(`<presence type='subscribed' from='${from}' to='${account.jid}' id='${unique('sub')}'/>`)
      expect.alive(await client.canary(), 'a subscription request')
      const back = server.seen(
        ({ name, attrs }) => name === 'presence' && attrs.type === 'subscribe' && !!attrs.to?.startsWith(from),
      )
      expect.none(back, 'request back')
      expect.none(
        server.seen((element) => element.is('iq') && element.attrs.type === 'set' && element.toString().includes(from)),
        'roster item',
      )
    })

    test('rfc6121/4.7.2.3/client-survives-odd-presence', {
      section: '4.7.2.3',
      leads: false,
      level: 'none',
      security: true,
      control,
      statement: 'a presence whose priority, show or type is none that there is does not stop the client',
    }, async ({ server, client, expect, contact }) => {
      const jid = await client.login()
      const head = `<presence from='${contact}/x' to='${jid}'`
      for (const priority of ['high', '', '-129', '99999999999999999999']) {
        server.send(`${head}><priority>${priority}</priority><show>gone fishing</show></presence>`)
      }
      server.send([`${head} type='around'/>`, `${head}><show/><show/><status/><priority/></presence>`])
      expect.unharmed(await client.canary(), 'a presence with an odd priority')
    })
  },
)
