import { capability, defineSuite } from '../../harness/suite/index.ts'

export default defineSuite(
  {
    specification: 'XEP-0092',
    version: '1.1',
    title: 'Software Version',
    category: 'Other',
    topic: 'Discovery',
    role: 'xmpp-client',
    requires: [capability('version')],
  },
  ({ test }) => {
    test('xep-0092/2/client-tells-name-and-version', {
      section: '2',
      level: 'MUST',
      statement: 'a result of jabber:iq:version has both a name and a version',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('version')
      server.send(`<iq type='get' id='${id}' from='${contact}/x' to='${jid}'><query xmlns='jabber:iq:version'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'an answer' })
      const query = expect.child(expect.result(answer), 'query', 'jabber:iq:version')
      expect.ok(query.getChildText('name'), 'a name', query)
      expect.ok(query.getChildText('version'), 'a version', query)
    })
  },
)
