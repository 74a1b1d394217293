import { defineSuite, expect, feature } from '../../harness/suite/index.ts'

export default defineSuite(
  {
    specification: 'XEP-0092',
    version: '1.1',
    title: 'Software Version',
    category: 'Other',
    role: 'xmpp-server',
    requires: [feature('jabber:iq:version')],
  },
  ({ test }) => {
    const get = (to: string) => `<iq type='get' to='${to}'><query xmlns='jabber:iq:version'/></iq>`

    for (const name of ['name', 'version'] as const) {
      test(`xep-0092/2/${name}`, {
        section: '2',
        level: 'MUST',
        statement: `the server tells the ${name} of its software`,
      }, async ({ connect, domain }) => {
        const romeo = await connect('romeo', { presence: false })
        const query = expect.child(expect.result(await romeo.iq(get(domain))), 'query', 'jabber:iq:version')
        expect.ok(query.getChildText(name)?.trim(), `<${name}/> with text in it`, query)
      })
    }

    test('xep-0092/2/nothing-else', {
      section: '2',
      level: 'none',
      statement: 'the answer has name, version and perhaps os, each once, and nothing else',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo', { presence: false })
      const query = expect.child(expect.result(await romeo.iq(get(domain))), 'query', 'jabber:iq:version')
      const names = query.getChildElements().map((child) => child.getName())
      const allowed = names.every((name) => ['name', 'version', 'os'].includes(name))
      expect.ok(allowed && new Set(names).size === names.length, 'name, version and perhaps os', query)
    })

    test('xep-0092/2/between-clients', {
      section: '2',
      level: 'none',
      statement: "a friend's request for the version of a client reaches that client, and its answer comes back",
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      const id = unique('version')
      await romeo.send(`<iq type='get' to='${juliet.jid}' id='${id}'><query xmlns='jabber:iq:version'/></iq>`)
      await juliet.next(({ attrs }) => attrs.id === id && attrs.from === romeo.jid, 'the request')
      const inside = '<name>Exodus</name><version>0.7.0.4</version>'
      await juliet.send(
        `<iq type='result' to='${romeo.jid}' id='${id}'><query xmlns='jabber:iq:version'>${inside}</query></iq>`,
      )
      const answer = await romeo.next(({ attrs }) => attrs.id === id, 'the answer')
      expect.equal(expect.child(expect.result(answer), 'query').getChildText('name'), 'Exodus', 'the name')
    })
  },
)
