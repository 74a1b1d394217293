import { capability, defineSuite, ns } from '../../harness/suite/index.ts'

export default defineSuite(
  {
    specification: 'XEP-0199',
    version: '2.0.1',
    title: 'XMPP Ping',
    category: 'Other',
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
  },
)
