import { defineSuite, type Element, expect, feature } from '../../harness/suite/index.ts'
import { pair, pep, publishOwn } from './_pep.ts'
import { ask, item, itemsOf, owner, pubsub } from './_pubsub.ts'

const disco = 'http://jabber.org/protocol/disco'
const options = feature(`${pubsub}#publish-options`, 'account')

export default defineSuite(
  {
    specification: 'XEP-0163',
    version: '1.2.2',
    title: 'Personal Eventing Protocol',
    category: 'Core',
    role: 'xmpp-server',
    requires: [pep],
  },
  ({ test }) => {
    test('xep-0163/3/publishing-creates-the-node', {
      section: '3',
      level: 'MUST',
      statement: 'publishing to a node of the own account that does not exist creates it',
    }, async ({ connect, unique }) => {
      const juliet = await connect('juliet')
      const node = unique('node')
      expect.result(await publishOwn(juliet, node, 'one'))
      expect.equal((await itemsOf(juliet, { to: juliet.bare, node })).join(' '), 'current=one', 'the items')
    })

    test('xep-0163/3/nodes-made-at-once', {
      section: '3',
      level: 'MUST',
      statement: 'nodes are made for all who publish, also where several accounts do so at the same time',
    }, async ({ connect, unique }) => {
      const sessions = await Promise.all(
        ['juliet', 'romeo', 'nurse', 'tybalt', 'paris', 'rosaline'].map((name) => connect(name)),
      )
      const requests = sessions.flatMap((session) =>
        Array.from({ length: 8 }, () => {
          const publish = `<publish node='${unique('node')}'>${item('current', 'one')}</publish>`
          return session.iq(`<iq type='set'><pubsub xmlns='${pubsub}'>${publish}</pubsub></iq>`)
        }),
      )
      for (const answer of await Promise.all(requests)) expect.result(answer)
    })

    test('xep-0163/6.1/account-is-a-service', {
      section: '6.1',
      level: 'MUST',
      statement: 'disco#info of the own account names the identity pubsub/pep',
    }, async ({ connect }) => {
      const juliet = await connect('juliet')
      const answer = await juliet.iq(`<iq type='get' to='${juliet.bare}'><query xmlns='${disco}#info'/></iq>`)
      const identities = expect.child(expect.result(answer), 'query').getChildren('identity')
      expect.ok(
        identities.some(({ attrs }) => attrs.category === 'pubsub' && attrs.type === 'pep'),
        'pubsub/pep',
        answer,
      )
    })

    test('xep-0163/4.1/contacts-retrieve-items', {
      section: '4.1',
      level: 'MUST',
      statement: 'who is subscribed to the presence of the owner may retrieve items, unless configured otherwise',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      expect.result(await publishOwn(juliet, node, 'one'))
      expect.equal((await itemsOf(romeo, { to: juliet.bare, node })).join(' '), 'current=one', 'the items')
    })

    test('xep-0163/5/strangers-retrieve-nothing', {
      section: '5',
      level: 'MUST',
      security: true,
      control: 'xep-0163/4.1/contacts-retrieve-items',
      statement:
        'who is not subscribed to the presence of the owner does not get items: nodes are for contacts by default',
    }, async ({ connect, unique }) => {
      const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
      const node = unique('node')
      expect.result(await publishOwn(juliet, node, 'secret'))
      const answer = await ask(tybalt, juliet.bare, 'get', `<items node='${node}'/>`)
      expect.ok(!answer.toString().includes('secret'), 'no items', answer)
    })

    test('xep-0060/6.5.9.6/presence-subscription-required', {
      specification: 'XEP-0060',
      section: '6.5.9.6',
      level: 'MUST',
      statement: 'who is not subscribed to presence and asks for items of a node for contacts gets not-authorized',
    }, async ({ connect, unique }) => {
      const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
      const node = unique('node')
      await publishOwn(juliet, node, 'secret')
      expect.error(await ask(tybalt, juliet.bare, 'get', `<items node='${node}'/>`), 'not-authorized')
    })

    test('xep-0163/5/whitelist-is-for-the-owner', {
      section: '5',
      level: 'MUST',
      security: true,
      requires: [options],
      statement: 'a node with the access model whitelist is closed to contacts, and open to its owner',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      expect.result(await publishOwn(juliet, node, 'secret', { access_model: 'whitelist' }))
      expect.equal((await itemsOf(juliet, { to: juliet.bare, node })).join(' '), 'current=secret', "the owner's items")
      const answer = await ask(romeo, juliet.bare, 'get', `<items node='${node}'/>`)
      expect.ok(!answer.toString().includes('secret'), 'no items', answer)
      expect.error(answer)
    })

    test('xep-0163/5/open-is-for-everybody', {
      section: '5',
      level: 'MUST',
      requires: [options],
      statement: 'a node with the access model open gives its items to everybody',
    }, async ({ connect, unique }) => {
      const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
      const node = unique('node')
      expect.result(await publishOwn(juliet, node, 'known', { access_model: 'open' }))
      expect.equal((await itemsOf(tybalt, { to: juliet.bare, node })).join(' '), 'current=known', 'the items')
    })

    test('xep-0163/5/nodes-can-be-deleted', {
      section: '5',
      level: 'MUST',
      statement: 'the owner can delete a node of its account',
    }, async ({ connect, unique }) => {
      const juliet = await connect('juliet')
      const node = unique('node')
      expect.result(await publishOwn(juliet, node, 'one'))
      expect.result(await ask(juliet, juliet.bare, 'set', `<delete node='${node}'/>`, owner))
      expect.error(await ask(juliet, juliet.bare, 'get', `<items node='${node}'/>`))
    })

    test('xep-0163/2.2/only-the-owner-publishes', {
      section: '2.2',
      level: 'MUST',
      security: true,
      statement: "nobody else publishes to the nodes of an account, nor makes them: not even the owner's contacts",
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      expect.result(await publishOwn(juliet, node, 'one'))
      const mine = "<item id='current'><entry xmlns='urn:example:entry'>mine</entry></item>"
      expect.error(await ask(romeo, juliet.bare, 'set', `<publish node='${node}'>${mine}</publish>`))
      expect.error(await ask(romeo, juliet.bare, 'set', `<publish node='${node}:new'>${mine}</publish>`))
      expect.equal((await itemsOf(juliet, { to: juliet.bare, node })).join(' '), 'current=one', 'the items')
    })

    test('xep-0163/6.2/closed-nodes-are-not-listed', {
      section: '6.2',
      level: 'MUST',
      security: true,
      statement: 'disco#items of an account lists no nodes that the asker may not read',
    }, async ({ connect, unique }) => {
      const [juliet, tybalt] = [await connect('juliet'), await connect('tybalt')]
      const node = unique('node')
      expect.result(await publishOwn(juliet, node, 'one'))
      const answer = await tybalt.iq(`<iq type='get' to='${juliet.bare}'><query xmlns='${disco}#items'/></iq>`)
      expect.ok(!answer.toString().includes(node), 'no such node', answer)
    })

    test('xep-0163/6.2/nodes-are-listed-for-contacts', {
      section: '6.2',
      level: 'MUST',
      statement: 'disco#items of an account lists the nodes that a contact may read',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      expect.result(await publishOwn(juliet, node, 'one'))
      const answer = await romeo.iq(`<iq type='get' to='${juliet.bare}'><query xmlns='${disco}#items'/></iq>`)
      const items = expect.child(expect.result(answer), 'query').getChildren('item')
      expect.ok(
        items.some(({ attrs }) => attrs.node === node),
        'the node in the list',
        answer,
      )
    })

    test('xep-0163/7.1/former-contacts-lose-access', {
      section: '7.1',
      level: 'MUST',
      security: true,
      control: 'xep-0163/4.1/contacts-retrieve-items',
      statement: 'who loses the subscription to presence can no longer retrieve items',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      expect.result(await publishOwn(juliet, node, 'secret'))
      await fixtures.given('romeo can read', () => itemsOf(romeo, { to: juliet.bare, node }))
      await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
      const isGone = ({ attrs }: Element) => attrs.type === 'unavailable' && attrs.from === juliet.jid
      await fixtures.given('juliet is gone for romeo', () => romeo.presence(isGone))
      const answer = await ask(romeo, juliet.bare, 'get', `<items node='${node}'/>`)
      expect.ok(!answer.toString().includes('secret'), 'no items', answer)
    })
  },
)
