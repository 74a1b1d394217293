import { capability, defineSuite, ns } from '../../harness/suite/index.ts'

const control = 'xep-0030/3.1/client-answers-disco'

export default defineSuite(
  {
    specification: 'XEP-0030',
    version: '2.5.0',
    title: 'Service Discovery',
    category: 'Core',
    topic: 'Discovery',
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

    test('xep-0030/3.1/client-lists-nothing-twice', {
      section: '3.1',
      leads: false,
      level: 'MUST',
      control,
      statement: 'no two identities of a client share category, type and language, and each feature has a name, once',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('disco')
      server.send(`<iq type='get' id='${id}' from='${contact}/x' to='${jid}'><query xmlns='${ns.discoInfo}'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'an answer' })
      const query = expect.child(expect.result(answer), 'query', ns.discoInfo)
      const identities = query
        .getChildren('identity')
        .map(({ attrs }) => `${attrs.category}/${attrs.type}/${attrs['xml:lang'] ?? ''}`)
      expect.equal(new Set(identities).size, identities.length, 'identities that differ')
      const features = query.getChildren('feature')
      for (const feature of features) {
        expect.ok(feature.attrs.var && feature.getChildElements().length === 0, 'a var and no children', feature)
      }
      expect.equal(new Set(features.map(({ attrs }) => attrs.var)).size, features.length, 'features that differ')
    })

    test('xep-0030/4.1/client-answers-items', {
      section: '4.1',
      level: 'MUST',
      leads: false,
      control,
      statement: 'disco#items of a client is a list, empty where there is none, or an error',
    }, async ({ server, client, expect, contact, unique }) => {
      const jid = await client.login()
      const id = unique('items')
      server.send(`<iq type='get' id='${id}' from='${contact}/x' to='${jid}'><query xmlns='${ns.discoItems}'/></iq>`)
      const answer = await server.next((element) => element.attrs.id === id, { awaited: 'an answer' })
      if (answer.attrs.type === 'error') return void expect.error(answer)
      const query = expect.child(expect.result(answer), 'query', ns.discoItems)
      for (const item of query.getChildElements())
        expect.ok(item.is('item') && item.attrs.jid, 'items with a jid', item)
    })
  },
)
