import { defineSuite, expect, feature } from '../../harness/suite/index.ts'
import {
  ask,
  configureForm,
  insist,
  itemsOf,
  nodeOf,
  notice,
  owner,
  publish,
  pubsub,
  pubsubHead,
  subscribe,
} from './_pubsub.ts'

const disco = 'http://jabber.org/protocol/disco'

export default defineSuite(pubsubHead, ({ test }) => {
  test('xep-0060/8.1.1/node-id-is-taken', {
    section: '8.1.1',
    level: 'MUST',
    statement: 'who creates a node that exists gets conflict',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.error(await ask(node.juliet, node.to, 'set', `<create node='${node.node}'/>`), 'conflict')
  })

  test('xep-0060/8.1.1/instant-node', {
    section: '8.1.1',
    level: 'MUST',
    requires: [feature(`${pubsub}#instant-nodes`, 'pubsub')],
    statement: 'who creates a node without a name is told the name that it got, and the node works',
  }, async (fixtures) => {
    const juliet = await fixtures.connect('juliet', { nodeOwner: true })
    const to = fixtures.services.pubsub ?? ''
    const answer = expect.result(await insist(() => ask(juliet, to, 'set', '<create/>')))
    const { node = '' } = expect.child(expect.child(answer, 'pubsub', pubsub), 'create').attrs
    fixtures.cleanUp(async () => {
      await ask(juliet, to, 'set', `<delete node='${node}'/>`, owner)
    })
    expect.ok(node, 'the name of the node', answer)
    expect.result(await publish(juliet, { to, node }, 'a', 'one'))
  })

  test('xep-0060/8.1.3/created-as-configured', {
    section: '8.1.3',
    level: 'SHOULD',
    requires: [feature(`${pubsub}#create-and-configure`, 'pubsub')],
    statement: 'a node that is created with a configuration has it',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures, { access_model: 'whitelist', title: 'Verona' })
    const answer = expect.result(await ask(node.juliet, node.to, 'get', `<configure node='${node.node}'/>`, owner))
    const form = expect.child(expect.child(expect.child(answer, 'pubsub', owner), 'configure'), 'x', 'jabber:x:data')
    const value = (name: string) =>
      form
        .getChildren('field')
        .find(({ attrs }) => attrs.var === `pubsub#${name}`)
        ?.getChildText('value')
    expect.equal(value('access_model'), 'whitelist', 'the access model')
    expect.equal(value('title'), 'Verona', 'the title')
  })

  test('xep-0060/8.2.5.1/new-configuration-holds', {
    section: '8.2.5.1',
    level: 'MUST',
    statement: 'a configuration that the owner submits is taken and holds: a node that is closed is closed',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    await fixtures.given('the node is open', () => itemsOf(romeo, node))
    const form = configureForm('node_config', { access_model: 'whitelist' })
    const inner = `<configure node='${node.node}'>${form}</configure>`
    expect.result(await ask(node.juliet, node.to, 'set', inner, owner))
    expect.error(await ask(romeo, node.to, 'get', `<items node='${node.node}'/>`))
  })

  test('xep-0060/8.2.3.2/configuration-is-for-owners', {
    section: '8.2.3.2',
    level: 'MUST',
    security: true,
    statement: 'who is no owner cannot read the configuration of a node, nor change it',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures, { access_model: 'whitelist' })
    const tybalt = await fixtures.connect('tybalt')
    expect.error(await ask(tybalt, node.to, 'get', `<configure node='${node.node}'/>`, owner))
    const form = configureForm('node_config', { access_model: 'open' })
    expect.error(await ask(tybalt, node.to, 'set', `<configure node='${node.node}'>${form}</configure>`, owner))
    expect.error(await ask(tybalt, node.to, 'get', `<items node='${node.node}'/>`))
  })

  test('xep-0060/8.2.3.2/configuration-is-forbidden', {
    section: '8.2.3.2',
    level: 'MUST',
    statement: 'who is no owner and asks for the configuration of a node gets forbidden',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const tybalt = await fixtures.connect('tybalt')
    expect.error(await ask(tybalt, node.to, 'get', `<configure node='${node.node}'/>`, owner), 'forbidden')
  })

  test('xep-0060/8.2.3.5/no-such-node', {
    section: '8.2.3.5',
    level: 'MUST',
    statement: 'who asks for the configuration of a node that does not exist gets item-not-found',
  }, async ({ connect, services, unique }) => {
    const juliet = await connect('juliet', { nodeOwner: true })
    const inner = `<configure node='${unique()}'/>`
    expect.error(await ask(juliet, services.pubsub ?? '', 'get', inner, owner), 'item-not-found')
  })

  test('xep-0060/8.4.2/deleted-node-is-gone', {
    section: '8.4.2',
    level: 'MUST',
    statement: 'a node that its owner deletes is gone, and its items with it',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    expect.result(await ask(node.juliet, node.to, 'set', `<delete node='${node.node}'/>`, owner))
    const romeo = await fixtures.connect('romeo')
    expect.error(await ask(romeo, node.to, 'get', `<items node='${node.node}'/>`))
    expect.result(await ask(node.juliet, node.to, 'set', `<create node='${node.node}'/>`), 'the name to be free again')
    expect.equal((await itemsOf(node.juliet, node)).join(' '), '', 'the items of the new node')
  })

  test('xep-0060/8.4.2/deletion-is-notified', {
    section: '8.4.2',
    level: 'MUST',
    statement: 'the subscribers of a node that is deleted are notified, where the node is configured to',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures, { notify_delete: '1' })
    const romeo = await fixtures.connect('romeo')
    await fixtures.given('romeo is subscribed', async () => expect.result(await subscribe(romeo, node)))
    expect.result(await ask(node.juliet, node.to, 'set', `<delete node='${node.node}'/>`, owner))
    await romeo.message(notice(node.node, 'delete'), 'the notification of the deletion')
  })

  test('xep-0060/8.4.3.1/strangers-cannot-delete', {
    section: '8.4.3.1',
    level: 'MUST',
    security: true,
    control: 'xep-0060/8.4.2/deleted-node-is-gone',
    statement: 'who is no owner and deletes a node gets forbidden, and the node stays',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    const tybalt = await fixtures.connect('tybalt')
    expect.error(await ask(tybalt, node.to, 'set', `<delete node='${node.node}'/>`, owner), 'forbidden')
    expect.equal((await itemsOf(node.juliet, node)).join(' '), 'a=one', 'the items')
  })

  test('xep-0060/8.4.3.2/no-such-node', {
    section: '8.4.3.2',
    level: 'MUST',
    statement: 'who deletes a node that does not exist gets item-not-found',
  }, async ({ connect, services, unique }) => {
    const juliet = await connect('juliet', { nodeOwner: true })
    const inner = `<delete node='${unique()}'/>`
    expect.error(await ask(juliet, services.pubsub ?? '', 'set', inner, owner), 'item-not-found')
  })

  test('xep-0060/5.7/own-affiliations', {
    section: '5.7',
    level: 'MUST',
    requires: [feature(`${pubsub}#retrieve-affiliations`, 'pubsub')],
    statement: 'who asks for its affiliations gets them: the owner is an owner',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const answer = expect.result(await ask(node.juliet, node.to, 'get', '<affiliations/>'))
    const list = expect.child(expect.child(answer, 'pubsub', pubsub), 'affiliations').getChildren('affiliation')
    const own = list.find(({ attrs }) => attrs.node === node.node)
    expect.equal(own?.attrs.affiliation, 'owner', 'the affiliation')
  })

  test('xep-0060/8.9.1.2/affiliations-of-a-node', {
    section: '8.9.1.2',
    level: 'MUST',
    requires: [feature(`${pubsub}#modify-affiliations`, 'pubsub')],
    statement: 'the owner who asks for the affiliations of a node gets them as they were set',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.account('romeo')
    const set = `<affiliations node='${node.node}'><affiliation jid='${romeo.jid}' affiliation='publisher'/></affiliations>`
    expect.result(await ask(node.juliet, node.to, 'set', set, owner))
    const answer = await ask(node.juliet, node.to, 'get', `<affiliations node='${node.node}'/>`, owner)
    const list = expect.child(expect.child(expect.result(answer), 'pubsub', owner), 'affiliations')
    const told = list.getChildren('affiliation').map(({ attrs }) => `${attrs.jid} ${attrs.affiliation}`)
    const expected = [`${node.juliet.bare} owner`, `${romeo.jid} publisher`]
    expect.equal(told.sort().join(', '), expected.sort().join(', '), 'the affiliations')
  })

  test('xep-0060/8.9.1.3.2/affiliations-are-for-owners', {
    section: '8.9.1.3.2',
    level: 'MUST',
    requires: [feature(`${pubsub}#modify-affiliations`, 'pubsub')],
    statement: 'who is no owner and asks for the affiliations of a node gets forbidden',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const tybalt = await fixtures.connect('tybalt')
    expect.error(await ask(tybalt, node.to, 'get', `<affiliations node='${node.node}'/>`, owner), 'forbidden')
  })

  test('xep-0060/8.9.2.3.3/nobody-becomes-owner-alone', {
    section: '8.9.2.3.3',
    level: 'MUST',
    security: true,
    requires: [feature(`${pubsub}#modify-affiliations`, 'pubsub')],
    statement: 'who is no owner cannot make itself one',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const tybalt = await fixtures.connect('tybalt')
    const inner = `<affiliation jid='${tybalt.bare}' affiliation='owner'/>`
    const set = `<affiliations node='${node.node}'>${inner}</affiliations>`
    expect.error(await ask(tybalt, node.to, 'set', set, owner), 'forbidden')
    expect.error(await publish(tybalt, node, 'a', 'mine'))
  })

  test('xep-0060/6.1.3.8/outcasts-cannot-subscribe', {
    section: '6.1.3.8',
    level: 'MUST',
    security: true,
    requires: [feature(`${pubsub}#modify-affiliations`, 'pubsub')],
    statement: 'an outcast who subscribes to an open node gets forbidden',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const tybalt = await fixtures.connect('tybalt')
    const inner = `<affiliation jid='${tybalt.bare}' affiliation='outcast'/>`
    const set = `<affiliations node='${node.node}'>${inner}</affiliations>`
    await fixtures.given('tybalt is an outcast', async () =>
      expect.result(await ask(node.juliet, node.to, 'set', set, owner)),
    )
    expect.error(await subscribe(tybalt, node), 'forbidden')
  })

  test('xep-0060/8.8.1.2/subscribers-of-a-node', {
    section: '8.8.1.2',
    level: 'MUST',
    requires: [feature(`${pubsub}#manage-subscriptions`, 'pubsub')],
    statement: 'the owner who asks for the subscriptions of a node gets them',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    await fixtures.given('romeo is subscribed', async () => expect.result(await subscribe(romeo, node, romeo.bare)))
    const answer = await ask(node.juliet, node.to, 'get', `<subscriptions node='${node.node}'/>`, owner)
    const list = expect.child(expect.child(expect.result(answer), 'pubsub', owner), 'subscriptions')
    const told = list.getChildren('subscription').map(({ attrs }) => `${attrs.jid} ${attrs.subscription}`)
    expect.equal(told.join(', '), `${romeo.bare} subscribed`, 'the subscriptions')
  })

  test('xep-0060/5.3/node-is-a-leaf', {
    section: '5.3',
    level: 'MUST',
    statement: 'disco#info of a node names the identity pubsub/leaf',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    const query = `<query xmlns='${disco}#info' node='${node.node}'/>`
    const answer = expect.result(await romeo.iq(`<iq type='get' to='${node.to}'>${query}</iq>`))
    const identities = expect.child(answer, 'query').getChildren('identity')
    expect.ok(
      identities.some(({ attrs }) => attrs.category === 'pubsub' && attrs.type === 'leaf'),
      'pubsub/leaf',
      answer,
    )
  })

  test('xep-0060/5.2/nodes-are-listed', {
    section: '5.2',
    level: 'SHOULD',
    statement: 'disco#items of the service lists an open node',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    const answer = expect.result(await romeo.iq(`<iq type='get' to='${node.to}'><query xmlns='${disco}#items'/></iq>`))
    const items = expect.child(answer, 'query').getChildren('item')
    expect.ok(
      items.some(({ attrs }) => attrs.node === node.node),
      'the node in the list',
      `${items.length} others`,
    )
  })

  test('xep-0060/5.5/items-are-listed', {
    section: '5.5',
    level: 'MUST',
    statement: 'where disco#items of a node lists its items, `name` is the id and there is no `node`',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    const query = `<query xmlns='${disco}#items' node='${node.node}'/>`
    const answer = expect.result(await node.juliet.iq(`<iq type='get' to='${node.to}'>${query}</iq>`))
    for (const item of expect.child(answer, 'query').getChildren('item')) {
      expect.attribute(item, 'name', 'a')
      expect.ok(item.attrs.node === undefined, 'no `node`', item)
    }
  })
})
