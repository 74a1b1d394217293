import { type ClientFixtures, capability, defineSuite } from '../../harness/suite/index.ts'

const control = 'xep-0474/6.2/client-takes-right-hash'
const withoutSha512 = ({ usual }: { usual: string[] }) => usual.filter((name) => !name.includes('512'))

/** The hash covers what the server announced; somebody between has changed it. */
async function mustNotProve({ server, client, expect }: ClientFixtures, because: string) {
  server.offer('ssdp')
  const outcome = await client.attempt()
  expect.noSecret(server, 'any')
  expect.refusal(outcome, because)
}

export default defineSuite(
  {
    specification: 'XEP-0474',
    version: '0.5.0',
    title: 'SASL SCRAM Downgrade Protection',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
    requires: [capability('ssdp')],
  },
  ({ test }) => {
    test(control, {
      section: '6.2',
      leads: true,
      level: 'MUST',
      statement: 'a client logs in where the hash is that of the announced mechanisms, sorted',
    }, async ({ server, client, expect }) => {
      server.offer('ssdp')
      expect.online(await client.attempt(), 'the server protects its list of mechanisms')
      expect.ok(server.gs2.length > 0, 'a SCRAM exchange', 'none')
    })

    test('xep-0474/6.2/client-takes-right-hash-of-types', {
      section: '6.2',
      level: 'MUST',
      control,
      requires: [capability('channel-binding')],
      statement: 'a client logs in where the hash is that of mechanisms and types of channel binding, each sorted',
    }, async ({ server, client, expect }) => {
      server.offer('ssdp', 'channel-binding')
      expect.online(await client.attempt(), 'the server protects both of its lists')
    })

    test('xep-0474/6.2/client-refuses-shortened-mechanisms', {
      section: '6.2',
      level: 'MUST',
      security: true,
      control,
      statement: 'mechanisms that were taken off the list on the way show in the hash: a client proves nothing',
    }, async (fixtures) => {
      fixtures.server.deviate('sasl.mechanisms', withoutSha512)
      await mustNotProve(fixtures, 'a mechanism is missing from the list')
    })

    test('xep-0474/6.2/client-refuses-shortened-types', {
      section: '6.2',
      level: 'MUST',
      security: true,
      control: 'xep-0474/6.2/client-takes-right-hash-of-types',
      requires: [capability('channel-binding')],
      statement: 'types of channel binding that were taken off the list on the way show in the hash',
    }, async (fixtures) => {
      fixtures.server.offer('channel-binding')
      fixtures.server.deviate('channel-binding.types', ['tls-server-end-point'])
      await mustNotProve(fixtures, 'a type of channel binding is missing from the list')
    })

    test('xep-0474/6.2/client-takes-right-hash-in-sasl2', {
      section: '6.2',
      level: 'MUST',
      control,
      requires: [capability('sasl2')],
      statement: 'in SASL2 too a client logs in where the hash is that of the announced mechanisms, sorted',
    }, async ({ server, client, expect }) => {
      server.withhold('sasl')
      server.offer('ssdp', 'sasl2')
      expect.online(await client.attempt(), 'the server protects its list of mechanisms')
    })

    test('xep-0474/6.2/client-refuses-shortened-mechanisms-in-sasl2', {
      section: '6.2',
      level: 'MUST',
      security: true,
      control: 'xep-0474/6.2/client-takes-right-hash-in-sasl2',
      requires: [capability('sasl2')],
      statement: 'in SASL2 too, mechanisms that were taken off the list show in the hash',
    }, async (fixtures) => {
      fixtures.server.withhold('sasl')
      fixtures.server.offer('sasl2')
      fixtures.server.deviate('sasl.mechanisms', withoutSha512)
      await mustNotProve(fixtures, 'a mechanism is missing from the list of SASL2')
    })

    test('xep-0474/6.1/client-looks-at-list-of-its-profile', {
      section: '6.1',
      level: 'MUST',
      control,
      requires: [capability('sasl2')],
      statement: 'a client that uses SASL2 hashes the list of SASL2, whatever the other one says',
    }, async ({ server, client, expect }) => {
      server.offer('ssdp', 'sasl2')
      server.deviate('sasl.mechanisms', ({ profile }) => (profile === 'sasl' ? ['SCRAM-SHA-1'] : undefined))
      expect.online(await client.attempt(), 'although the lists of the two profiles differ')
    })

    test('xep-0474/7/client-goes-on-unbound-where-hash-is-right', {
      section: '7',
      level: 'SHOULD',
      control: 'xep-0474/6.2/client-takes-right-hash-of-types',
      requires: [capability('channel-binding')],
      statement: 'a client that knows no announced type says "n" and goes on where the hash vouches for the list',
    }, async ({ server, client, expect }) => {
      server.offer('ssdp', 'channel-binding')
      const types = ['tls-made-up']
      server.deviate('channel-binding.types', types)
      server.deviate('scram.first', ({ usual, listsHash }) => usual.replace(/h=.*/, `h=${listsHash({ types })}`))
      expect.online(await client.attempt(), 'although it knows no type of channel binding')
      expect.equal(server.gs2[0]?.flag ?? 'none', 'n', 'flag for channel binding')
    })

    test('xep-0474/7/client-remembers-scram', {
      section: '7',
      level: 'SHOULD',
      security: true,
      control,
      statement: 'a client that once logged in by SCRAM gives a server no plain password any more',
    }, async ({ server, client, expect, given }) => {
      server.offer('ssdp')
      await client.login()
      await given('it used SCRAM', async () => expect.noSecret(server, 'password'))
      server.deviate('sasl.mechanisms', ['PLAIN'])
      const outcome = await given('it tries again', () => client.again())
      expect.noSecret(server, 'password')
      expect.refusal(outcome, 'only PLAIN is left')
    })
  },
)
