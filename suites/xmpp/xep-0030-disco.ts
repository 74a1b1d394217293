import { defineSuite, type Element, expect, feature, Inconclusive, ns, service } from '../../harness/suite/index.ts'

const get = (namespace: string, to: string, node?: string) =>
  `<iq type='get' to='${to}'><query xmlns='${namespace}'${node === undefined ? '' : ` node='${node}'`}/></iq>`

const query = (answer: Element, namespace: string) => expect.child(expect.result(answer), 'query', namespace)

const identities = (info: Element) =>
  info
    .getChildren('identity')
    .map(({ attrs }) => `${attrs.category}/${attrs.type}`)
    .sort()
    .join(', ')

export default defineSuite(
  {
    specification: 'XEP-0030',
    version: '2.5.0',
    title: 'Service Discovery',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('xep-0030/3.1/server-has-an-identity', {
      section: '3.1',
      level: 'MUST',
      statement: 'the server answers disco#info with at least one identity, each with category and type',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo', { presence: false })
      const info = query(await romeo.iq(get(ns.discoInfo, domain)), ns.discoInfo)
      const found = info.getChildren('identity')
      expect.ok(found.length > 0, 'an identity', info)
      for (const identity of found)
        expect.ok(identity.attrs.category && identity.attrs.type, 'category and type', identity)
    })

    test('xep-0030/3.1/server-lists-disco-info', {
      section: '3.1',
      level: 'MUST',
      statement: 'the features of the server include disco#info itself',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo', { presence: false })
      const info = query(await romeo.iq(get(ns.discoInfo, domain)), ns.discoInfo)
      expect.ok(
        info.getChildren('feature').some(({ attrs }) => attrs.var === ns.discoInfo),
        `the feature ${ns.discoInfo}`,
        info,
      )
    })

    test('xep-0030/3.1/features-are-well-formed', {
      section: '3.1',
      level: 'MUST',
      statement: "each feature has a 'var' and no children",
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo', { presence: false })
      const features = query(await romeo.iq(get(ns.discoInfo, domain)), ns.discoInfo).getChildren('feature')
      expect.ok(features.length > 0, 'features', 'none')
      for (const one of features)
        expect.ok(one.attrs.var && one.getChildElements().length === 0, 'a var and no children', one)
    })

    test('xep-0030/3.1/identities-are-distinct', {
      section: '3.1',
      level: 'MUST',
      statement: 'no two identities have the same category, type and language with different names',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo', { presence: false })
      const info = query(await romeo.iq(get(ns.discoInfo, domain)), ns.discoInfo)
      const names = new Map<string, string>()
      for (const { attrs } of info.getChildren('identity')) {
        const key = `${attrs.category}/${attrs.type}/${attrs['xml:lang'] ?? ''}`
        const name = attrs.name ?? ''
        expect.ok((names.get(key) ?? name) === name, `one name for ${key}`, info)
        names.set(key, name)
      }
      expect.ok(names.size > 0, 'an identity', info)
    })

    test('xep-0030/6.3/same-identity-for-everybody', {
      section: '6.3',
      level: 'SHOULD',
      statement: 'different requesters are told the same identities',
    }, async ({ connect, domain }) => {
      const [romeo, juliet] = [await connect('romeo', { presence: false }), await connect('juliet')]
      const one = identities(query(await romeo.iq(get(ns.discoInfo, domain)), ns.discoInfo))
      const other = identities(query(await juliet.iq(get(ns.discoInfo, domain)), ns.discoInfo))
      expect.equal(other, one, 'the identities')
    })

    test('xep-0030/7/info-of-an-unknown-node', {
      section: '7',
      level: 'SHOULD',
      statement: 'disco#info of a node that does not exist is an error: <item-not-found/> or <service-unavailable/>',
    }, async ({ connect, domain, unique }) => {
      const romeo = await connect('romeo', { presence: false })
      expect.error(await romeo.iq(get(ns.discoInfo, domain, unique('node'))), ['item-not-found', 'service-unavailable'])
    })

    test('xep-0030/7/items-of-an-unknown-node', {
      section: '7',
      level: 'SHOULD',
      statement: 'disco#items of a node that does not exist is an error: <item-not-found/> or <service-unavailable/>',
    }, async ({ connect, domain, unique }) => {
      const romeo = await connect('romeo', { presence: false })
      expect.error(await romeo.iq(get(ns.discoItems, domain, unique('node'))), [
        'item-not-found',
        'service-unavailable',
      ])
    })

    test('xep-0030/4.1/server-items', {
      section: '4.1',
      level: 'MUST',
      statement: 'the server answers disco#items with a list in which each item has a jid and no text',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo', { presence: false })
      const items = query(await romeo.iq(get(ns.discoItems, domain)), ns.discoItems).getChildren('item')
      for (const item of items) expect.ok(item.attrs.jid && item.getText().trim() === '', 'a jid and no text', item)
    })

    test('xep-0030/3.1/items-tell-what-they-are', {
      section: '3.1',
      level: 'MUST',
      requires: [service('muc')],
      statement: 'each service that the server lists answers disco#info itself, with an identity',
    }, async ({ connect, domain, given }) => {
      const romeo = await connect('romeo', { presence: false })
      const items = await given('the server lists a service', async () => {
        const found = query(await romeo.iq(get(ns.discoItems, domain)), ns.discoItems).getChildren('item')
        const services = found.filter(({ attrs }) => attrs.node === undefined && attrs.jid?.endsWith(`.${domain}`))
        expect.ok(services.length > 0, 'items below the domain', 'none')
        return services
      })
      for (const { attrs } of items.slice(0, 10)) {
        const info = query(await romeo.iq(get(ns.discoInfo, attrs.jid ?? '')), ns.discoInfo)
        expect.ok(info.getChild('identity'), `an identity of ${attrs.jid}`, info)
        expect.ok(
          info.getChildren('feature').some((one) => one.attrs.var === ns.discoInfo),
          `${ns.discoInfo} of ${attrs.jid}`,
          info,
        )
      }
    })

    test('xep-0030/3.1/own-account', {
      section: '3.1',
      level: 'SHOULD',
      statement: "disco#info of one's own bare JID tells an identity of category account",
    }, async ({ connect }) => {
      const romeo = await connect('romeo', { presence: false })
      const info = query(await romeo.iq(get(ns.discoInfo, romeo.bare)), ns.discoInfo)
      const [primary] = info.getChildren('identity').filter(({ attrs }) => attrs.category === 'account')
      expect.ok(primary?.attrs.type === 'registered', 'an identity account/registered', info)
    })

    test('xep-0030/3.1/account-of-a-friend', {
      section: '3.1',
      level: 'SHOULD',
      statement: 'disco#info of the bare JID of a contact who shows presence tells an identity of category account',
    }, async ({ connect, subscribe }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await subscribe(romeo, juliet)
      const info = query(await romeo.iq(get(ns.discoInfo, juliet.bare)), ns.discoInfo)
      expect.ok(
        info.getChildren('identity').some(({ attrs }) => attrs.category === 'account'),
        'an identity of category account',
        info,
      )
    })

    test('xep-0030/3.1/server-answers-for-the-account', {
      section: '3.1',
      level: 'MUST',
      statement: 'the server itself answers disco#info of a bare JID: it is not delivered to a resource',
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      const id = unique('disco')
      await romeo.send(`<iq type='get' to='${juliet.bare}' id='${id}'><query xmlns='${ns.discoInfo}'/></iq>`)
      await romeo.next((answer) => answer.attrs.id === id, 'an answer')
      await romeo.marker(juliet)
      expect.none(
        juliet.seen(({ attrs }) => attrs.id === id),
        'disco#info of the bare JID at a resource',
      )
    })

    test('xep-0030/8/account-of-a-stranger', {
      section: '8',
      level: 'MUST',
      statement:
        'disco#info of the bare JID of an account that shows one no presence is refused with <service-unavailable/>',
    }, async ({ connect }) => {
      const [mallory, juliet] = [await connect('mallory'), await connect('juliet')]
      expect.error(await mallory.iq(get(ns.discoInfo, juliet.bare)), 'service-unavailable')
    })

    test('xep-0030/8/account-of-nobody', {
      section: '8',
      level: 'MUST',
      statement: 'disco#info of an account that does not exist is refused with <service-unavailable/>',
    }, async ({ connect, domain, unique }) => {
      const mallory = await connect('mallory')
      expect.error(await mallory.iq(get(ns.discoInfo, `${unique('nobody')}@${domain}`)), 'service-unavailable')
    })

    test('xep-0030/8/nobody-looks-like-a-stranger', {
      section: '8',
      level: 'MUST',
      security: true,
      statement: 'disco#info tells a stranger no difference between an account that exists and one that does not',
    }, async ({ connect, account, domain, unique }) => {
      const [mallory, juliet] = [await connect('mallory'), await account('juliet')]
      const sum = async (jid: string) => {
        const answer = await mallory.iq(get(ns.discoInfo, jid))
        return `${answer.attrs.type} ${
          answer
            .getChild('error')
            ?.getChildElements()
            .map((child) => child.getName())
            .sort()[0] ?? ''
        }`
      }
      expect.equal(
        await sum(juliet.jid),
        await sum(`${unique('nobody')}@${domain}`),
        'the answer about an account that exists',
      )
    })

    test('xep-0030/8/items-do-not-leak-resources', {
      section: '8',
      level: 'MUST',
      security: true,
      statement: 'disco#items of a bare JID tells a stranger nothing about available resources',
    }, async ({ connect }) => {
      const [mallory, juliet] = [await connect('mallory'), await connect('juliet')]
      const answer = await mallory.iq(get(ns.discoItems, juliet.bare))
      const items = answer.getChild('query', ns.discoItems)?.getChildren('item') ?? []
      expect.none(
        items.filter(({ attrs }) => attrs.jid?.includes('/')),
        'resource in the items',
      )
    })

    test('xep-0030/4.1/items-of-the-own-account', {
      section: '4.1',
      level: 'MUST',
      statement: "disco#items of one's own bare JID is a result, empty where there are no items",
    }, async ({ connect }) => {
      const romeo = await connect('romeo', { presence: false })
      query(await romeo.iq(get(ns.discoItems, romeo.bare)), ns.discoItems)
    })

    test('xep-0030/3.2/node-is-mirrored', {
      section: '3.2',
      level: 'MUST',
      statement: 'a disco#info result names the node that was asked for',
      requires: [feature('http://jabber.org/protocol/commands')],
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo', { presence: false })
      const node = 'http://jabber.org/protocol/commands'
      const answer = await romeo.iq(get(ns.discoInfo, domain, node))
      if (answer.attrs.type === 'error') throw new Inconclusive('the server does not know the node of ad-hoc commands')
      expect.attribute(query(answer, ns.discoInfo), 'node', node)
    })
  },
)
