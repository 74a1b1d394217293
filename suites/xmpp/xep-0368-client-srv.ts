import { defineSuite } from '../../harness/suite/index.ts'
import { byNameOverTls, hasOtherHost, question } from './_names.ts'

const control = 'xep-0368/3/client-asks-for-both-records'

export default defineSuite(
  {
    specification: 'XEP-0368',
    version: '1.1.0',
    title: 'SRV records for XMPP over TLS',
    category: 'Core',
    topic: 'TLS',
    role: 'xmpp-client',
    login: true,
  },
  ({ test }) => {
    test(control, {
      section: '3',
      level: 'MUST',
      requires: byNameOverTls,
      statement: 'records for direct TLS are asked for too, and at their target the handshake comes first',
    }, async ({ network, client, expect, domain }) => {
      const place = await network.listen('direct-tls')
      await hasOtherHost(network)
      network.srv('xmpps-client', { host: 'direct', place })
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(network.questions.includes(question('xmpps-client', domain)), 'a question for xmpps-client', 'none')
      expect.ok(place.connections.at(-1)?.encrypted, 'TLS from the first byte', 'none')
      expect.online(outcome, 'the domain offers direct TLS')
    })

    for (const [first, then, slug] of [
      ['xmpps-client', 'xmpp-client', 'direct-tls'],
      ['xmpp-client', 'xmpps-client', 'starttls'],
    ] as const) {
      const direct = first === 'xmpps-client'
      test(`xep-0368/3/client-heeds-priority-of-${slug}`, {
        section: '3',
        level: 'SHOULD',
        requires: byNameOverTls,
        control,
        statement: `priorities of both kinds are one order: ${direct ? 'direct TLS' : 'STARTTLS'} of priority 1 comes before the other of 2`,
      }, async ({ network, client, expect }) => {
        const wanted = await network.listen(direct ? 'direct-tls' : 'starttls')
        const other = await network.listen(direct ? 'starttls' : 'direct-tls')
        await hasOtherHost(network)
        network.srv(then, { host: 'second', place: other, priority: 2, weight: 50 })
        network.srv(first, { host: 'first', place: wanted, priority: 1, weight: 0 })
        const outcome = await client.attempt({ byDomain: true })
        expect.ok(other.arrivals === 0, 'priority 1 first', 'a connection to priority 2')
        expect.online(outcome, 'the first target accepts')
      })
    }

    test('xep-0368/3/client-starts-in-clear-at-xmpp-records', {
      section: '3',
      level: 'MUST',
      requires: byNameOverTls,
      control,
      statement: 'at the target of an xmpp-client record TLS is not begun by itself, but by STARTTLS',
    }, async ({ network, server, client, expect }) => {
      const place = await network.listen('starttls')
      await hasOtherHost(network)
      network.srv('xmpp-client', { host: 'clear', place })
      const outcome = await client.attempt({ byDomain: true })
      const garbage = server.connections.find(({ faults }) => faults.length > 0)
      expect.equal(garbage?.faults[0] ?? 'a stream header', 'a stream header', 'what came first')
      expect.online(outcome, 'its record is right')
    })

    test('xep-0368/3/client-names-domain-in-sni-to-target', {
      section: '3',
      level: 'MUST',
      requires: byNameOverTls,
      control,
      statement: 'the handshake with the target of a record names the domain of the JID in SNI, not the target',
    }, async ({ network, server, client, expect, domain }) => {
      await hasOtherHost(network)
      network.srv('xmpps-client', { host: 'direct', place: await network.listen('direct-tls') })
      const outcome = await client.attempt({ byDomain: true })
      expect.equal(server.handshakes[0]?.servername ?? 'none', domain, 'SNI')
      expect.online(outcome, 'the domain offers direct TLS')
    })

    test('xep-0368/3/client-offers-alpn-to-target', {
      section: '3',
      level: 'SHOULD',
      requires: byNameOverTls,
      control,
      statement: 'the handshake with the target of a record offers the ALPN protocol xmpp-client',
    }, async ({ network, server, client, expect }) => {
      await hasOtherHost(network)
      network.srv('xmpps-client', { host: 'direct', place: await network.listen('direct-tls') })
      await client.login({ byDomain: true })
      expect.equal(server.handshakes[0]?.alpn ?? 'none', 'xmpp-client', 'ALPN protocol')
    })

    test('xep-0368/3/client-checks-domain-not-target', {
      section: '3',
      level: 'MUST',
      security: true,
      requires: byNameOverTls,
      control,
      statement: 'with direct TLS too the certificate must name the domain; one for the SRV target is not enough',
    }, async ({ network, server, client, expect, domain }) => {
      const place = await network.listen('direct-tls')
      await hasOtherHost(network)
      network.srv('xmpps-client', { host: 'forged', place })
      const names = [`forged.${domain}`]
      server.deviate('tls.certificate', await network.certificate({ names, addresses: [place.address] }))
      const outcome = await client.attempt({ byDomain: true })
      expect.refusal(outcome, 'the certificate is for the target of the record, and not for the domain')
      expect.noSecret(server, 'any')
    })

    test('xep-0368/3/client-goes-from-direct-tls-to-starttls', {
      section: '3',
      level: 'MUST',
      requires: byNameOverTls,
      control,
      statement: 'when the target of direct TLS refuses the connection, the record for STARTTLS behind it is tried',
    }, async ({ network, client, expect }) => {
      await hasOtherHost(network)
      network.srv('xmpps-client', { host: 'down', place: await network.nobody(), priority: 1 })
      network.srv('xmpp-client', { host: 'up', place: await network.listen('starttls'), priority: 2 })
      expect.online(await client.attempt({ byDomain: true }), 'although direct TLS refuses')
    })

    test('xep-0368/5/client-uses-starttls-where-direct-tls-is-not-offered', {
      section: '5',
      level: 'SHOULD',
      requires: byNameOverTls,
      control: 'rfc6120/3.2.1/client-asks-for-srv',
      statement: 'where the record of direct TLS has the root for its target, the records of STARTTLS are used',
    }, async ({ network, client, expect }) => {
      await hasOtherHost(network)
      network.noService('xmpps-client')
      network.srv('xmpp-client', { host: 'clear', place: await network.listen('starttls') })
      expect.online(await client.attempt({ byDomain: true }), 'although direct TLS is not offered')
    })

    test('xep-0368/5/client-does-not-fall-back-where-direct-tls-is-not-offered', {
      section: '5',
      level: 'MUST',
      requires: byNameOverTls,
      control,
      statement: 'where the record of direct TLS has the root for its target, the address of the domain is not tried',
    }, async ({ network, client, expect }) => {
      const place = await network.listen('starttls', { port: 5222 })
      network.addressOf(undefined, place.address)
      network.noService('xmpps-client')
      const outcome = await client.attempt({ byDomain: true })
      expect.ok(place.arrivals === 0, 'no connection', 'one to the address of the domain', 'ignored')
      expect.refusal(outcome, 'the domain knows of SRV and offers nothing')
    })
  },
)
