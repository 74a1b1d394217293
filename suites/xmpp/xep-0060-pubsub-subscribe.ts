import { defineSuite, type Element, expect, feature } from '../../harness/suite/index.ts'
import { ask, nodeOf, notice, noticesBehind, publish, pubsub, pubsubHead, subscribe } from './_pubsub.ts'

const errors = `${pubsub}#errors`

const subscriptionIn = (answer: Element): Element =>
  expect.child(expect.child(expect.result(answer), 'pubsub', pubsub), 'subscription')

/** The unsubscription of the JID, with the subid that the subscription got. */
const unsubscribe = (node: string, jid: string, subscribed?: Element): string => {
  const subid = subscribed?.getChild('pubsub', pubsub)?.getChild('subscription')?.attrs.subid
  return `<unsubscribe node='${node}' jid='${jid}'${subid ? ` subid='${subid}'` : ''}/>`
}

export default defineSuite(pubsubHead, ({ test }) => {
  test('xep-0060/6.1.2/subscriber-is-told', {
    section: '6.1.2',
    level: 'MUST',
    statement: 'who subscribes to an open node is told that the JID is subscribed',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    const subscription = subscriptionIn(await subscribe(romeo, node, romeo.bare))
    expect.attribute(subscription, 'subscription', 'subscribed')
    expect.attribute(subscription, 'jid', romeo.bare)
  })

  test('xep-0060/6.1.3.1/jid-of-another', {
    section: '6.1.3.1',
    level: 'MUST',
    statement: "who subscribes somebody else's JID gets bad-request",
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const [romeo, tybalt] = [await fixtures.connect('romeo'), await fixtures.connect('tybalt')]
    expect.error(await subscribe(tybalt, node, romeo.bare), 'bad-request')
  })

  test('xep-0060/6.1.3.1/nobody-is-subscribed-by-others', {
    section: '6.1.3.1',
    level: 'MUST',
    security: true,
    control: 'xep-0060/7.1.2/subscribers-are-notified',
    statement: "somebody else's JID does not become subscribed",
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const [romeo, tybalt] = [await fixtures.connect('romeo'), await fixtures.connect('tybalt')]
    await fixtures.given('tybalt is subscribed', async () => expect.result(await subscribe(tybalt, node)))
    expect.error(await subscribe(tybalt, node, romeo.jid))
    await noticesBehind(node.juliet, node, tybalt, 'behind')
    await tybalt.marker(romeo)
    expect.none(romeo.seen(notice(node.node)), 'notification for someone who did not subscribe')
  })

  test('xep-0060/6.1.3.4/whitelist', {
    section: '6.1.3.4',
    level: 'MUST',
    statement: 'who is not on the whitelist of a node and subscribes gets not-allowed with closed-node',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures, { access_model: 'whitelist' })
    const tybalt = await fixtures.connect('tybalt')
    const error = expect.error(await subscribe(tybalt, node), 'not-allowed')
    expect.child(expect.child(error, 'error'), 'closed-node', errors)
  })

  test('xep-0060/6.1.3.12/no-such-node', {
    section: '6.1.3.12',
    level: 'SHOULD',
    statement: 'who subscribes to a node that does not exist gets item-not-found',
  }, async ({ connect, services, unique }) => {
    const romeo = await connect('romeo')
    expect.error(await subscribe(romeo, { to: services.pubsub ?? '', node: unique() }), 'item-not-found')
  })

  test('xep-0060/6.2.2/unsubscribed-gets-nothing', {
    section: '6.2.2',
    level: 'MUST',
    statement: 'who unsubscribes is told so, and gets no notifications any more',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const [romeo, nurse] = [await fixtures.connect('romeo'), await fixtures.connect('nurse')]
    const subscribed = await fixtures.given('both are subscribed', async () => {
      expect.result(await subscribe(nurse, node))
      return expect.result(await subscribe(romeo, node))
    })
    expect.result(await ask(romeo, node.to, 'set', unsubscribe(node.node, romeo.jid, subscribed)))
    await noticesBehind(node.juliet, node, nurse, 'behind')
    await nurse.marker(romeo)
    expect.none(romeo.seen(notice(node.node)), 'notification after unsubscribing')
  })

  test('xep-0060/6.2.3.2/not-subscribed', {
    section: '6.2.3.2',
    level: 'MUST',
    statement: 'who unsubscribes without being subscribed gets an error',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    expect.error(await ask(romeo, node.to, 'set', unsubscribe(node.node, romeo.jid)))
  })

  test('xep-0060/6.2.3.2/not-subscribed-is-unexpected', {
    section: '6.2.3.2',
    level: 'SHOULD',
    statement: 'the error for unsubscribing without being subscribed is unexpected-request with not-subscribed',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    const answer = await ask(romeo, node.to, 'set', unsubscribe(node.node, romeo.jid))
    expect.child(expect.child(expect.error(answer, 'unexpected-request'), 'error'), 'not-subscribed', errors)
  })

  test('xep-0060/6.2.3.3/nobody-is-unsubscribed-by-others', {
    section: '6.2.3.3',
    level: 'MUST',
    security: true,
    control: 'xep-0060/7.1.2/subscribers-are-notified',
    statement: "somebody else's subscription cannot be ended",
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const [romeo, tybalt] = [await fixtures.connect('romeo'), await fixtures.connect('tybalt')]
    const subscribed = await fixtures.given('romeo is subscribed', async () =>
      expect.result(await subscribe(romeo, node)),
    )
    expect.error(await ask(tybalt, node.to, 'set', unsubscribe(node.node, romeo.jid, subscribed)))
    expect.result(await publish(node.juliet, node, 'a', 'one'))
    await romeo.message(notice(node.node), 'a notification')
  })

  test('xep-0060/6.2.3.3/unsubscribing-others-is-forbidden', {
    section: '6.2.3.3',
    level: 'MUST',
    statement: 'who wants to end the subscription of somebody else gets forbidden',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const [romeo, tybalt] = [await fixtures.connect('romeo'), await fixtures.connect('tybalt')]
    const subscribed = await fixtures.given('romeo is subscribed', async () =>
      expect.result(await subscribe(romeo, node)),
    )
    expect.error(await ask(tybalt, node.to, 'set', unsubscribe(node.node, romeo.jid, subscribed)), 'forbidden')
  })

  test('xep-0060/6.2.3.4/no-such-node', {
    section: '6.2.3.4',
    level: 'MUST',
    statement: 'who unsubscribes from a node that does not exist gets item-not-found',
  }, async ({ connect, services, unique }) => {
    const romeo = await connect('romeo')
    const inner = unsubscribe(unique(), romeo.jid)
    expect.error(await ask(romeo, services.pubsub ?? '', 'set', inner), 'item-not-found')
  })

  const subscriptions = feature(`${pubsub}#retrieve-subscriptions`, 'pubsub')

  test('xep-0060/5.6/subscriptions', {
    section: '5.6',
    level: 'MUST',
    requires: [subscriptions],
    statement: 'who asks for its subscriptions gets all of them, for every JID of its account',
  }, async (fixtures) => {
    const node = await nodeOf(fixtures)
    const romeo = await fixtures.connect('romeo')
    await fixtures.given('romeo is subscribed twice', async () => {
      expect.result(await subscribe(romeo, node, romeo.bare))
      expect.result(await subscribe(romeo, node, romeo.jid))
    })
    const answer = expect.result(await ask(romeo, node.to, 'get', '<subscriptions/>'))
    const list = expect.child(expect.child(answer, 'pubsub', pubsub), 'subscriptions').getChildren('subscription')
    const told = list.map(({ attrs }) => `${attrs.node} ${attrs.jid} ${attrs.subscription}`).sort()
    const expected = [romeo.bare, romeo.jid].map((jid) => `${node.node} ${jid} subscribed`).sort()
    expect.equal(told.join(', '), expected.join(', '), 'the subscriptions')
  })

  test('xep-0060/5.6/no-subscriptions', {
    section: '5.6',
    level: 'MUST',
    requires: [subscriptions],
    statement: 'who has no subscriptions and asks for them gets an empty list',
  }, async ({ connect, services }) => {
    const romeo = await connect('romeo')
    const answer = expect.result(await ask(romeo, services.pubsub ?? '', 'get', '<subscriptions/>'))
    const list = expect.child(expect.child(answer, 'pubsub', pubsub), 'subscriptions')
    expect.equal(list.getChildElements().length, 0, 'subscriptions:')
  })
})
