// The lab's name server, asked as a client's resolver asks it (RFC 1035, RFC 2782).
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { type DnsRecord, DnsServer } from './dns-server.ts'

const resolverOf = (dns: DnsServer): Resolver => {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 })
  resolver.setServers([dns.address])
  return resolver
}

test('records are answered in their order, and what was asked is kept by domain', async () => {
  const srv = (target: string): DnsRecord => ({
    name: '_xmpp-client._tcp.one.test',
    type: 'SRV',
    data: { target, port: 5222, priority: 1, weight: 0 },
  })
  await using dns = await DnsServer.start([srv('b.one.test'), srv('a.one.test')])
  dns.add({ name: 'a.one.test', type: 'A', data: '127.0.0.1' }, { name: 'a.one.test', type: 'AAAA', data: '::1' })
  const resolver = resolverOf(dns)
  const found = await resolver.resolveSrv('_xmpp-client._tcp.ONE.test')
  assert.deepEqual(
    found.map(({ name }) => name),
    ['b.one.test', 'a.one.test'],
  )
  assert.deepEqual(await resolver.resolve6('a.one.test'), ['::1'])
  await assert.rejects(resolver.resolve4('b.one.test'), { code: 'ENOTFOUND' })
  await assert.rejects(resolver.resolveSrv('a.one.test'), { code: 'ENODATA' })
  assert.equal(dns.questionsAbout('one.test').length, 4)
  assert.deepEqual(dns.questionsAbout('two.test'), [])
  dns.forget('one.test')
  await assert.rejects(resolver.resolve6('a.one.test'), { code: 'ENOTFOUND' })
})

test('a root target comes as one, and aliases are followed, also in a circle', async () => {
  await using dns = await DnsServer.start([
    { name: '_xmpp-client._tcp.none.test', type: 'SRV', data: { target: '.', port: 0 } },
    { name: 'alias.test', type: 'CNAME', data: 'real.test' },
    { name: 'real.test', type: 'A', data: '127.0.0.9' },
    { name: 'round.test', type: 'CNAME', data: 'about.test' },
    { name: 'about.test', type: 'CNAME', data: 'round.test' },
  ])
  const resolver = resolverOf(dns)
  assert.equal((await resolver.resolveSrv('_xmpp-client._tcp.none.test'))[0]?.name, '')
  assert.deepEqual(await resolver.resolve4('alias.test'), ['127.0.0.9'])
  assert.deepEqual(await resolver.resolve4('round.test').catch(() => []), [])
})

test('an answer that is too long for a datagram comes over TCP', async () => {
  const many = Array.from(
    { length: 200 },
    (_, index): DnsRecord => ({
      name: '_xmpp-client._tcp.many.test',
      type: 'SRV',
      data: { target: `host-with-a-long-name-${index}.many.test`, port: 5222 },
    }),
  )
  await using dns = await DnsServer.start(many)
  assert.equal((await resolverOf(dns).resolveSrv('_xmpp-client._tcp.many.test')).length, 200)
})

test('garbage over UDP and TCP harms nobody', async () => {
  await using dns = await DnsServer.start([{ name: 'a.test', type: 'A', data: '127.0.0.1' }])
  const udp = createSocket('udp4')
  udp.send(Buffer.from('no question at all'), dns.port, '127.0.0.1')
  udp.send(Buffer.alloc(0), dns.port, '127.0.0.1')
  const socket = net.connect(dns.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(Buffer.from([0, 3, 1, 2, 3]))
  await once(socket, 'close')
  assert.deepEqual(await resolverOf(dns).resolve4('a.test'), ['127.0.0.1'])
  udp.close()
})
