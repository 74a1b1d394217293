import { defineSuite, expect, type Session, streamFeature } from '../../harness/suite/index.ts'
import { isPresence, isPush, pushed, rfc6121, rosterSet } from './_rfc6121.ts'

/** `user` approves `contact` before being asked, and the server notes it. */
async function preApproved(user: Session, contact: string): Promise<void> {
  await user.send(`<presence to='${contact}' type='subscribed'/>`)
  await pushed(user, contact, 'none')
}

export default defineSuite(
  {
    ...rfc6121,
    requires: [streamFeature('sub', 'urn:xmpp:features:pre-approval')],
  },
  ({ test }) => {
    test('rfc6121/3.4.2/pre-approval-makes-an-item', {
      section: '3.4.2',
      level: 'MUST',
      statement:
        "a pre-approval of an unknown contact makes and pushes an item with subscription='none' and approved='true'",
    }, async ({ connect, account }) => {
      const [juliet, romeo] = [await connect('juliet', { roster: true }), await account('romeo')]
      await juliet.send(`<presence to='${romeo.jid}' type='subscribed'/>`)
      const item = await pushed(juliet, romeo.jid, 'none')
      expect.attribute(item, 'approved', 'true')
    })

    test('rfc6121/3.4.2/pre-approval-marks-an-item', {
      section: '3.4.2',
      level: 'MUST',
      statement:
        "a pre-approval of a contact with subscription='none' sets approved='true' on the item and keeps its name",
    }, async ({ connect, account }) => {
      const [juliet, romeo] = [await connect('juliet', { roster: true }), await account('romeo')]
      expect.result(await juliet.iq(rosterSet(`<item jid='${romeo.jid}' name='Romeo'/>`)))
      await pushed(juliet, romeo.jid)
      await juliet.send(`<presence to='${romeo.jid}' type='subscribed'/>`)
      const item = await pushed(juliet, romeo.jid)
      expect.attribute(item, 'approved', 'true')
      expect.attribute(item, 'name', 'Romeo')
    })

    test('rfc6121/3.4.2/pre-approval-is-not-routed', {
      section: '3.4.2',
      level: 'MUST',
      statement: 'a pre-approval is not routed to the contact',
    }, async ({ connect }) => {
      const [juliet, romeo] = [await connect('juliet', { roster: true }), await connect('romeo', { roster: true })]
      await preApproved(juliet, romeo.bare)
      await juliet.marker(romeo)
      expect.none(romeo.seen(isPresence(juliet.bare, 'subscribed')), 'approval')
      expect.none(romeo.seen(isPush(juliet.bare)), 'roster push')
    })

    test('rfc6121/3.4.2/request-is-answered-for-the-user', {
      section: '3.4.2',
      level: 'MUST',
      statement: 'a request of a pre-approved contact is answered with "subscribed" from the bare JID of the user',
    }, async ({ connect, given }) => {
      const [juliet, romeo] = [await connect('juliet', { roster: true }), await connect('romeo', { roster: true })]
      await given('a pre-approval', () => preApproved(juliet, romeo.bare))
      await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
      await romeo.next(isPresence(juliet.bare, 'subscribed'), 'an approval')
      await pushed(romeo, juliet.bare, 'to')
    })

    test('rfc6121/3.4.2/request-is-not-delivered', {
      section: '3.4.2',
      level: 'MUST',
      statement: 'a request of a pre-approved contact is not delivered to the user',
    }, async ({ connect, given }) => {
      const [juliet, romeo] = [await connect('juliet', { roster: true }), await connect('romeo', { roster: true })]
      await given('a pre-approval', () => preApproved(juliet, romeo.bare))
      await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
      await romeo.marker(juliet)
      expect.none(juliet.seen(isPresence(romeo.bare, 'subscribe')), 'request that was approved before')
    })

    test('rfc6121/3.4.2/request-is-answered-for-an-offline-user', {
      section: '3.4.2',
      level: 'MUST',
      statement: 'a request of a pre-approved contact is answered even when the user is offline',
    }, async ({ connect, given, account }) => {
      const [romeo, { jid }] = [await connect('romeo', { roster: true }), await account('juliet')]
      await given('a pre-approval of a user who left', async () => {
        const juliet = await connect('juliet', { roster: true })
        await preApproved(juliet, romeo.bare)
        await juliet.close()
      })
      await romeo.send(`<presence to='${jid}' type='subscribe'/>`)
      await romeo.next(isPresence(jid, 'subscribed'), 'an approval')
    })

    test('rfc6121/3.2.2/pre-approval-is-cancelled', {
      section: '3.2.2',
      level: 'MUST',
      statement: '"unsubscribed" removes a pre-approval: the next request is delivered to the user',
    }, async ({ connect, given }) => {
      const [juliet, romeo] = [await connect('juliet', { roster: true }), await connect('romeo', { roster: true })]
      await given('a pre-approval', () => preApproved(juliet, romeo.bare))
      await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
      await juliet.sync()
      await romeo.send(`<presence to='${juliet.bare}' type='subscribe'/>`)
      await juliet.next(isPresence(romeo.bare, 'subscribe'), 'the request')
      expect.none(romeo.seen(isPresence(juliet.bare, 'subscribed')), 'approval')
    })

    test('rfc6121/3.2.2/cancelled-pre-approval-is-not-routed', {
      section: '3.2.2',
      level: 'MUST',
      statement: 'the "unsubscribed" that removes a pre-approval is not delivered to the contact',
    }, async ({ connect, given }) => {
      const [juliet, romeo] = [await connect('juliet', { roster: true }), await connect('romeo', { roster: true })]
      await given('a pre-approval', () => preApproved(juliet, romeo.bare))
      await juliet.send(`<presence to='${romeo.bare}' type='unsubscribed'/>`)
      await juliet.marker(romeo)
      expect.none(romeo.seen(isPresence(juliet.bare, 'unsubscribed')), 'cancellation of a pre-approval')
    })
  },
)
