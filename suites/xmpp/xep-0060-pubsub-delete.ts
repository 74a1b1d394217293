import { defineSuite, expect, feature } from '../../harness/suite/index.ts'
import {
  ask,
  event,
  itemsOf,
  nodeOf,
  notice,
  noticesBehind,
  owner,
  publish,
  pubsub,
  pubsubHead,
  subscribe,
} from './_pubsub.ts'

export default defineSuite(pubsubHead, ({ test }) => {
  test('xep-0060/7.2.2/item-is-deleted', {
    section: '7.2.2',
    level: 'MUST',
    statement: 'an item that its publisher retracts is gone, the others stay',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    for (const id of ['a', 'b']) expect.result(await publish(node.juliet, node, id, id))
    expect.result(await ask(node.juliet, node.to, 'set', `<retract node='${node.node}'><item id='a'/></retract>`))
    expect.equal((await itemsOf(node.juliet, node)).join(' '), 'b=b', 'the items')
  })

  test('xep-0060/7.2.2.1/retraction-is-notified', {
    section: '7.2.2.1',
    level: 'MUST',
    statement: 'a retraction that asks for it is notified to the subscribers',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    await fixtures.given('romeo is subscribed', async () => expect.result(await subscribe(romeo, node)))
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    const inner = `<retract node='${node.node}' notify='true'><item id='a'/></retract>`
    expect.result(await ask(node.juliet, node.to, 'set', inner))
    const retracts = await romeo.message(
      (stanza) => notice(node.node)(stanza) && stanza.toString().includes('<retract'),
      'the notification of a retraction',
    )
    const items = expect.child(expect.child(retracts, 'event', event), 'items')
    expect.attribute(expect.child(items, 'retract'), 'id', 'a')
  })

  test('xep-0060/7.2.3.1/strangers-cannot-retract', {
    section: '7.2.3.1',
    level: 'MUST',
    security: true,
    control: 'xep-0060/7.2.2/item-is-deleted',
    statement: 'who may not retract an item gets forbidden, and the item stays',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    const tybalt = await fixtures.connect('tybalt')
    const inner = `<retract node='${node.node}'><item id='a'/></retract>`
    expect.error(await ask(tybalt, node.to, 'set', inner), 'forbidden')
    expect.equal((await itemsOf(node.juliet, node)).join(' '), 'a=one', 'the items')
  })

  for (const [what, target] of [
    ['node', 'no node'],
    ['item', 'no item'],
  ] as const) {
    test(`xep-0060/7.2.3.2/${target.replace(' ', '-such-')}`, {
      section: '7.2.3.2',
      level: 'MUST',
      statement: `who retracts from a ${what} that does not exist gets item-not-found`,
    }, async (fixtures) => {
      const node = await nodeOf(fixtures)
      expect.result(await publish(node.juliet, node, 'a', 'one'))
      const name = what === 'node' ? fixtures.unique() : node.node
      const inner = `<retract node='${name}'><item id='${what === 'item' ? 'b' : 'a'}'/></retract>`
      expect.error(await ask(node.juliet, node.to, 'set', inner), 'item-not-found')
    })
  }

  test('xep-0060/7.2.3.4/item-is-required', {
    section: '7.2.3.4',
    level: 'MUST',
    statement: 'a retraction that names no item is refused with bad-request',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.error(await ask(node.juliet, node.to, 'set', `<retract node='${node.node}'/>`), 'bad-request')
  })

  test('xep-0060/8.5.2/purge-empties-the-node', {
    section: '8.5.2',
    level: 'MUST',
    requires: [feature(`${pubsub}#purge-nodes`, 'pubsub')],
    statement: 'a node that is purged has no items any more',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    for (const id of ['a', 'b']) expect.result(await publish(node.juliet, node, id, id))
    expect.result(await ask(node.juliet, node.to, 'set', `<purge node='${node.node}'/>`, owner))
    expect.equal((await itemsOf(node.juliet, node)).join(' '), '', 'the items')
  })

  test('xep-0060/8.5.2/purge-is-notified-once', {
    section: '8.5.2',
    level: 'MUST',
    requires: [feature(`${pubsub}#purge-nodes`, 'pubsub')],
    statement: 'subscribers get one <purge/> when a node is purged, and no retraction of each item',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures, { notify_retract: '1' })
    const romeo = await fixtures.connect('romeo')
    for (const id of ['a', 'b']) expect.result(await publish(node.juliet, node, id, id))
    await fixtures.given('romeo is subscribed', async () => expect.result(await subscribe(romeo, node)))
    expect.result(await ask(node.juliet, node.to, 'set', `<purge node='${node.node}'/>`, owner))
    await romeo.message(notice(node.node, 'purge'), 'the notification of the purge')
    await noticesBehind(node.juliet, node, romeo, 'behind')
    const more = romeo.seen((stanza) => notice(node.node, 'purge')(stanza) || stanza.toString().includes('<retract'))
    expect.none(more, 'second notification')
  })

  test('xep-0060/8.5.3.2/strangers-cannot-purge', {
    section: '8.5.3.2',
    level: 'MUST',
    security: true,
    requires: [feature(`${pubsub}#purge-nodes`, 'pubsub')],
    statement: 'who is no owner and purges a node gets forbidden, and the items stay',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    const tybalt = await fixtures.connect('tybalt')
    expect.error(await ask(tybalt, node.to, 'set', `<purge node='${node.node}'/>`, owner), 'forbidden')
    expect.equal((await itemsOf(node.juliet, node)).join(' '), 'a=one', 'the items')
  })
})
