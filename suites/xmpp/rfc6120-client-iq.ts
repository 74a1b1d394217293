import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { answersTo, askWhile, disco, errorOf, iqOf, resultOf } from './_client-iq.ts'

const answered = 'rfc6120/8.2.3/client-answers-request'
const matched = 'rfc6120/8.1.3/client-matches-answer'
const queried = [capability('query')]
const query = `<query xmlns='${ns.discoInfo}'/>`

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'IQ',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test('rfc6120/8.2.3/client-refuses-absent-type', {
      section: '8.2.3',
      leads: false,
      level: 'MUST',
      control: answered,
      statement: 'an IQ without a type gets <bad-request/>',
    }, async (fixtures) => {
      const { expect } = fixtures
      const [answer] = await answersTo(fixtures, `<iq id='$ID' from='$CONTACT' to='$JID'>${query}</iq>`)
      expect.ok(answer, 'an error <bad-request/>', 'no answer', 'silent')
      if (answer) expect.error(answer, 'bad-request')
    })

    test('rfc6120/8.3.2/client-sends-whole-errors', {
      section: '8.3.2',
      leads: false,
      level: 'MUST',
      control: answered,
      statement: 'an error that the client answers with has one of the five types and a defined condition',
    }, async (fixtures) => {
      const { expect } = fixtures
      const [answer] = await answersTo(
        fixtures,
        `<iq type='get' id='$ID' from='$CONTACT' to='$JID'><query xmlns='urn:example:unheard-of'/></iq>`,
      )
      expect.ok(answer, 'an error', 'no answer', 'silent')
      if (!answer) return
      const error = expect.child(expect.error(answer), 'error')
      const types = ['auth', 'cancel', 'continue', 'modify', 'wait']
      expect.ok(types.includes(error.attrs.type ?? ''), `a type of ${types.join(', ')}`, error)
      const conditions = error
        .getChildElements()
        .filter((child) => child.getNS() === ns.stanzaErrors && child.getName() !== 'text')
      expect.equal(conditions.length, 1, 'defined conditions')
    })

    test('rfc6120/8.2.3/client-answers-each-asker', {
      section: '8.2.3',
      leads: false,
      level: 'MUST',
      control: 'rfc6120/8.2.3/client-answers-who-asked',
      statement: 'two requests that share an id and come from two askers are both answered',
    }, async ({ server, client, expect, contact, domain, unique }) => {
      const jid = await client.login()
      const id = unique('shared')
      const askers = [`${contact}/x`, domain]
      for (const from of askers) server.send(`<iq type='get' id='${id}' from='${from}' to='${jid}'>${query}</iq>`)
      expect.alive(await client.canary(), 'two requests with one id')
      const told = server.seen((element) => element.is('iq') && element.attrs.id === id).map(({ attrs }) => attrs.to)
      for (const asker of askers)
        expect.ok(told.includes(asker), `an answer to ${asker}`, `to ${told.join(' and to ') || 'nobody'}`)
    })

    test('rfc6120/8.1.2.1/client-takes-no-sender-for-own-account', {
      section: '8.1.2.1',
      leads: false,
      level: 'MUST',
      control: answered,
      statement: 'a request without a from is the account’s own: the answer goes to nobody else',
    }, async (fixtures) => {
      const { expect, account } = fixtures
      const [answer] = await answersTo(fixtures, `<iq type='get' id='$ID' to='$JID'>${query}</iq>`)
      expect.ok(answer, 'an answer', 'none', 'silent')
      const to = answer?.attrs.to
      expect.ok(to === undefined || to === account.jid, `no to, or ${account.jid}`, `${to}`)
    })

    test('rfc6120/8.2.3/client-sends-right-requests', {
      section: '8.2.3',
      leads: false,
      level: 'MUST',
      control: 'rfc6120/6.4.6/client-logs-in',
      statement: 'every IQ of the client has an id and a type that there is, and a request has exactly one child',
    }, async ({ server, client, expect }) => {
      await client.login()
      await client.canary()
      for (const iq of server.seen((element) => element.is('iq'))) {
        const { id, type = 'none' } = iq.attrs
        expect.ok(id, 'an id', iq)
        expect.ok(['get', 'set', 'result', 'error'].includes(type), 'a type of get, set, result, error', iq)
        const asks = type === 'get' || type === 'set'
        expect.ok(!asks || iq.getChildElements().length === 1, 'exactly one child in a request', iq)
      }
    })

    test('rfc6120/8.2.3/client-tells-error', {
      section: '8.2.3',
      leads: false,
      level: 'none',
      requires: queried,
      control: matched,
      statement: 'an error in answer to a request is told to the one who asked',
    }, async (fixtures) => {
      const { expect, contact } = fixtures
      const told = await askWhile(fixtures, `${contact}/x`, (iq) => errorOf(iq, iq.attrs.to, 'item-not-found'))
      expect.ok(told.startsWith('an error'), 'an error, told', told)
    })

    test('rfc6120/8.3.1/client-lives-with-error-without-condition', {
      section: '8.3.1',
      leads: false,
      level: 'none',
      security: true,
      requires: queried,
      control: 'rfc6120/8.2.3/client-tells-error',
      statement: 'an answer of type error in which there is no error does not stop the client',
    }, async (fixtures) => {
      const { client, expect, contact } = fixtures
      await askWhile(fixtures, `${contact}/x`, (iq) => iqOf('error', iq, iq.attrs.to, ''))
      expect.alive(await client.canary(), 'an error without a condition')
    })

    test('rfc6120/8.2.3/client-lives-with-second-answer', {
      section: '8.2.3',
      leads: false,
      level: 'none',
      security: true,
      requires: queried,
      control: matched,
      statement: 'a second answer to a request neither stops the client nor takes the place of the first',
    }, async (fixtures) => {
      const { client, expect, contact } = fixtures
      const told = await askWhile(fixtures, `${contact}/x`, (iq) => [
        resultOf(iq, iq.attrs.to, disco('right')),
        resultOf(iq, iq.attrs.to, disco('second')),
        errorOf(iq, iq.attrs.to, 'item-not-found'),
      ])
      expect.ok(told.includes('right') && !told.includes('second'), 'the first answer, told', told, 'believed')
      expect.alive(await client.canary(), 'a request that was answered three times')
    })

    test('rfc6120/8.2.3/client-takes-no-request-for-answer', {
      section: '8.2.3',
      leads: false,
      level: 'MUST',
      requires: queried,
      control: matched,
      statement: 'a request that happens to carry the id of one’s own is a request, and no answer to it',
    }, async (fixtures) => {
      const { client, expect, contact } = fixtures
      const told = await askWhile(fixtures, `${contact}/x`, (iq) => [
        iqOf('get', iq, iq.attrs.to, disco('forged')),
        resultOf(iq, iq.attrs.to, disco('right')),
      ])
      expect.ok(!told.includes('forged'), 'that a request is no answer', 'it took the request for it', 'believed')
      expect.ok(told.includes('right'), 'the right answer, told', told, 'refused')
      expect.alive(await client.canary(), 'a request under an id of its own')
    })

    test('rfc6120/8.1.2.1/client-refuses-error-of-stranger', {
      section: '8.1.2.1',
      leads: false,
      level: 'none',
      security: true,
      requires: queried,
      control: 'rfc6120/8.2.3/client-tells-error',
      statement: 'an error from somebody who was not asked does not end a request',
    }, async (fixtures) => {
      const { expect, contact, stranger } = fixtures
      const told = await askWhile(fixtures, `${contact}/x`, (iq) => [
        errorOf(iq, stranger, 'forbidden'),
        resultOf(iq, iq.attrs.to, disco('right')),
      ])
      expect.ok(told.includes('right'), 'that it waits for the one it asked', told, 'believed')
    })

    test('rfc6120/8.1.2.1/client-refuses-answer-of-other-occupant', {
      section: '8.1.2.1',
      leads: true,
      level: 'none',
      security: true,
      requires: queried,
      control: 'rfc6120/8.1.2.1/client-refuses-answer-of-stranger',
      statement:
        'an answer of another resource is not taken for that of the resource asked: in a room, it is another person',
    }, async (fixtures) => {
      const { expect, domain } = fixtures
      const room = `verona@rooms.${domain}`
      const told = await askWhile(fixtures, `${room}/juliet`, (iq) => [
        resultOf(iq, `${room}/mallory`, disco('forged')),
        resultOf(iq, iq.attrs.to, disco('right')),
      ])
      expect.ok(!told.includes('forged'), 'that it waits for the one it asked', 'it took another’s answer', 'believed')
      expect.ok(told.includes('right'), 'the right answer, told', told, 'refused')
    })

    test('rfc6120/8.3.1/client-answers-no-presence-error', {
      section: '8.3.1',
      leads: false,
      level: 'MUST',
      control: 'rfc6120/6.4.6/client-logs-in',
      statement: 'a presence of type error is not answered with an error',
    }, async ({ server, client, expect, stranger, unique }) => {
      const jid = await client.login()
      const error = `<error type='cancel'><item-not-found xmlns='${ns.stanzaErrors}'/></error>`
      server.send(`<presence type='error' from='${stranger}' to='${jid}' id='${unique('error')}'>${error}</presence>`)
      expect.alive(await client.canary(), 'a presence of type error')
      const sent = server.seen(({ attrs }) => attrs.to === stranger)
      expect.none(sent, 'answer to an error')
    })
  },
)
