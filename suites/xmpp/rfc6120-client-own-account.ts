import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, type Element, ns } from '../../harness/suite/index.ts'
import { resultOf } from './_client-iq.ts'

const roster = (jid: string) => `<query xmlns='${ns.roster}'><item jid='${jid}' subscription='both'/></query>`

/** Asks for the roster through the client; what comes back is what `answers` makes of the request. */
async function rosterWhile({ server, client }: ClientFixtures, answers: (iq: Element) => string | readonly string[]) {
  // Before it logs in: some ask once, and tell what they know.
  server.deviate('iq.reply', ({ iq, namespace }) =>
    namespace === ns.roster && iq.attrs.type === 'get' ? answers(iq) : undefined,
  )
  await client.login()
  return client.call('roster').then(
    (result) => JSON.stringify(result),
    (error: Error) => `an error: ${error.message}`,
  )
}

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'IQ',
    role: 'xmpp-client',
    requires: [capability('roster')],
  },
  ({ test }) => {
    const control = 'rfc6120/8.1.2.1/client-takes-answer-of-own-account'

    test(control, {
      section: '8.1.2.1',
      level: 'MUST',
      leads: false,
      statement: 'what was asked without a to is answered by the account: with its bare JID as from, or with none',
    }, async (fixtures) => {
      const { expect, account } = fixtures
      const told = await rosterWhile(fixtures, (iq) => resultOf(iq, account.jid, roster('nurse@assay.test')))
      expect.ok(told.includes('nurse@'), 'the answer, told', told)
    })

    test('rfc6120/8.1.2.1/client-refuses-answer-for-own-account', {
      section: '8.1.2.1',
      leads: true,
      level: 'none',
      security: true,
      control,
      statement: 'what was asked of one’s own account is answered by nobody else: a stranger’s roster is not believed',
    }, async (fixtures) => {
      const { expect, stranger } = fixtures
      const told = await rosterWhile(fixtures, (iq) => [
        resultOf(iq, stranger, roster('mallory@elsewhere.test')),
        resultOf(iq, undefined, roster('nurse@assay.test')),
      ])
      expect.ok(!told.includes('mallory@'), 'that it waits for the account', `it took that of ${stranger}`, 'believed')
      expect.ok(told.includes('nurse@'), 'the right answer, told', told, 'refused')
    })
  },
)
