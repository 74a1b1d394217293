import { defineSuite, expect, Inconclusive } from '../../harness/suite/index.ts'
import { rightBinding, wrongBinding } from './_channel-binding.ts'

export default defineSuite(
  {
    specification: 'RFC 9266',
    title: 'Channel Bindings for TLS 1.3',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('rfc9266/3/tls-exporter', {
      section: '3',
      level: 'MUST',
      statement: 'a server that offers SCRAM with channel binding on TLS 1.3 takes the type tls-exporter',
    }, async (fixtures) => {
      const binding = await rightBinding(fixtures, 'SCRAM-SHA-1-PLUS', 'tls-exporter')
      expect.ok(binding, '<success/> with tls-exporter', '<failure/>')
      expect.ok(binding.verified, 'the right server signature', 'none')
    })

    for (const [slug, what, falsify] of [
      ['another-connection', 'keying material of another connection', () => new Uint8Array(32).fill(7)],
      ['part-of-the-material', 'half of the keying material', (data: Uint8Array) => data.subarray(0, 16)],
    ] as const) {
      test(`rfc9266/2/${slug}`, {
        section: '2',
        level: 'MUST',
        security: true,
        statement: `${what} does not bind by tls-exporter`,
      }, async (fixtures) => {
        const mechanism = 'SCRAM-SHA-1-PLUS'
        const binding = await rightBinding(fixtures, mechanism, 'tls-exporter')
        if (!binding) throw new Inconclusive('it does not take tls-exporter, not even the right data')
        const { succeeded, element } = await wrongBinding(fixtures, mechanism, binding, falsify)
        expect.ok(!succeeded, '<failure/>', element, 'believed')
      })
    }
  },
)
