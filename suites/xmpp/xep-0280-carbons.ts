import { defineSuite, type Element, feature } from '../../harness/suite/index.ts'
import { carbons, copyOf, isCopy, original, staysWithout, unwrap } from './_carbons.ts'

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
    test('xep-0280/7/received-message-is-copied', {
      section: '7',
      level: 'MUST',
      statement: 'a chat message to one resource is copied to every other resource that enabled carbons',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const tablet = await connect('romeo', { resource: 'tablet', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='chat' id='${id}'><body>Wherefore?</body></message>`)
      await phone.message(copyOf(id, 'received'), 'a received copy at the phone')
      await tablet.message(copyOf(id, 'received'), 'a received copy at the tablet')
    })

    test('xep-0280/7/received-copy-comes-from-own-bare-jid', {
      section: '7',
      level: 'MUST',
      statement: 'a received copy comes from the bare JID of the user whose resource gets it',
    }, async ({ connect, expect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='chat' id='${id}'><body>Hark</body></message>`)
      const copy = await phone.message(copyOf(id, 'received'), 'a received copy')
      expect.attribute(copy, 'from', phone.bare)
    })

    test('xep-0280/7/received-copy-is-addressed-to-full-jid', {
      section: '7',
      level: 'MUST',
      statement: 'a received copy is addressed to the full JID of the resource that gets it',
    }, async ({ connect, expect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='chat' id='${id}'><body>Hark</body></message>`)
      const copy = await phone.message(copyOf(id, 'received'), 'a received copy')
      expect.attribute(copy, 'to', phone.jid)
    })

    test('xep-0280/7/received-copy-keeps-type', {
      section: '7',
      level: 'SHOULD',
      statement: 'a received copy has the type of the message that it wraps',
    }, async ({ connect, expect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='chat' id='${id}'><body>Hark</body></message>`)
      expect.attribute(await phone.message(copyOf(id, 'received'), 'a received copy'), 'type', 'chat')
    })

    test('xep-0280/7/received-copy-holds-original', {
      section: '7',
      level: 'MUST',
      statement: 'a received copy wraps the message with its addresses, its type and all its children',
    }, async ({ connect, expect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(
        `<message to='${desktop.jid}' type='chat' id='${id}'><body>a &lt; b &amp; c</body><thread>t-${id}</thread>` +
          `<wave xmlns='urn:example:wave' hand='left'/></message>`,
      )
      const copy = await phone.message(isCopy('received'), 'a received copy')
      const message = unwrap(copy)
      expect.attribute(message, 'from', juliet.jid)
      expect.attribute(message, 'to', desktop.jid)
      expect.attribute(message, 'id', id)
      expect.attribute(message, 'type', 'chat')
      expect.equal(message.getChildText('body'), 'a < b & c', 'the body')
      expect.equal(message.getChildText('thread'), `t-${id}`, 'the thread')
      expect.attribute(expect.child(message, 'wave', 'urn:example:wave'), 'hand', 'left')
      expect.equal(message.getNS(), 'jabber:client', 'the namespace of the wrapped message')
    })

    test('xep-0280/7/addressee-gets-no-copy', {
      section: '7',
      level: 'MUST',
      statement: 'the resource that a message was addressed to gets no copy of it beside the message',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${phone.jid}' type='chat' id='${id}'><body>For you alone</body></message>`)
      await phone.message(original(id), 'the message')
      await staysWithout(phone, juliet, id, 'copy at the resource that was addressed')
    })

    test('xep-0280/7/message-to-bare-jid-is-seen-once', {
      section: '7',
      level: 'MUST',
      statement: 'a chat message to the bare JID reaches each resource with carbons exactly once, itself or as a copy',
    }, async ({ connect, expect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true, priority: 1 })
      const tablet = await connect('romeo', { resource: 'tablet', carbons: true, priority: 5 })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${phone.bare}' type='chat' id='${id}'><body>Whichever</body></message>`)
      const either = (stanza: Element) => original(id)(stanza) || copyOf(id)(stanza)
      await Promise.all([phone, tablet].map((session) => session.message(either, 'the message or a copy')))
      await phone.marker(tablet)
      await tablet.marker(phone)
      for (const session of [phone, tablet]) {
        await juliet.marker(session)
        expect.none(session.seen(either), `second time that the message comes to ${session.resource}`)
      }
    })

    test('xep-0280/2/not-enabled-gets-no-copy', {
      section: '2',
      level: 'MUST',
      statement: 'a resource that did not enable carbons gets copies neither of received nor of sent messages',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const plain = await connect('romeo', { resource: 'plain' })
      const juliet = await connect('juliet')
      const [received, sent] = [unique('received'), unique('sent')]
      await juliet.send(`<message to='${phone.jid}' type='chat' id='${received}'><body>Hark</body></message>`)
      await phone.send(`<message to='${juliet.jid}' type='chat' id='${sent}'><body>I do</body></message>`)
      await juliet.message(original(sent), 'the message of the phone')
      await staysWithout(plain, phone, received, 'copy of a received message')
      await staysWithout(plain, phone, sent, 'copy of a sent message')
    })

    test('xep-0280/8/sent-message-is-copied', {
      section: '8',
      level: 'MUST',
      statement: 'a chat message that one resource sends is copied to every other resource that enabled carbons',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const tablet = await connect('romeo', { resource: 'tablet', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop', carbons: true })
      const juliet = await connect('juliet')
      const id = unique()
      await desktop.send(`<message to='${juliet.bare}' type='chat' id='${id}'><body>My love</body></message>`)
      await phone.message(copyOf(id, 'sent'), 'a sent copy at the phone')
      await tablet.message(copyOf(id, 'sent'), 'a sent copy at the tablet')
    })

    test('xep-0280/8/sender-need-not-have-carbons', {
      section: '8',
      level: 'MUST',
      statement: 'a sent message is copied although the resource that sends it has not enabled carbons',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const plain = await connect('romeo', { resource: 'plain' })
      const juliet = await connect('juliet')
      const id = unique()
      await plain.send(`<message to='${juliet.bare}' type='chat' id='${id}'><body>My love</body></message>`)
      await phone.message(copyOf(id, 'sent'), 'a sent copy')
    })

    test('xep-0280/8/sent-copy-comes-from-own-bare-jid', {
      section: '8',
      level: 'MUST',
      statement: "a sent copy comes from the user's bare JID",
    }, async ({ connect, expect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await desktop.send(`<message to='${juliet.bare}' type='chat' id='${id}'><body>My love</body></message>`)
      const copy = await phone.message(copyOf(id, 'sent'), 'a sent copy')
      expect.attribute(copy, 'from', phone.bare)
    })

    test('xep-0280/8/sent-copy-is-addressed-to-full-jid', {
      section: '8',
      level: 'SHOULD',
      statement: 'a sent copy is addressed to the full JID of the resource that gets it, and keeps the type',
    }, async ({ connect, expect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await desktop.send(`<message to='${juliet.bare}' type='chat' id='${id}'><body>My love</body></message>`)
      const copy = await phone.message(copyOf(id, 'sent'), 'a sent copy')
      expect.attribute(copy, 'to', phone.jid)
      expect.attribute(copy, 'type', 'chat')
    })

    test('xep-0280/8/sent-copy-holds-original', {
      section: '8',
      level: 'MUST',
      statement: 'a sent copy wraps the message with its addresses, its type and all its children',
    }, async ({ connect, expect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await desktop.send(
        `<message to='${juliet.jid}' type='chat' id='${id}'><body>a &lt; b &amp; c</body>` +
          `<wave xmlns='urn:example:wave' hand='left'/></message>`,
      )
      const copy = await phone.message(isCopy('sent'), 'a sent copy')
      const message = unwrap(copy)
      expect.attribute(message, 'from', desktop.jid)
      expect.attribute(message, 'to', juliet.jid)
      expect.attribute(message, 'id', id)
      expect.attribute(message, 'type', 'chat')
      expect.equal(message.getChildText('body'), 'a < b & c', 'the body')
      expect.attribute(expect.child(message, 'wave', 'urn:example:wave'), 'hand', 'left')
    })

    test('xep-0280/8/sending-resource-gets-no-copy', {
      section: '8',
      level: 'SHOULD',
      statement: 'the resource that sends a message gets no copy of it',
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const juliet = await connect('juliet')
      const id = unique()
      await phone.send(`<message to='${juliet.jid}' type='chat' id='${id}'><body>My love</body></message>`)
      await juliet.message(original(id), 'the message')
      await staysWithout(phone, juliet, id, 'copy at the sender')
    })

    const privately = `<private xmlns='${carbons}'/><no-copy xmlns='urn:xmpp:hints'/>`

    test('xep-0280/9/private-message-is-not-copied-to-the-senders-resources', {
      section: '9',
      level: 'MUST',
      security: true,
      control: 'xep-0280/8/sent-message-is-copied',
      statement: "a message marked private is not copied to the sender's other resources",
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await desktop.send(`<message to='${juliet.jid}' type='chat' id='${id}'><body>Hush</body>${privately}</message>`)
      await juliet.message(original(id), 'the private message')
      await staysWithout(phone, desktop, id, 'copy of a private message')
    })

    test('xep-0280/9/private-message-is-not-copied-to-the-recipients-resources', {
      section: '9',
      level: 'MUST',
      security: true,
      control: 'xep-0280/7/received-message-is-copied',
      statement: "a message marked private is not copied to the recipient's other resources",
    }, async ({ connect, unique }) => {
      const phone = await connect('romeo', { resource: 'phone', carbons: true })
      const desktop = await connect('romeo', { resource: 'desktop' })
      const juliet = await connect('juliet')
      const id = unique()
      await juliet.send(`<message to='${desktop.jid}' type='chat' id='${id}'><body>Hush</body>${privately}</message>`)
      await desktop.message(original(id), 'the private message')
      await staysWithout(phone, juliet, id, 'copy of a private message')
    })
  },
)
