import { defineSuite, expect, feature, service } from '../../harness/suite/index.ts'
import { carbons, copiesBehind, copyOf, isCopied, isCopy, original, staysWithout } from './_carbons.ts'

const enable = `<iq type='set'><enable xmlns='${carbons}'/></iq>`
const disable = `<iq type='set'><disable xmlns='${carbons}'/></iq>`

export default defineSuite(
  {
    specification: 'XEP-0280',
    version: '1.0.1',
    title: 'Message Carbons',
    category: 'IM',
    role: 'xmpp-server',
    requires: [feature(carbons)],
  },
  ({ test }) => {
    test('xep-0280/6.1/normal-message-with-body-is-copied', {
      section: '6.1',
      level: 'SHOULD',
      statement: 'a message of type normal with a body is copied',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' id='${id}'><body>Hark</body></message>`)
      await isCopied(id, juliet, desktop, phone)
    })

    test('xep-0280/6.1/message-with-receipt-is-copied', {
      section: '6.1',
      level: 'SHOULD',
      statement: 'a normal message without body that carries a payload of instant messaging, a receipt, is copied',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(
        `<message to='${desktop.jid}' id='${id}'><received xmlns='urn:xmpp:receipts' id='earlier'/></message>`,
      )
      await desktop.message(original(id), 'the receipt')
      await isCopied(id, juliet, desktop, phone)
    })

    test('xep-0280/6.1/chat-state-is-copied', {
      section: '6.1',
      level: 'SHOULD',
      statement: 'a chat message that carries only a chat state is copied',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await desktop.send(
        `<message to='${juliet.jid}' type='chat' id='${id}'>` +
          `<composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
      )
      await isCopied(id, desktop, juliet, phone)
    })

    test('xep-0280/6.1/error-is-copied', {
      section: '6.1',
      level: 'SHOULD',
      statement: 'an error that answers a message which was copied is copied too',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await desktop.send(`<message to='${juliet.jid}' type='chat' id='${id}'><body>My love</body></message>`)
      await juliet.message(original(id), 'the message')
      await phone.message(copyOf(id, 'sent'), 'a sent copy')
      await juliet.send(
        `<message to='${desktop.jid}' type='error' id='${id}'><body>My love</body><error type='cancel'>` +
          `<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
      )
      await copiesBehind(juliet, desktop, phone)
      expect.ok(phone.seen(copyOf(id, 'received')).length === 1, 'a copy of the error', 'only what was sent behind it')
    })

    test('xep-0280/6.1/direct-invitation-is-copied', {
      section: '6.1',
      level: 'SHOULD',
      statement: 'a message with a direct invitation to a room (XEP-0249) is copied, also without a body',
    }, async ({ connect, domain, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(
        `<message to='${desktop.jid}' id='${id}'><x xmlns='jabber:x:conference' jid='verona@rooms.${domain}'/></message>`,
      )
      await desktop.message(original(id), 'the invitation')
      await isCopied(id, juliet, desktop, phone)
    })

    test('xep-0280/6/headline-is-not-copied', {
      section: '6',
      level: 'SHOULD',
      statement: 'a headline, which is not instant messaging, is not copied',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='headline' id='${id}'><body>News</body></message>`)
      await desktop.message(original(id), 'the headline')
      await staysWithout(phone, juliet, id, 'copy of a headline')
    })

    test('xep-0280/6/message-without-instant-messaging-is-not-copied', {
      section: '6',
      level: 'SHOULD',
      statement: 'a normal message with neither body nor payload of instant messaging is not copied',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' id='${id}'><wave xmlns='urn:example:wave'/></message>`)
      await desktop.message(original(id), 'the message')
      await staysWithout(phone, juliet, id, 'copy of a message that is no instant message')
    })

    test('xep-0280/6.1/groupchat-message-is-not-copied', {
      section: '6.1',
      level: 'SHOULD',
      requires: [service('muc')],
      statement: 'messages of type groupchat are copied neither when they are sent nor when they are received',
    }, async ({ connect, given, room, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop', carbons: true })
      const verona = await room(await connect('juliet'))
      await given('romeo is in the room', () => verona.join(phone, 'romeo'))
      const id = unique()
      await verona.say(phone, 'Friends, Veronese', id)
      await phone.message((stanza) => stanza.attrs.id === id && verona.sent(stanza), 'the message from the room')
      await verona.marker(phone)
      await phone.marker(desktop)
      expect.none(
        desktop.seen((stanza) => isCopy()(stanza) && stanza.toString().includes('groupchat')),
        'copy of a groupchat message',
      )
    })

    test('xep-0280/6.1/private-message-to-occupant-is-copied', {
      section: '6.1',
      level: 'SHOULD',
      requires: [service('muc')],
      statement: "a private message to an occupant of a room is copied to the sender's other resources",
    }, async ({ connect, given, room, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop', carbons: true })
      const juliet = await connect('juliet')
      const verona = await room(juliet)
      await given('romeo is in the room', () => verona.join(phone, 'romeo'))
      const id = unique()
      await phone.send(
        `<message to='${verona.occupant('owner')}' type='chat' id='${id}'><body>Psst</body>` +
          `<x xmlns='http://jabber.org/protocol/muc#user'/></message>`,
      )
      await isCopied(id, phone, juliet, desktop)
    })

    test('xep-0280/6.1/private-message-from-occupant-is-not-copied', {
      section: '6.1',
      level: 'SHOULD',
      requires: [service('muc')],
      statement: "a private message from an occupant of a room is not copied to the receiver's other resources",
    }, async ({ connect, given, room, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop', carbons: true })
      const juliet = await connect('juliet')
      const verona = await room(juliet)
      await given('romeo is in the room', () => verona.join(phone, 'romeo'))
      const body = unique('psst')
      await juliet.send(
        `<message to='${verona.occupant('romeo')}' type='chat' id='${unique()}'><body>${body}</body>` +
          `<x xmlns='http://jabber.org/protocol/muc#user'/></message>`,
      )
      await phone.message((stanza) => stanza.getChildText('body') === body, 'the private message')
      await phone.marker(desktop)
      expect.none(
        desktop.seen((stanza) => isCopy()(stanza) && stanza.toString().includes(body)),
        'copy of the private message',
      )
    })

    test('xep-0280/10.1/enable-twice', {
      section: '10.1',
      level: 'SHOULD',
      statement: 'enabling carbons that are enabled is answered with a result',
    }, async ({ connect }) => {
      const phone = await connect('romeo', { carbons: true })
      expect.result(await phone.iq(enable))
    })

    test('xep-0280/10.1/disable-twice', {
      section: '10.1',
      level: 'SHOULD',
      statement: 'disabling carbons that are disabled is answered with a result',
    }, async ({ connect, given }) => {
      const phone = await connect('romeo', { carbons: true })
      await given('carbons are disabled', async () => expect.result(await phone.iq(disable)))
      expect.result(await phone.iq(disable))
    })

    test('xep-0280/10.1/disabled-in-mid-session', {
      section: '10.1',
      level: 'MUST',
      statement: 'carbons can be disabled in mid-session: no copies come from then on',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      expect.result(await phone.iq(disable), 'a result to <disable/>')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='chat' id='${id}'><body>Hark</body></message>`)
      await desktop.message(original(id), 'the message')
      await staysWithout(phone, juliet, id, 'copy after carbons were disabled')
    })

    test('xep-0280/10.1/enabled-again-in-mid-session', {
      section: '10.1',
      level: 'MUST',
      statement: 'carbons can be enabled again in mid-session: copies come from then on',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      expect.result(await phone.iq(disable), 'a result to <disable/>')
      expect.result(await phone.iq(enable), 'a result to the second <enable/>')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='chat' id='${id}'><body>Hark</body></message>`)
      await phone.message(copyOf(id, 'received'), 'a received copy')
    })

    test('xep-0280/10.3/bounced-copy-does-not-reach-the-sender', {
      section: '10.3',
      level: 'MUST',
      statement: 'the error that a copy is bounced with is not passed on to the sender of the message',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='chat' id='${id}'><body>Hark</body></message>`)
      const copy = await phone.message(copyOf(id, 'received'), 'a received copy')
      await phone.send(
        `<message to='${copy.attrs.from ?? phone.bare}' type='error' id='${copy.attrs.id ?? id}'><error type='cancel'>` +
          `<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
      )
      await phone.sync()
      await phone.marker(juliet)
      expect.none(
        juliet.seen((stanza) => stanza.is('message') && stanza.attrs.type === 'error'),
        'error for the sender',
      )
    })
  },
)
