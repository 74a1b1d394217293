import { capability, defineSuite } from '../../harness/suite/index.ts'
import { archive, result } from './_client-copies.ts'

const control = 'xep-0313/4.2/client-collects-results'
export default defineSuite(
  {
    specification: 'XEP-0313',
    version: '1.1.3',
    title: 'Message Archive Management',
    category: 'IM',
    topic: 'Archive',
    role: 'xmpp-client',
    requires: [capability('mam')],
  },
  ({ test }) => {
    test(control, {
      section: '4.2',
      level: 'MUST',
      statement: 'results of the archive that was asked are given to the one who asked',
    }, async (fixtures) => {
      const body = fixtures.unique('archived')
      const told = await archive(fixtures, (query, to) => [result(fixtures.account.jid, to, query, body)])
      fixtures.expect.ok(told.includes(body), 'the archived message', told)
    })

    test('xep-0313/8.2/client-ignores-result-of-stranger', {
      section: '8.2',
      level: 'MUST',
      security: true,
      control,
      statement: 'a result that does not come from the archive that was asked is ignored',
    }, async (fixtures) => {
      const { expect, stranger, account, unique } = fixtures
      const [forged, body] = [unique('forged'), unique('archived')]
      const told = await archive(fixtures, (query, to) => [
        result(stranger, to, query, forged),
        result(account.jid, to, query, body),
      ])
      expect.ok(!told.includes(forged), 'that it is ignored', told, 'believed')
      expect.ok(told.includes(body), 'the archived message', told)
    })

    test('xep-0313/8.2/client-ignores-result-of-other-query', {
      section: '8.2',
      level: 'MUST',
      security: true,
      control,
      statement: 'a result that belongs to no open query is ignored',
    }, async (fixtures) => {
      const { expect, account, unique } = fixtures
      const [forged, body] = [unique('forged'), unique('archived')]
      const told = await archive(fixtures, (query, to) => [
        result(account.jid, to, `${query}-other`, forged),
        result(account.jid, to, query, body),
      ])
      expect.ok(!told.includes(forged), 'that it is ignored', told, 'believed')
      expect.ok(told.includes(body), 'the archived message', told)
    })

    test('xep-0313/8.2/client-tells-no-unsolicited-result', {
      section: '8.2',
      level: 'MUST',
      security: true,
      control,
      statement: 'a result that comes from a stranger while nothing was asked is not told as a message',
    }, async ({ server, client, expect, stranger, unique }) => {
      const jid = await client.login()
      const body = unique('forged')
      server.send(result(stranger, jid, 'none', body))
      expect.unharmed(await client.canary(), 'an archive result that nobody asked for')
      const told = client.told('message', (params) => params.body === body)
      expect.ok(told.length === 0, 'that it is ignored', JSON.stringify(told[0]?.params), 'believed')
    })
  },
)
