import { capability, defineSuite, ns } from '../../harness/suite/index.ts'

const control = 'xep-0030/3.1/client-answers-disco'

export default defineSuite(
  {
    specification: 'XEP-0030',
    version: '2.5.0',
    title: 'Service Discovery',
    category: 'Core',
    role: 'xmpp-client',
    requires: [capability('disco')],
  },
  ({ test }) => {
    test(control, {
      section: '3.1',
      level: 'MUST',
      statement: 'disco#info of a client has an identity with category and type, and at least one feature',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('disco')
      server.send(`<iq type='get' id='${id}' from='${contact}/x' to='${jid}'><query xmlns='${ns.discoInfo}'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'an answer' })
      const query = expect.child(expect.result(answer), 'query', ns.discoInfo)
      const identity = expect.child(query, 'identity')
      expect.ok(identity.attrs.category && identity.attrs.type, 'category and type', identity)
      expect.ok(
        query.getChildren('feature').some(({ attrs }) => attrs.var === ns.discoInfo),
        'the feature disco#info',
        query,
      )
    })

    test('xep-0030/3.2/client-mirrors-node', {
      section: '3.2',
      level: 'MUST',
      control,
      statement: 'the node of a disco#info request is in the result again, or the answer is an error',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('node')
      server.send(
        `<iq type='get' id='${id}' from='${contact}/x' to='${jid}'><query xmlns='${ns.discoInfo}' node='urn:example:node'/></iq>`,
      )
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'an answer' })
      if (answer.attrs.type === 'error') return
      expect.equal(expect.child(answer, 'query', ns.discoInfo).attrs.node, 'urn:example:node', 'node')
    })
  },
)
