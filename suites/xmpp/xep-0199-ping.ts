import { defineSuite, expect, feature, ns } from '../../harness/suite/index.ts'

const ping = (to?: string) => `<iq type='get'${to ? ` to='${to}'` : ''}><ping xmlns='${ns.ping}'/></iq>`

export default defineSuite(
  {
    specification: 'XEP-0199',
    version: '2.0.1',
    title: 'XMPP Ping',
    category: 'Other',
    role: 'xmpp-server',
    requires: [feature(ns.ping)],
  },
  ({ test }) => {
    test('xep-0199/4.2/ping-of-the-server', {
      section: '4.2',
      level: 'MUST',
      statement: 'a ping of the server is answered with an empty result',
    }, async ({ connect, domain }) => {
      const juliet = await connect('juliet', { presence: false })
      const answer = expect.result(await juliet.iq(ping(domain)))
      expect.attribute(answer, 'from', domain)
      expect.none(answer.getChildElements(), 'child of the result')
    })

    test('xep-0199/4.2/ping-without-address', {
      section: '4.2',
      level: 'MUST',
      statement: "a ping without 'to' is answered with a result",
    }, async ({ connect }) => {
      const juliet = await connect('juliet', { presence: false })
      expect.result(await juliet.iq(ping()))
    })

    test('xep-0199/4.2/ping-of-the-own-account', {
      section: '4.2',
      level: 'MUST',
      statement: "a ping of one's own bare JID is answered with a result by the server, and reaches no resource",
    }, async ({ connect, unique }) => {
      const [balcony, chamber] = [
        await connect('juliet', { resource: 'balcony' }),
        await connect('juliet', { resource: 'chamber' }),
      ]
      const id = unique('ping')
      await balcony.send(`<iq type='get' to='${balcony.bare}' id='${id}'><ping xmlns='${ns.ping}'/></iq>`)
      expect.result(await balcony.next(({ attrs }) => attrs.id === id, 'an answer'))
      await balcony.marker(chamber)
      expect.none(
        chamber.seen(({ attrs }) => attrs.id === id),
        'ping at a resource',
      )
    })

    test('xep-0199/4.4/between-clients', {
      section: '4.4',
      level: 'none',
      statement: 'a ping of the full JID of a friend is relayed, and so is the answer',
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      const id = unique('ping')
      await romeo.send(`<iq type='get' to='${juliet.jid}' id='${id}'><ping xmlns='${ns.ping}'/></iq>`)
      const request = await juliet.next(({ attrs }) => attrs.id === id, 'the ping')
      expect.attribute(request, 'from', romeo.jid)
      expect.child(request, 'ping', ns.ping)
      await juliet.send(`<iq type='result' to='${romeo.jid}' id='${id}'/>`)
      expect.attribute(expect.result(await romeo.next(({ attrs }) => attrs.id === id, 'the pong')), 'from', juliet.jid)
    })

    test('xep-0199/4.4/between-resources', {
      section: '4.4',
      level: 'none',
      statement: 'a ping of another resource of the own account is relayed, and so is the answer',
    }, async ({ connect, unique }) => {
      const [balcony, chamber] = [
        await connect('juliet', { resource: 'balcony' }),
        await connect('juliet', { resource: 'chamber' }),
      ]
      const id = unique('ping')
      await balcony.send(`<iq type='get' to='${chamber.jid}' id='${id}'><ping xmlns='${ns.ping}'/></iq>`)
      await chamber.next(({ attrs }) => attrs.id === id, 'the ping')
      await chamber.send(`<iq type='result' to='${balcony.jid}' id='${id}'/>`)
      expect.result(await balcony.next(({ attrs }) => attrs.id === id, 'the pong'))
    })

    test('xep-0199/4.4/ping-of-another-account', {
      section: '4.4',
      level: 'none',
      statement: 'a ping of the bare JID of a friend is handled by the server and reaches no resource',
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      const id = unique('ping')
      await romeo.send(`<iq type='get' to='${juliet.bare}' id='${id}'><ping xmlns='${ns.ping}'/></iq>`)
      await romeo.next(({ attrs }) => attrs.id === id, 'an answer')
      await romeo.marker(juliet)
      expect.none(
        juliet.seen(({ attrs }) => attrs.id === id),
        'ping at a resource',
      )
    })

    test('xep-0199/7/no-such-resource', {
      section: '7',
      level: 'MUST',
      statement:
        'a ping of a full JID without a connected resource is refused with <service-unavailable/> from that full JID',
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      const to = `${juliet.bare}/${unique('gone')}`
      const answer = await romeo.iq(ping(to))
      expect.error(answer, 'service-unavailable')
      expect.attribute(answer, 'from', to)
    })
  },
)
