import { defineSuite, type Element, expect, type Session, streamFeature } from '../../harness/suite/index.ts'
import { cutAndResume, manage, sm } from './_stream-management.ts'

const csi = 'urn:xmpp:csi:0'
const active = `<active xmlns='${csi}'/>`
const inactive = `<inactive xmlns='${csi}'/>`

const shows =
  (contact: Session, show: string) =>
  (stanza: Element): boolean =>
    stanza.is('presence') && stanza.attrs.from === contact.jid && stanza.getChildText('show') === show

export default defineSuite(
  {
    specification: 'XEP-0352',
    version: '1.0.0',
    title: 'Client State Indication',
    category: 'Mobile',
    role: 'xmpp-server',
    requires: [streamFeature('csi', csi)],
  },
  ({ test }) => {
    test('xep-0352/4.2/states-are-taken-silently', {
      section: '4.2',
      level: 'none',
      statement: '<inactive/> and <active/> are taken without an answer, and the stream goes on',
    }, async ({ connect }) => {
      const juliet = await connect('juliet')
      for (const state of [inactive, active, active, inactive, inactive, active]) await juliet.send(state)
      await juliet.sync()
      expect.none(
        juliet.seen((element) => element.getNS() === csi || element.getName() === 'error'),
        'answer to a client state',
      )
    })

    test('xep-0352/4.2/messages-come-while-inactive', {
      section: '4.2',
      level: 'none',
      statement: 'chat messages come to an inactive client at once',
    }, async ({ connect }) => {
      const juliet = await connect('juliet')
      const romeo = await connect('romeo')
      await juliet.send(inactive)
      await juliet.sync()
      await romeo.marker(juliet)
    })

    test('xep-0352/5.1/active-brings-what-was-held-back', {
      section: '5.1',
      level: 'MUST',
      statement: 'all that was held back is sent before the answer to a request that stands behind <active/>',
    }, async ({ connect, friends }) => {
      const juliet = await connect('juliet')
      const romeo = await connect('romeo')
      await friends(juliet, romeo)
      await juliet.send(inactive)
      await juliet.sync()
      await romeo.send('<presence><show>away</show></presence>')
      await romeo.sync()
      await juliet.send(active)
      await juliet.sync()
      const came = juliet.seen(shows(romeo, 'away'))
      expect.ok(came.length === 1, "the contact's presence before the answer to the ping", 'only the answer')
    })

    test('xep-0352/3.2/latest-presence-of-each-contact', {
      section: '3.2',
      level: 'none',
      statement: 'the presence of a contact that a client has after <active/> is the latest one',
    }, async ({ connect, friends }) => {
      const juliet = await connect('juliet')
      const romeo = await connect('romeo')
      await friends(juliet, romeo)
      await juliet.send(inactive)
      await juliet.sync()
      for (const show of ['away', 'dnd', 'xa']) await romeo.send(`<presence><show>${show}</show></presence>`)
      await romeo.sync()
      await juliet.send(active)
      await juliet.sync()
      const last = juliet.seen(({ name, attrs }) => name === 'presence' && attrs.from === romeo.jid).at(-1)
      expect.equal(last?.getChildText('show'), 'xa', "the last <show/> of the contact's presence")
    })

    test('xep-0352/4.2/messages-keep-their-order', {
      section: '4.2',
      level: 'none',
      statement: 'nothing is lost and nothing overtakes: chat states and messages of one sender come in order',
    }, async ({ connect, unique }) => {
      const juliet = await connect('juliet')
      const romeo = await connect('romeo')
      await juliet.send(inactive)
      await juliet.sync()
      const bodies = ['one', 'two', 'three', 'four'].map((word) => unique(word))
      for (const body of bodies) {
        await romeo.send(
          `<message to='${juliet.jid}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>` +
            `<message to='${juliet.jid}' type='chat'><body>${body}</body></message>`,
        )
      }
      await romeo.marker(juliet)
      const came = juliet.seen((stanza) => stanza.is('message') && bodies.includes(stanza.getChildText('body') ?? ''))
      const order = came.map((stanza) => stanza.getChildText('body')).join(' ')
      expect.equal(order, bodies.join(' '), 'the messages in order,')
    })

    test('xep-0352/5/streams-begin-active', {
      section: '5',
      level: 'MUST',
      statement: 'a client that has said nothing counts as active: presence is not held back',
    }, async ({ connect, friends }) => {
      const juliet = await connect('juliet')
      const romeo = await connect('romeo')
      await friends(juliet, romeo)
      await romeo.send('<presence><show>away</show></presence>')
      await juliet.presence(shows(romeo, 'away'), "the contact's presence at once")
    })

    test('xep-0352/5/away-is-not-inactive', {
      section: '5',
      level: 'MUST',
      statement: 'the state does not follow from presence: a client that is away still counts as active',
    }, async ({ connect, friends }) => {
      const juliet = await connect('juliet')
      const romeo = await connect('romeo')
      await friends(juliet, romeo)
      await juliet.send('<presence><show>xa</show></presence>')
      await juliet.sync()
      await romeo.send('<presence><show>away</show></presence>')
      await juliet.presence(shows(romeo, 'away'), "the contact's presence at once")
    })

    test('xep-0352/5/inactive-does-not-change-presence', {
      section: '5',
      level: 'MUST',
      statement: 'presence does not follow from the state: contacts see no presence when a client becomes inactive',
    }, async ({ connect, friends }) => {
      const juliet = await connect('juliet')
      const romeo = await connect('romeo')
      await friends(juliet, romeo)
      await romeo.marker(juliet)
      await juliet.marker(romeo)
      romeo.take()
      await juliet.send(inactive)
      await juliet.send(active)
      await juliet.marker(romeo)
      expect.none(
        romeo.seen(({ name, attrs }) => name === 'presence' && attrs.from === juliet.jid),
        'presence because of a client state',
      )
    })

    test('xep-0352/5.2/resumed-streams-begin-active', {
      section: '5.2',
      level: 'MUST',
      requires: [streamFeature('sm', sm)],
      statement: 'a stream that is resumed (XEP-0198) begins active, though the former one was inactive',
    }, async (fixtures) => {
      const romeo = await fixtures.connect('romeo')
      const helper = await fixtures.connect('juliet', { resource: 'helper' })
      await fixtures.friends(helper, romeo)
      const juliet = await manage(fixtures, 'juliet', { resume: true, presence: true })
      await juliet.stream.write(inactive)
      const stream = await cutAndResume(fixtures, juliet)
      await romeo.send('<presence><show>away</show></presence>')
      await stream.next(shows(romeo, 'away'), "the contact's presence at once")
    })
  },
)
