import { defineSuite, expect, feature, type Session, stanzaError } from '../../harness/suite/index.ts'

const vcard = 'vcard-temp'
const set = (inside: string, to?: string) =>
  `<iq type='set'${to ? ` to='${to}'` : ''}><vCard xmlns='vcard-temp'>${inside}</vCard></iq>`
const get = (to?: string) => `<iq type='get'${to ? ` to='${to}'` : ''}><vCard xmlns='vcard-temp'/></iq>`
const own = async (session: Session) => expect.child(expect.result(await session.iq(get())), 'vCard', vcard)

export default defineSuite(
  {
    specification: 'XEP-0054',
    version: '1.3.0',
    title: 'vcard-temp',
    category: 'IM',
    role: 'xmpp-server',
    requires: [feature(vcard)],
  },
  ({ test }) => {
    test('xep-0054/3.1/none-of-ones-own', {
      section: '3.1',
      level: 'MUST',
      statement: 'who has no vCard gets an error or an empty <vCard/> when asking for it',
    }, async ({ connect }) => {
      const juliet = await connect('juliet', { presence: false })
      const answer = await juliet.iq(get())
      if (stanzaError(answer)) return
      expect.none(
        expect.child(expect.result(answer), 'vCard', vcard).getChildElements(),
        'content of a vCard nobody made',
      )
    })

    test('xep-0054/3.1/error-for-none-of-ones-own', {
      section: '3.1',
      level: 'SHOULD',
      statement: "where the lack of one's own vCard is an error, it is <item-not-found/>",
    }, async ({ connect }) => {
      const juliet = await connect('juliet', { presence: false })
      const answer = await juliet.iq(get())
      if (answer.attrs.type === 'error') expect.error(answer, 'item-not-found')
      else expect.child(expect.result(answer), 'vCard', vcard)
    })

    test('xep-0054/3.1/what-was-set-is-returned', {
      section: '3.1',
      level: 'MUST',
      statement: 'a vCard that exists is returned with the fields, nesting and characters that were set',
    }, async ({ connect }) => {
      const juliet = await connect('juliet', { presence: false })
      const name = '<N><FAMILY>Čapuletová &amp; Cie</FAMILY><GIVEN>Юлия</GIVEN><MIDDLE/></N>'
      const tel = '<TEL><WORK/><VOICE/><NUMBER>303-308-3282</NUMBER></TEL><TEL><HOME/><NUMBER/></TEL>'
      expect.result(await juliet.iq(set(`<FN>Юлия 🌹</FN>${name}${tel}`)))
      const card = await own(juliet)
      expect.equal(card.getChildText('FN'), 'Юлия 🌹', 'FN')
      expect.equal(card.getChild('N')?.getChildText('FAMILY'), 'Čapuletová & Cie', 'FAMILY')
      expect.equal(card.getChildren('TEL').length, 2, 'the number of TEL')
      expect.equal(card.getChild('TEL')?.getChildText('NUMBER'), '303-308-3282', 'NUMBER')
      expect.ok(card.getChild('TEL')?.getChild('WORK'), '<WORK/> inside the first TEL', card)
    })

    test('xep-0054/3.1/survives-the-session', {
      section: '3.1',
      level: 'MUST',
      statement: 'a vCard is returned to a later session of the account',
    }, async ({ connect, given, unique }) => {
      const word = unique('nick')
      await given('a vCard is set', async () => {
        const early = await connect('juliet', { presence: false })
        expect.result(await early.iq(set(`<NICKNAME>${word}</NICKNAME>`)))
        await early.close()
      })
      const late = await connect('juliet', { presence: false })
      expect.equal((await own(late)).getChildText('NICKNAME'), word, 'NICKNAME')
    })

    test('xep-0054/3.2/set-replaces-everything', {
      section: '3.2',
      level: 'none',
      statement: 'a set replaces the whole vCard: fields that it leaves out are gone',
    }, async ({ connect, given }) => {
      const juliet = await connect('juliet', { presence: false })
      await given('a vCard is set', async () =>
        expect.result(await juliet.iq(set('<FN>Juliet</FN><NICKNAME>jules</NICKNAME>'))),
      )
      expect.result(await juliet.iq(set('<FN>Juliet Capulet</FN>')))
      const card = await own(juliet)
      expect.equal(card.getChildText('FN'), 'Juliet Capulet', 'FN')
      expect.none(card.getChildren('NICKNAME'), 'NICKNAME of the former vCard')
    })

    test('xep-0054/3.2/set-of-anothers-changes-nothing', {
      section: '3.2',
      level: 'none',
      security: true,
      control: 'xep-0054/3.1/what-was-set-is-returned',
      statement: "a set of another user's vCard leaves that vCard as it was",
    }, async ({ connect, given }) => {
      const [mallory, juliet] = [await connect('mallory'), await connect('juliet')]
      await given('a vCard is set', async () => expect.result(await juliet.iq(set('<FN>Juliet</FN>'))))
      await mallory.iq(set('<FN>Shrew</FN>', juliet.bare))
      expect.equal((await own(juliet)).getChildText('FN'), 'Juliet', 'FN')
    })

    test('xep-0054/3.2/set-of-anothers-is-refused', {
      section: '3.2',
      level: 'MUST',
      statement: "a set of another user's vCard is answered with an error",
    }, async ({ connect, account }) => {
      const [mallory, juliet] = [await connect('mallory'), await account('juliet')]
      expect.error(await mallory.iq(set('<FN>Shrew</FN>', juliet.jid)))
    })

    test('xep-0054/3.2/error-for-set-of-anothers', {
      section: '3.2',
      level: 'SHOULD',
      statement: "a set of another user's vCard is refused with <forbidden/> or <not-allowed/>",
    }, async ({ connect, account }) => {
      const [mallory, juliet] = [await connect('mallory'), await account('juliet')]
      expect.error(await mallory.iq(set('<FN>Shrew</FN>', juliet.jid)), ['forbidden', 'not-allowed'])
    })

    test('xep-0054/3.3/anothers-is-shown', {
      section: '3.3',
      level: 'MUST',
      statement: "another user's vCard is returned, from that user's bare JID, even to a stranger",
    }, async ({ connect, given }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await given('a vCard is set', async () => expect.result(await juliet.iq(set('<FN>Juliet</FN>'))))
      const answer = expect.result(await romeo.iq(get(juliet.bare)))
      expect.attribute(answer, 'from', juliet.bare)
      expect.equal(expect.child(answer, 'vCard', vcard).getChildText('FN'), 'Juliet', 'FN')
    })

    test('xep-0054/3.3/shown-while-offline', {
      section: '3.3',
      level: 'MUST',
      statement: 'the server returns the vCard of a user who is offline',
    }, async ({ connect, account, given }) => {
      const [romeo, { jid }] = [await connect('romeo'), await account('juliet')]
      await given('a vCard is set by a user who left', async () => {
        const juliet = await connect('juliet')
        expect.result(await juliet.iq(set('<FN>Juliet</FN>')))
        await juliet.close()
      })
      const answer = expect.result(await romeo.iq(get(jid)))
      expect.equal(expect.child(answer, 'vCard', vcard).getChildText('FN'), 'Juliet', 'FN')
    })

    test('xep-0054/3.3/request-is-not-forwarded', {
      section: '3.3',
      level: 'MUST',
      statement: 'a request for a vCard is answered by the server and not forwarded to a resource of the user',
    }, async ({ connect, friends, given, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      await given('a vCard is set', async () => expect.result(await juliet.iq(set('<FN>Juliet</FN>'))))
      const id = unique('vcard')
      await romeo.send(`<iq type='get' to='${juliet.bare}' id='${id}'><vCard xmlns='vcard-temp'/></iq>`)
      await romeo.next(({ attrs }) => attrs.id === id, 'an answer')
      await romeo.marker(juliet)
      expect.none(
        juliet.seen(({ attrs }) => attrs.id === id),
        'request at a resource',
      )
    })

    test('xep-0054/3.3/none-of-anothers', {
      section: '3.3',
      level: 'MUST',
      statement: 'where another user has no vCard the error is <service-unavailable/>',
    }, async ({ connect, account }) => {
      const [romeo, juliet] = [await connect('romeo'), await account('juliet')]
      expect.error(await romeo.iq(get(juliet.jid)), 'service-unavailable')
    })

    test('xep-0054/3.3/none-of-nobody', {
      section: '3.3',
      level: 'MUST',
      statement: 'a request for the vCard of a user who does not exist is refused with <service-unavailable/>',
    }, async ({ connect, unique, domain }) => {
      const romeo = await connect('romeo')
      expect.error(await romeo.iq(get(`${unique('nobody')}@${domain}`)), 'service-unavailable')
    })

    test('xep-0054/3.3/nobody-looks-like-somebody', {
      section: '3.3',
      level: 'MUST',
      security: true,
      statement: 'an account without vCard and one that does not exist are answered with the same error',
    }, async ({ connect, account, unique, domain }) => {
      const [mallory, juliet] = [await connect('mallory'), await account('juliet')]
      const sum = async (jid: string) => {
        const answer = await mallory.iq(get(jid))
        return `${answer.attrs.type} ${stanzaError(answer)?.condition ?? ''}`
      }
      expect.equal(
        await sum(juliet.jid),
        await sum(`${unique('nobody')}@${domain}`),
        'the answer about an account that exists',
      )
    })
  },
)
