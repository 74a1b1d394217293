import { defineSuite, expect, feature } from '../../harness/suite/index.ts'
import { interested, notified, pair, pep, publishOwn } from './_pep.ts'
import { notice, pubsub, tells } from './_pubsub.ts'

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
    test('xep-0163/4.2/interested-contact-is-notified', {
      section: '4.2',
      level: 'MUST',
      statement: 'a contact whose capabilities tell interest in a node is notified of what is published there',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      await interested(romeo, [node])
      expect.result(await publishOwn(juliet, node, 'one'))
      await romeo.message(tells(node, 'one'), 'a notification')
    })

    test('xep-0163/4.3.1/notification-comes-from-the-account', {
      section: '4.3.1',
      level: 'MUST',
      statement: "a notification comes from the owner's bare JID",
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      await notified(fixtures, juliet, romeo, node)
      expect.result(await publishOwn(juliet, node, 'one'))
      expect.attribute(await romeo.message(tells(node, 'one'), 'a notification'), 'from', juliet.bare)
    })

    test('xep-0163/4.3.1/notification-goes-to-the-full-jid', {
      section: '4.3.1',
      level: 'SHOULD',
      statement: 'a notification is addressed to the full JID of the contact whose presence is known',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      await notified(fixtures, juliet, romeo, node)
      expect.result(await publishOwn(juliet, node, 'one'))
      expect.attribute(await romeo.message(tells(node, 'one'), 'a notification'), 'to', romeo.jid)
    })

    test('xep-0163/4.2/others-are-not-notified', {
      section: '4.2',
      level: 'MUST',
      statement: 'a contact whose capabilities tell interest in another node is not notified of this one',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      const other = `${node}:other`
      await interested(romeo, [other])
      expect.result(await publishOwn(juliet, node, 'one'))
      expect.result(await publishOwn(juliet, other, 'two'))
      await romeo.message(tells(other, 'two'), 'the notification of the other node')
      expect.none(romeo.seen(notice(node)), 'notification that nobody asked for')
    })

    test('xep-0163/4/own-resources-are-notified', {
      section: '4',
      level: 'MUST',
      statement: "the owner's own resources are notified where they tell interest",
    }, async ({ connect, unique }) => {
      const phone = await connect('juliet', { resource: 'phone' })
      const desktop = await connect('juliet', { resource: 'desktop' })
      const node = `urn:example:${unique('node')}`
      await interested(phone, [node])
      expect.result(await publishOwn(desktop, node, 'one'))
      await phone.message(tells(node, 'one'), 'a notification')
    })

    test('xep-0163/4.3.4/last-item-for-newly-available', {
      section: '4.3.4',
      level: 'MUST',
      statement: 'a resource of a contact that becomes available with interest in a node is sent the last item of it',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      await interested(romeo, [node])
      for (const text of ['one', 'two']) {
        expect.result(await publishOwn(juliet, node, text))
        await fixtures.given('romeo is notified', () => romeo.message(tells(node, text), 'a notification'))
      }
      const tablet = await fixtures.connect('romeo', { resource: 'tablet', presence: false })
      await interested(tablet, [node])
      await tablet.message(tells(node, 'two'), 'the last item')
    })

    test('xep-0163/4.3.4/last-item-for-own-resources', {
      section: '4.3.4',
      level: 'MUST',
      statement: 'a resource of the owner that becomes available with interest is sent the last item',
    }, async ({ connect, given, unique }) => {
      const desktop = await connect('juliet', { resource: 'desktop' })
      const node = `urn:example:${unique('node')}`
      await interested(desktop, [node])
      expect.result(await publishOwn(desktop, node, 'one'))
      await given('the desktop is notified', () => desktop.message(tells(node, 'one'), 'a notification'))
      const phone = await connect('juliet', { resource: 'phone', presence: false })
      await interested(phone, [node])
      await phone.message(tells(node, 'one'), 'the last item')
    })

    test('xep-0163/4.3.2/other-resources-are-not-notified', {
      section: '4.3.2',
      level: 'MUST',
      statement: 'of the resources of a contact only those are notified that tell interest',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      const desktop = await fixtures.connect('romeo', { resource: 'desktop' })
      await notified(fixtures, juliet, romeo, node)
      await fixtures.given('the first one is over', () => juliet.marker(desktop))
      desktop.take(notice(node))
      expect.result(await publishOwn(juliet, node, 'one'))
      await romeo.message(tells(node, 'one'), 'a notification')
      await romeo.marker(desktop)
      await juliet.marker(desktop)
      expect.none(desktop.seen(notice(node)), 'notification for a resource without interest')
    })

    test('xep-0163/4/strangers-are-not-notified', {
      section: '4',
      level: 'MUST',
      security: true,
      control: 'xep-0163/4.2/interested-contact-is-notified',
      statement:
        'who is not subscribed to presence is not notified, though it tells interest in presence sent to the owner',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      const tybalt = await fixtures.connect('tybalt')
      await interested(romeo, [node])
      await interested(tybalt, [node])
      await tybalt.send(`<presence to='${juliet.bare}'/>`)
      await tybalt.sync()
      expect.result(await publishOwn(juliet, node, 'one'))
      await romeo.message(tells(node, 'one'), 'a notification')
      await romeo.marker(tybalt)
      await tybalt.sync()
      expect.none(tybalt.seen(notice(node)), 'notification for a stranger')
    })

    test('xep-0163/5/whitelist-is-not-notified', {
      section: '5',
      level: 'MUST',
      security: true,
      requires: [options],
      control: 'xep-0163/4.2/interested-contact-is-notified',
      statement: 'a contact is not notified of a node with the access model whitelist',
    }, async (fixtures) => {
      const { juliet, romeo, node } = await pair(fixtures)
      const open = `${node}:open`
      await interested(romeo, [node, open])
      expect.result(await publishOwn(juliet, node, 'secret', { access_model: 'whitelist' }))
      expect.result(await publishOwn(juliet, open, 'known'))
      await romeo.message(tells(open, 'known'), 'the notification of another node')
      expect.none(romeo.seen(notice(node)), 'notification of a closed node')
    })
  },
)
