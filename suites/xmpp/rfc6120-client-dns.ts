import { defineSuite, ns } from '../../harness/suite/index.ts'
import { byName, hasOtherHost, question } from './_names.ts'

const control = 'rfc6120/3.2.1/client-asks-for-srv'

export default defineSuite(
  {
    specification: 'RFC 6120',
    title: 'Extensible Messaging and Presence Protocol (XMPP): Core',
    category: 'Core',
    topic: 'Stream',
    role: 'xmpp-client',
    login: true,
  },
  ({ test }) => {
    test(control, {
      section: '3.2.1',
      level: 'SHOULD',
      requires: byName,
      statement: 'a client that knows its domain alone asks for SRV records, and connects to their target and port',
    }, async ({ network, client, expect, domain }) => {
      const place = await network.listen('starttls')
      await hasOtherHost(network)
      network.srv('xmpp-client', { host: 'xmpp', place })
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(network.questions.includes(question('xmpp-client', domain)), 'a question for SRV records', 'none')
      expect.ok(place.arrivals > 0, 'a connection to the target', 'none')
      expect.online(outcome, 'its records are right')
    })

    test('rfc6120/4.7.2/client-names-domain-to-target', {
      section: '4.7.2',
      level: 'MUST',
      requires: byName,
      control,
      statement: 'the stream is opened to the domain of the JID, whatever the target of its records is called',
    }, async ({ network, server, client, expect, domain }) => {
      await hasOtherHost(network)
      network.srv('xmpp-client', { host: 'xmpp', place: await network.listen('starttls') })
      await client.login({ byDomain: true })
      for (const header of server.seen((element) => element.is('stream', ns.streams))) {
        expect.attribute(header, 'to', domain)
      }
    })

    test('rfc6120/3.2.1/client-heeds-priority', {
      section: '3.2.1',
      level: 'MUST',
      requires: byName,
      control,
      statement: 'the target of the lowest priority number is tried first, wherever it stands among the records',
    }, async ({ network, client, expect }) => {
      const [last, first, second] = await Promise.all(['', '', ''].map(() => network.listen('starttls')))
      await hasOtherHost(network)
      if (last) network.srv('xmpp-client', { host: 'last', place: last, priority: 30, weight: 100 })
      if (first) network.srv('xmpp-client', { host: 'first', place: first, priority: 10 })
      if (second) network.srv('xmpp-client', { host: 'second', place: second, priority: 20, weight: 100 })
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(!last?.arrivals && !second?.arrivals, 'priority 10 first', 'a connection to another one')
      expect.ok(first?.arrivals, 'a connection to priority 10', 'none')
      expect.online(outcome, 'the target of the lowest number accepts')
    })

    test('rfc6120/3.2.1/client-heeds-weight', {
      section: '3.2.1',
      level: 'SHOULD',
      requires: byName,
      control,
      statement: 'among targets of one priority a heavy one is tried before those of weight 0',
    }, async ({ network, client, expect }) => {
      const [light, heavy] = [await network.listen('starttls'), await network.listen('starttls')]
      await hasOtherHost(network)
      // So few that the answer fits into a datagram.
      for (const host of ['a', 'b']) network.srv('xmpp-client', { host, place: light })
      network.srv('xmpp-client', { host: 'c', place: heavy, weight: 65_535 })
      for (const host of ['d', 'e']) network.srv('xmpp-client', { host, place: light })
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(light.arrivals === 0, 'the heavy one first', 'a connection to one of weight 0')
      expect.online(outcome, 'the heavy one accepts')
    })

    test('rfc6120/3.2.1/client-tries-next-target', {
      section: '3.2.1',
      level: 'MUST',
      requires: byName,
      control,
      statement: 'when a target refuses the connection, the next one is tried',
    }, async ({ network, client, expect }) => {
      const place = await network.listen('starttls')
      await hasOtherHost(network)
      network.srv('xmpp-client', { host: 'down', place: await network.nobody(), priority: 1 })
      network.srv('xmpp-client', { host: 'up', place, priority: 2 })
      expect.online(await client.attempt({ byDomain: true }), 'although the first target refuses')
    })

    test('rfc6120/3.2.1/client-tries-target-behind-unknown-one', {
      section: '3.2.1',
      level: 'MUST',
      requires: byName,
      control,
      statement: 'when the name of a target has no address, the next target is tried',
    }, async ({ network, client, expect }) => {
      const place = await network.listen('starttls')
      await hasOtherHost(network)
      network.srvWithoutAddress('xmpp-client', 'nowhere', { priority: 1 })
      network.srv('xmpp-client', { host: 'up', place, priority: 2 })
      expect.online(await client.attempt({ byDomain: true }), 'although the first target has no address')
    })

    test('rfc6120/3.2.1/client-tries-next-address', {
      section: '3.2.1',
      level: 'SHOULD',
      requires: byName,
      control,
      statement: 'when the first address of a target refuses the connection, its next address is tried',
    }, async ({ network, client, expect }) => {
      const place = await network.listen('starttls')
      await hasOtherHost(network)
      network.addressOf('two', (await network.nobody(place.port)).address)
      network.srv('xmpp-client', { host: 'two', place })
      expect.online(await client.attempt({ byDomain: true }), 'although the first of two addresses refuses')
    })

    test('rfc6120/3.2.1/client-asks-for-ipv6', {
      section: '3.2.1',
      level: 'none',
      requires: byName,
      control,
      statement: 'a target that has an IPv6 address alone is reached',
    }, async ({ network, client, expect }) => {
      const place = await network.listen('starttls', { ipv6: true })
      await hasOtherHost(network)
      network.srv('xmpp-client', { host: 'six', place })
      expect.online(await client.attempt({ byDomain: true }), 'although its target has an IPv6 address alone')
    })

    test('rfc6120/3.2.1/client-needs-no-address-of-domain', {
      section: '3.2.1',
      level: 'none',
      requires: byName,
      control,
      statement: 'a domain that has SRV records and no address of its own is reached',
    }, async ({ network, client, expect }) => {
      network.srv('xmpp-client', { host: 'xmpp', place: await network.listen('starttls') })
      expect.online(await client.attempt({ byDomain: true }), 'although the domain itself has no address')
    })

    test('rfc6120/3.2.1/client-heeds-root-target', {
      section: '3.2.1',
      level: 'MUST',
      requires: byName,
      control,
      statement:
        'a single record whose target is the root says that there is no such service: the client connects to nobody',
    }, async ({ network, client, expect }) => {
      const place = await network.listen('starttls', { port: 5222 })
      network.addressOf(undefined, place.address)
      network.noService('xmpp-client')
      network.noService('xmpps-client')
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(place.arrivals === 0, 'no connection', 'one to the address of the domain', 'ignored')
      expect.refusal(outcome, 'the domain offers no such service')
    })

    test('rfc6120/3.2.1/client-does-not-fall-back-after-srv', {
      section: '3.2.1',
      level: 'SHOULD',
      requires: byName,
      control,
      statement: 'where records came and none of their targets accepts, the address of the domain is not tried',
    }, async ({ network, client, expect }) => {
      const place = await network.listen('starttls', { port: 5222 })
      network.addressOf(undefined, place.address)
      network.srv('xmpp-client', { host: 'down', place: await network.nobody() })
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(place.arrivals === 0, 'no connection', 'one to the address of the domain', 'ignored')
      expect.refusal(outcome, 'no target accepts')
    })

    test('rfc6120/3.2.2/client-falls-back-to-address', {
      section: '3.2.2',
      level: 'SHOULD',
      requires: byName,
      control,
      statement: 'where there are no records, the address of the domain is tried at port 5222',
    }, async ({ network, client, expect }) => {
      const place = await network.listen('starttls', { port: 5222 })
      network.addressOf(undefined, place.address)
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(place.arrivals > 0, 'a connection to port 5222', 'none')
      expect.online(outcome, 'although there are no SRV records')
    })

    test('rfc6120/3.2/client-tells-unknown-domain', {
      section: '3.2',
      level: 'none',
      requires: byName,
      control,
      statement: 'a domain that the name server does not know is an error that the user hears of',
    }, async ({ client, expect }) => {
      expect.toldRefusal(await client.attempt({ byDomain: true }), 'there is no such domain')
    })

    test('rfc6120/13.7.2.1/client-checks-domain-not-target', {
      section: '13.7.2.1',
      level: 'MUST',
      security: true,
      requires: byName,
      control,
      statement:
        'the certificate must name the domain: one for the SRV target, which anybody may have forged, is not enough',
    }, async ({ network, server, client, expect, domain }) => {
      const place = await network.listen('starttls')
      await hasOtherHost(network)
      network.srv('xmpp-client', { host: 'forged', place })
      const names = [`forged.${domain}`]
      server.deviate('tls.certificate', await network.certificate({ names, addresses: [place.address] }))
      const outcome = await client.attempt({ byDomain: true })
      expect.refusal(outcome, 'the certificate is for the target of the record, and not for the domain')
      expect.noSecret(server, 'any')
    })

    test('rfc6120/13.7.2.1/client-checks-domain-not-alias', {
      section: '13.7.2.1',
      level: 'MUST',
      security: true,
      requires: byName,
      control: 'rfc6120/3.2.2/client-falls-back-to-address',
      statement: 'where the domain is an alias, the certificate must name the domain and not what it is an alias of',
    }, async ({ network, server, client, expect, domain }) => {
      const place = await network.listen('starttls', { port: 5222 })
      network.alias(undefined, 'real')
      network.addressOf('real', place.address)
      const names = [`real.${domain}`]
      server.deviate('tls.certificate', await network.certificate({ names, addresses: [place.address] }))
      const outcome = await client.attempt({ byDomain: true })
      expect.refusal(outcome, 'the certificate is for the name behind the alias')
      expect.noSecret(server, 'any')
    })
  },
)
