import { defineSuite, expect, feature } from '../../harness/suite/index.ts'
import {
  ask,
  configureForm,
  event,
  item,
  itemsOf,
  nodeOf,
  notice,
  noticesBehind,
  publish,
  pubsub,
  pubsubHead,
  subscribe,
  tells,
} from './_pubsub.ts'

export default defineSuite(pubsubHead, ({ test }) => {
  test('xep-0060/6.5.3/items-are-returned', {
    section: '6.5.3',
    level: 'SHOULD',
    statement: 'whoever asks for the items of an open node gets those that were published, with their payload',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    for (const [id, text] of [
      ['a', 'one'],
      ['b', 'two'],
    ])
      expect.result(await publish(node.juliet, node, id ?? '', text ?? ''))
    const romeo = await fixtures.connect('romeo')
    expect.equal((await itemsOf(romeo, node)).sort().join(' '), 'a=one b=two', 'the items')
  })

  test('xep-0060/7.1.2/publisher-is-told', {
    section: '7.1.2',
    level: 'MUST',
    statement: 'a publication that succeeds is answered with a result',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.result(await publish(node.juliet, node, 'a', 'one'))
  })

  test('xep-0060/7.1.1/id-is-generated', {
    section: '7.1.1',
    level: 'MUST',
    statement: 'items that are published without an id get one each',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    for (const text of ['one', 'two']) expect.result(await publish(node.juliet, node, '', text))
    const ids = (await itemsOf(node.juliet, node)).map((text) => text.split('=')[0])
    expect.ok(ids.length === 2 && ids[0] && ids[1] && ids[0] !== ids[1], 'two items with two ids', ids.join(' '))
  })

  test('xep-0060/7.1.2/generated-id-is-told', {
    section: '7.1.2',
    level: 'SHOULD',
    statement: 'the publisher of an item without an id is told the id that it got',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const answer = expect.result(await publish(node.juliet, node, '', 'one'))
    const told = answer.getChild('pubsub', pubsub)?.getChild('publish')?.getChild('item')?.attrs.id
    expect.ok(told, 'an <item/> with an id', answer)
    expect.equal((await itemsOf(node.juliet, node)).join(' '), `${told}=one`, 'the items')
  })

  test('xep-0060/7.1.2/same-id-overwrites', {
    section: '7.1.2',
    level: 'MUST',
    statement: 'an item that is published under the id of another replaces it',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    for (const text of ['one', 'two']) expect.result(await publish(node.juliet, node, 'a', text))
    expect.equal((await itemsOf(node.juliet, node)).join(' '), 'a=two', 'the items')
  })

  test('xep-0060/7.1.2/subscribers-are-notified', {
    section: '7.1.2',
    level: 'MUST',
    statement: 'a subscriber gets a notification of an item that is published, from the service',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    await fixtures.given('romeo is subscribed', async () => expect.result(await subscribe(romeo, node)))
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    const message = await romeo.message(notice(node.node), 'a notification')
    expect.attribute(message, 'from', node.to)
    const items = expect.child(expect.child(message, 'event', event), 'items')
    expect.attribute(expect.child(items, 'item'), 'id', 'a')
  })

  test('xep-0060/7.1.2.1/notification-with-payload', {
    section: '7.1.2.1',
    level: 'MUST',
    statement: 'where the node delivers payloads, the notification holds the payload',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures, { deliver_payloads: '1' })
    const romeo = await fixtures.connect('romeo')
    await fixtures.given('romeo is subscribed', async () => expect.result(await subscribe(romeo, node)))
    expect.result(await publish(node.juliet, node, 'a', 'one &lt; two'))
    await romeo.message(tells(node.node, 'one < two'), 'a notification with the payload')
  })

  test('xep-0060/7.1.2/one-notification-each', {
    section: '7.1.2',
    level: 'MUST',
    statement: 'a subscriber gets one notification of an item, and who is not subscribed gets none',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const [romeo, tybalt] = [await fixtures.connect('romeo'), await fixtures.connect('tybalt')]
    await fixtures.given('romeo is subscribed', async () => expect.result(await subscribe(romeo, node)))
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    await noticesBehind(node.juliet, node, romeo, 'two')
    expect.equal(romeo.seen(tells(node.node, 'one')).length, 1, 'notifications of the first item:')
    await romeo.marker(tybalt)
    expect.none(tybalt.seen(notice(node.node)), 'notification for someone who is not subscribed')
  })

  test('xep-0060/7.1.3/publishing-again-notifies-again', {
    section: '7.1.3',
    level: 'MUST',
    statement: 'an item published again under its id is notified again',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    await fixtures.given('romeo is subscribed', async () => expect.result(await subscribe(romeo, node)))
    for (const text of ['one', 'two']) {
      expect.result(await publish(node.juliet, node, 'a', text))
      await romeo.message(tells(node.node, text), `the notification of "${text}"`)
    }
  })

  test('xep-0060/7.1.3.1/strangers-cannot-publish', {
    section: '7.1.3.1',
    level: 'MUST',
    security: true,
    statement: 'who may not publish gets forbidden, and nothing is published',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const tybalt = await fixtures.connect('tybalt')
    expect.error(await publish(tybalt, node, 'a', 'mine'), 'forbidden')
    expect.equal((await itemsOf(node.juliet, node)).join(' '), '', 'the items')
  })

  test('xep-0060/7.1.3.6/two-payloads', {
    section: '7.1.3.6',
    level: 'MUST',
    statement: 'an item with two payload elements is refused with bad-request',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const two = "<item id='a'><entry xmlns='urn:example:entry'/><entry xmlns='urn:example:entry'/></item>"
    expect.error(await ask(node.juliet, node.to, 'set', `<publish node='${node.node}'>${two}</publish>`), 'bad-request')
  })

  test('xep-0060/7.1.2.5/full-node-forgets-the-oldest', {
    section: '7.1.2.5',
    level: 'MUST',
    statement: 'a node keeps no more items than its maximum: when one more comes, one goes or the new one is refused',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures, { max_items: '2' })
    for (const id of ['a', 'b']) expect.result(await publish(node.juliet, node, id, id))
    await publish(node.juliet, node, 'c', 'c')
    expect.equal((await itemsOf(node.juliet, node)).length, 2, 'items at a node of two:')
  })

  const options = feature(`${pubsub}#publish-options`, 'pubsub')

  test('xep-0060/7.1.5/precondition-not-met', {
    section: '7.1.5',
    level: 'MUST',
    requires: [options],
    statement: 'a publication whose precondition the node does not meet is refused with conflict',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const form = configureForm('publish-options', { access_model: 'whitelist' })
    const inner = `<publish node='${node.node}'>${item('a', 'one')}</publish><publish-options>${form}</publish-options>`
    expect.error(await ask(node.juliet, node.to, 'set', inner), 'conflict')
    expect.equal((await itemsOf(node.juliet, node)).join(' '), '', 'the items')
  })

  test('xep-0060/7.1.5/precondition-met', {
    section: '7.1.5',
    level: 'MUST',
    requires: [options],
    statement: 'a publication whose precondition the node meets succeeds',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const form = configureForm('publish-options', { access_model: 'open' })
    const inner = `<publish node='${node.node}'>${item('a', 'one')}</publish><publish-options>${form}</publish-options>`
    expect.result(await ask(node.juliet, node.to, 'set', inner))
    expect.equal((await itemsOf(node.juliet, node)).join(' '), 'a=one', 'the items')
  })

  test('xep-0060/6.5.8/one-item', {
    section: '6.5.8',
    level: 'MUST',
    statement: 'who asks for items by their ids gets those and no others',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    for (const id of ['a', 'b', 'c']) expect.result(await publish(node.juliet, node, id, id))
    const romeo = await fixtures.connect('romeo')
    expect.equal((await itemsOf(romeo, node, "<item id='b'/>")).join(' '), 'b=b', 'the items')
    expect.equal((await itemsOf(romeo, node, "<item id='a'/><item id='c'/>")).sort().join(' '), 'a=a c=c', 'the items')
  })

  test('xep-0060/6.5.7/most-recent-items', {
    section: '6.5.7',
    level: 'SHOULD',
    statement: 'who asks for at most one item gets the most recent',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    for (const id of ['c', 'b', 'a']) expect.result(await publish(node.juliet, node, id, id))
    const answer = await ask(node.juliet, node.to, 'get', `<items node='${node.node}' max_items='1'/>`)
    const items = expect.child(expect.child(expect.result(answer), 'pubsub', pubsub), 'items').getChildren('item')
    expect.equal(items.map(({ attrs }) => attrs.id).join(' '), 'a', 'the items')
  })

  test('xep-0060/6.5.9.11/no-such-node', {
    section: '6.5.9.11',
    level: 'SHOULD',
    statement: 'who asks for the items of a node that does not exist gets item-not-found',
  }, async ({ connect, services, unique }) => {
    const romeo = await connect('romeo')
    expect.error(await ask(romeo, services.pubsub ?? '', 'get', `<items node='${unique()}'/>`), 'item-not-found')
  })

  test('xep-0060/6.5.9.12/no-such-item', {
    section: '6.5.9.12',
    level: 'SHOULD',
    statement: 'who asks for an item that does not exist gets an empty list',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    expect.equal((await itemsOf(node.juliet, node, "<item id='nothing'/>")).join(' '), '', 'the items')
  })

  test('xep-0060/6.5.9.8/whitelist-keeps-strangers-out', {
    section: '6.5.9.8',
    level: 'MUST',
    security: true,
    control: 'xep-0060/6.5.3/items-are-returned',
    statement: 'who is not on the whitelist of a node does not get its items',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures, { access_model: 'whitelist' })
    expect.result(await publish(node.juliet, node, 'a', 'secret'))
    const tybalt = await fixtures.connect('tybalt')
    const answer = await ask(tybalt, node.to, 'get', `<items node='${node.node}'/>`)
    expect.ok(!answer.toString().includes('secret'), 'no items', answer)
    expect.error(answer)
  })
})
