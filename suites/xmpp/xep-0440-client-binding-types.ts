import { type ClientFixtures, capability, defineSuite } from '../../harness/suite/index.ts'

const control = 'rfc5802/6/client-binds-where-it-can'
const control2 = 'xep-0388/2.6.1/client-logs-in'
const withoutPlus = ({ usual }: { usual: string[] }) => usual.filter((name) => !name.endsWith('-PLUS'))

/** Whoever tampers with one list sees no proof that is not bound to the channel: it would be worth something to him. */
async function mustNotProve({ server, client, expect }: ClientFixtures, because: string) {
  const outcome = await client.attempt()
  const unbound = server.secrets.find(({ mechanism }) => !mechanism.endsWith('-PLUS'))
  expect.ok(!unbound, 'no proof without channel binding', `a secret by ${unbound?.mechanism}`, 'weaker')
  expect.refusal(outcome, because)
}

export default defineSuite(
  {
    specification: 'XEP-0440',
    version: '1.0.0',
    title: 'SASL Channel-Binding Type Capability',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
    requires: [capability('channel-binding'), capability('binding-types')],
  },
  ({ test }) => {
    test('xep-0440/3/client-uses-server-end-point', {
      section: '3',
      leads: true,
      level: 'SHOULD',
      control,
      statement: 'a client has tls-server-end-point, and uses it where nothing stronger is announced',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('channel-binding.types', ['tls-server-end-point'])
      expect.online(await client.attempt(), 'tls-server-end-point is all there is')
      expect.equal(server.gs2[0]?.flag ?? 'none', 'p=tls-server-end-point', 'channel binding')
    })

    test('xep-0440/3/client-prefers-stronger-type', {
      section: '3',
      level: 'SHOULD',
      control,
      requires: [capability('tls-exporter')],
      statement:
        'a client uses a type that is stronger than tls-server-end-point where one is announced, wherever it stands',
    }, async ({ server, client, expect }) => {
      server.offer('channel-binding')
      server.deviate('channel-binding.types', ['tls-server-end-point', 'tls-exporter'])
      expect.online(await client.attempt(), 'both types are announced')
      expect.equal(server.gs2[0]?.flag ?? 'none', 'p=tls-exporter', 'channel binding')
    })

    test('xep-0440/3/client-refuses-unknown-types', {
      section: '3',
      level: 'MUST',
      security: true,
      control,
      statement: 'a client that knows none of the announced types, tls-server-end-point not among them, proves nothing',
    }, async (fixtures) => {
      fixtures.server.offer('channel-binding')
      fixtures.server.deviate('channel-binding.types', ['tls-unheard-of', 'tls-made-up'])
      await mustNotProve(fixtures, 'it knows none of the announced types')
    })

    test('xep-0440/3/client-refuses-types-without-plus', {
      section: '3',
      level: 'SHOULD',
      security: true,
      control,
      statement: 'types without a mechanism for them were left over when -PLUS was taken away: a client proves nothing',
    }, async (fixtures) => {
      fixtures.server.offer('channel-binding')
      fixtures.server.deviate('sasl.mechanisms', withoutPlus)
      await mustNotProve(fixtures, 'there are types of channel binding and no mechanism for them')
    })

    test('xep-0440/3/client-refuses-types-without-plus-in-sasl2', {
      section: '3',
      level: 'MUST',
      security: true,
      control: control2,
      requires: [capability('sasl2')],
      statement: 'in SASL2 too, types without a mechanism for them end the authentication',
    }, async (fixtures) => {
      fixtures.server.withhold('sasl')
      fixtures.server.offer('sasl2', 'channel-binding')
      fixtures.server.deviate('sasl.mechanisms', withoutPlus)
      await mustNotProve(fixtures, 'there are types of channel binding and no mechanism for them')
    })

    test('xep-0440/3/client-refuses-plus-without-types-in-sasl2', {
      section: '3',
      level: 'MUST',
      security: true,
      control: control2,
      requires: [capability('sasl2')],
      statement: 'in SASL2, mechanisms with channel binding and no type of it end the authentication',
    }, async (fixtures) => {
      fixtures.server.withhold('sasl')
      fixtures.server.offer('sasl2', 'channel-binding')
      fixtures.server.deviate('channel-binding.types', [])
      await mustNotProve(fixtures, 'there are mechanisms with channel binding and no type of it')
    })
  },
)
