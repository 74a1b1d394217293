import { capability, defineSuite, ns } from '../../harness/suite/index.ts'

export default defineSuite(
  {
    specification: 'XEP-0199',
    version: '2.0.1',
    title: 'XMPP Ping',
    category: 'Other',
    topic: 'IQ',
    role: 'xmpp-client',
    requires: [capability('ping')],
  },
  ({ test }) => {
    test('xep-0199/4.1/client-answers-ping', {
      section: '4.1',
      level: 'MUST',
      statement: 'a ping of the server is answered with an empty result',
    }, async ({ server, client, expect, domain, unique }) => {
      const jid = await client.login()
      const id = unique('ping')
      server.send(`<iq type='get' id='${id}' from='${domain}' to='${jid}'><ping xmlns='${ns.ping}'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'a result' })
      expect.result(answer)
      expect.equal(answer.getChildElements().length, 0, 'children of the result')
    })

    test('xep-0199/4.4/client-answers-ping-of-contact', {
      section: '4.4',
      level: 'SHOULD',
      statement: 'a ping of another client is answered with a result',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('ping')
      server.send(`<iq type='get' id='${id}' from='${contact}/x' to='${jid}'><ping xmlns='${ns.ping}'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'a result' })
      expect.result(answer)
      expect.equal(answer.attrs.to, `${contact}/x`, 'to')
    })

    test('xep-0199/5/client-announces-ping', {
      section: '5',
      level: 'MUST',
      leads: false,
      requires: [capability('disco')],
      control: 'xep-0030/3.1/client-answers-disco',
      statement: 'a client that answers pings says so in disco#info',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('disco')
      server.send(`<iq type='get' id='${id}' from='${contact}/x' to='${jid}'><query xmlns='${ns.discoInfo}'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'an answer' })
      const features = expect.child(expect.result(answer), 'query', ns.discoInfo).getChildren('feature')
      expect.ok(
        features.some(({ attrs }) => attrs.var === ns.ping),
        `the feature ${ns.ping}`,
        answer,
      )
    })

    test('xep-0199/7/client-answers-stranger-or-is-not-there', {
      section: '7',
      level: 'MUST',
      leads: false,
      control: 'xep-0199/4.1/client-answers-ping',
      statement: 'who may not know that the client is there gets <service-unavailable/> for a ping, as from the server',
    }, async ({ server, client, expect, stranger, unique }) => {
      const jid = await client.login()
      const id = unique('ping')
      server.send(`<iq type='get' id='${id}' from='${stranger}' to='${jid}'><ping xmlns='${ns.ping}'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'a result or an error' })
      if (answer.attrs.type !== 'result') expect.error(answer, 'service-unavailable')
    })
  },
)
