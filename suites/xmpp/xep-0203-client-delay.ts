import { defineSuite } from '../../harness/suite/index.ts'

const control = 'rfc6120/6.4.6/client-logs-in'
const delayed = (stamp: string) => `<delay xmlns='urn:xmpp:delay'${stamp}/>`

export default defineSuite(
  {
    specification: 'XEP-0203',
    version: '2.0',
    title: 'Delayed Delivery',
    category: 'IM',
    topic: 'Messages',
    role: 'xmpp-client',
  },
  ({ test }) => {
    test('xep-0203/2/client-survives-stamp-that-is-none', {
      section: '2',
      leads: false,
      level: 'none',
      security: true,
      control,
      statement: 'a time stamp that is none, is missing or stands there twice does not stop the client',
    }, async ({ server, client, expect, contact }) => {
      const jid = await client.login()
      const stamps = ['', 'yesterday', '2026-13-45T99:99:99Z', '-1', '999999999-01-01T00:00:00Z', '9'.repeat(5_000)]
      const marks = [...stamps.map((stamp) => delayed(` stamp='${stamp}'`)), delayed(''), delayed('') + delayed('')]
      for (const mark of [...marks, delayed(` from='@@//' stamp='2026-01-01T00:00:00Z'`)]) {
        server.send(`<message from='${contact}/x' to='${jid}' type='chat'><body>late</body>${mark}</message>`)
        server.send(`<presence from='${contact}/x' to='${jid}'>${mark}</presence>`)
      }
      expect.unharmed(await client.canary(), 'time stamps that are none')
    })
  },
)
