import { defineSuite, expect } from '../../harness/suite/index.ts'
import { rfc6121 } from './_rfc6121.ts'

const isMirror = (id: string) => (element: { attrs: Record<string, string | undefined> }) => element.attrs.id === id
const payload = "<query xmlns='urn:assay:nobody-knows'/>"

export default defineSuite(rfc6121, ({ test }) => {
  for (const type of ['get', 'set'] as const) {
    test(`rfc6121/8.5.2.1.3/unknown-${type}-to-the-bare-jid`, {
      section: '8.5.2.1.3',
      level: 'MUST',
      statement: `an IQ ${type} of an unknown namespace to a bare JID is answered with <service-unavailable/>`,
    }, async ({ connect }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      expect.error(await romeo.iq(`<iq type='${type}' to='${juliet.bare}'>${payload}</iq>`), 'service-unavailable')
    })
  }

  test('rfc6121/8.5.2.1.3/not-delivered-to-resources', {
    section: '8.5.2.1.3',
    level: 'MUST',
    statement: 'an IQ to a bare JID is not delivered to a resource of the account, not even of a friend',
  }, async ({ connect, friends, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await friends(romeo, juliet)
    const id = unique('iq')
    await romeo.send(`<iq type='get' to='${juliet.bare}' id='${id}'>${payload}</iq>`)
    await romeo.marker(juliet)
    expect.none(juliet.seen(isMirror(id)), 'IQ to the bare JID at a resource')
  })

  test('rfc6121/8.5.2.2.3/unknown-to-an-offline-account', {
    section: '8.5.2.2.3',
    level: 'MUST',
    statement: 'an IQ of an unknown namespace to an account without resources is answered with <service-unavailable/>',
  }, async ({ connect, account }) => {
    const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
    expect.error(await romeo.iq(`<iq type='get' to='${jid}'>${payload}</iq>`), 'service-unavailable')
  })

  test('rfc6121/8.5.1/iq-to-nobody', {
    section: '8.5.1',
    level: 'MUST',
    statement: 'an IQ to an account that does not exist is answered with <service-unavailable/>',
  }, async ({ connect, unique, domain }) => {
    const romeo = await connect('romeo')
    const answer = await romeo.iq(`<iq type='get' to='${unique('nobody')}@${domain}'>${payload}</iq>`)
    expect.error(answer, 'service-unavailable')
  })

  test('rfc6121/8.5.3.1/iq-between-friends', {
    section: '8.5.3.1',
    level: 'none',
    statement: 'an IQ to the full JID of a friend is delivered',
  }, async ({ connect, friends, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await friends(romeo, juliet)
    const id = unique('iq')
    await romeo.send(`<iq type='set' to='${juliet.jid}' id='${id}'>${payload}</iq>`)
    const iq = await juliet.next(isMirror(id), 'the IQ')
    expect.child(iq, 'query', 'urn:assay:nobody-knows')
    expect.attribute(iq, 'from', romeo.jid)
  })

  test('rfc6121/8.5.3.1/result-is-delivered', {
    section: '8.5.3.1',
    level: 'MUST',
    statement: 'an IQ result is delivered to the full JID, even between strangers',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const id = unique('iq')
    await juliet.send(`<iq type='result' to='${romeo.jid}' id='${id}'>${payload}</iq>`)
    const result = await romeo.next(isMirror(id), 'the result')
    expect.child(result, 'query', 'urn:assay:nobody-knows')
  })

  test('rfc6121/8.5.3.1/error-is-delivered', {
    section: '8.5.3.1',
    level: 'MUST',
    statement: 'an IQ error is delivered to the full JID, even between strangers',
  }, async ({ connect, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    const id = unique('iq')
    const error = "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    await juliet.send(`<iq type='error' to='${romeo.jid}' id='${id}'>${error}</iq>`)
    expect.error(await romeo.next(isMirror(id), 'the error'), 'conflict')
  })

  test('rfc6121/8.5.3.1/iq-of-a-stranger', {
    section: '8.5.3.1',
    level: 'SHOULD',
    statement: 'an IQ from somebody who is not shown presence is not delivered but refused with <service-unavailable/>',
  }, async ({ connect, unique }) => {
    const [mallory, juliet] = [await connect('mallory'), await connect('juliet')]
    const id = unique('iq')
    await mallory.send(`<iq type='get' to='${juliet.jid}' id='${id}'>${payload}</iq>`)
    await mallory.marker(juliet)
    const [arrived] = juliet.take(isMirror(id))
    expect.ok(!arrived, '<service-unavailable/> for the stranger', arrived ?? '', 'believed')
    expect.error(await mallory.next(isMirror(id), 'an error'), 'service-unavailable')
  })

  test('rfc6121/8.5.3.1/iq-after-directed-presence', {
    section: '8.5.3.1',
    level: 'none',
    statement: 'an IQ from somebody who was sent directed presence is delivered',
  }, async ({ connect, given, unique }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await given('presence was directed', async () => {
      await juliet.send(`<presence to='${romeo.jid}'/>`)
      await romeo.presence(({ attrs }) => attrs.from === juliet.jid, 'directed presence')
    })
    const id = unique('iq')
    await romeo.send(`<iq type='get' to='${juliet.jid}' id='${id}'>${payload}</iq>`)
    await juliet.next(isMirror(id), 'the IQ')
  })

  for (const type of ['get', 'set'] as const) {
    test(`rfc6121/8.5.3.2.3/${type}-to-no-resource`, {
      section: '8.5.3.2.3',
      level: 'MUST',
      statement: `an IQ ${type} to a full JID that matches no resource is answered with <service-unavailable/>`,
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      const answer = await romeo.iq(`<iq type='${type}' to='${juliet.bare}/${unique('gone')}'>${payload}</iq>`)
      expect.error(answer, 'service-unavailable')
    })
  }
})
