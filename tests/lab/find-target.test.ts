// How a server that runs elsewhere is found: RFC 6120 §3.2, RFC 2782, XEP-0368 §3.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type DnsRecord, DnsServer } from '../../harness/lab/dns/dns-server.ts'
import { findTarget } from '../../harness/lab/target/find-target.ts'

/** The domains end in .invalid, so that no other name server knows them (RFC 6761 §6.4). */
const domain = 'target.invalid'
const srv = (service: string, target: string, port: number, priority = 1): DnsRecord => ({
  name: `_${service}._tcp.${domain}`,
  type: 'SRV',
  data: { target, port, priority, weight: 0 },
})
const a = (name: string, data: string): DnsRecord => ({ name, type: 'A', data })

/** Something that accepts connections; its port. */
async function listens(test: TestContext, host: string, port = 0): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}))
  server.listen(port, host)
  await once(server, 'listening')
  test.after(() => server.close())
  return (server.address() as { port: number }).port
}

/** Nothing listens there: the port was free a moment ago. */
async function refuses(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function find(uri: string, records: DnsRecord[]) {
  await using dns = await DnsServer.start(records)
  process.env.ASSAY_DNS = dns.address
  try {
    const { endpoints, provenance } = await findTarget(uri)
    return { ...endpoints, told: provenance.records ?? '', questions: dns.questions }
  } finally {
    delete process.env.ASSAY_DNS
  }
}

test('SRV records lead to a port and a host of each kind', async (context) => {
  const [plain, direct] = [await listens(context, '127.0.0.2'), await listens(context, '127.0.0.3')]
  const found = await find(`xmpp://${domain}`, [
    srv('xmpp-client', 'one.target.invalid', plain, 20),
    srv('xmpps-client', 'two.target.invalid', direct, 10),
    a('one.target.invalid', '127.0.0.2'),
    a('two.target.invalid', '127.0.0.3'),
  ])
  assert.deepEqual([found.host, found.starttls], ['127.0.0.2', plain])
  assert.deepEqual([found.directTlsHost, found.directTls], ['127.0.0.3', direct])
  assert.equal(found.domain, domain)
  assert.match(found.told, /^xmpps-client two.target.invalid:\d+ accepts at 127.0.0.3; xmpp-client one/)
})

test('the lowest priority comes first', async (context) => {
  const port = await listens(context, '127.0.0.2')
  await listens(context, '127.0.0.3', port)
  const found = await find(`xmpp://${domain}`, [
    srv('xmpp-client', 'later.target.invalid', port, 2),
    srv('xmpp-client', 'first.target.invalid', port, 1),
    a('later.target.invalid', '127.0.0.2'),
    a('first.target.invalid', '127.0.0.3'),
  ])
  assert.equal(found.host, '127.0.0.3')
})

test('where the first host refuses or has no address, the next one is asked', async (context) => {
  const [open, shut] = [await listens(context, '127.0.0.2'), await refuses('127.0.0.3')]
  const found = await find(`xmpp://${domain}`, [
    srv('xmpp-client', 'shut.target.invalid', shut, 1),
    srv('xmpp-client', 'nowhere.target.invalid', open, 2),
    srv('xmpp-client', 'open.target.invalid', open, 3),
    a('shut.target.invalid', '127.0.0.3'),
    a('open.target.invalid', '127.0.0.2'),
  ])
  assert.equal(found.host, '127.0.0.2')
  assert.match(found.told, /shut.target.invalid:\d+ does not accept.*nowhere.target.invalid:\d+ does not accept/)
})

test('a host with several addresses is tried at each', async (context) => {
  const port = await listens(context, '127.0.0.2')
  const found = await find(`xmpp://${domain}`, [
    srv('xmpp-client', 'host.target.invalid', port),
    a('host.target.invalid', '127.0.0.4'),
    a('host.target.invalid', '127.0.0.2'),
  ])
  assert.equal(found.host, '127.0.0.2')
})

test('without SRV records the domain itself is asked at port 5222', async (context) => {
  await listens(context, '127.0.0.77', 5222)
  const found = await find(`xmpp://${domain}`, [a(domain, '127.0.0.77')])
  assert.deepEqual([found.host, found.starttls, found.directTls], ['127.0.0.77', 5222, undefined])
})

test('a target of "." says that there is no such service', async () => {
  const refused = find(`xmpp://${domain}`, [srv('xmpp-client', '.', 0), a(domain, '127.0.0.1')])
  await assert.rejects(refused, /target.invalid say that it offers no XMPP service to clients \(target "\."\)/)
})

test('"." for one service leaves the other', async (context) => {
  const port = await listens(context, '127.0.0.2')
  const found = await find(`xmpp://${domain}`, [
    srv('xmpp-client', '.', 0),
    srv('xmpps-client', 'host.target.invalid', port),
    a('host.target.invalid', '127.0.0.2'),
  ])
  assert.deepEqual([found.host, found.starttls, found.directTls], ['127.0.0.2', undefined, port])
})

test('xmpps:// asks for direct TLS only', async (context) => {
  const port = await listens(context, '127.0.0.2')
  const records = [srv('xmpp-client', 'host.target.invalid', port), a('host.target.invalid', '127.0.0.2')]
  const found = await find(`xmpps://${domain}`, [srv('xmpps-client', 'host.target.invalid', port), ...records])
  assert.deepEqual([found.starttls, found.directTls], [undefined, port])
  assert.ok(!found.questions.includes(`SRV _xmpp-client._tcp.${domain}`))
  await assert.rejects(find(`xmpps://${domain}`, records), /no _xmpps-client SRV record; name a port/)
})

for (const [scheme, port] of [
  ['xmpp', 'starttls'],
  ['xmpps', 'directTls'],
] as const) {
  test(`${scheme}://domain:port looks up no SRV record`, async (context) => {
    const open = await listens(context, '127.0.0.2')
    const found = await find(`${scheme}://${domain}:${open}`, [srv('xmpp-client', '.', 0), a(domain, '127.0.0.2')])
    assert.deepEqual([found.host, found[port]], ['127.0.0.2', open])
    assert.deepEqual(
      found.questions.filter((question) => question.startsWith('SRV')),
      [],
    )
  })
}

test('where nothing accepts, the error says what was tried', async () => {
  const port = await refuses('127.0.0.3')
  const records = [srv('xmpp-client', 'shut.target.invalid', port), a('shut.target.invalid', '127.0.0.3')]
  await assert.rejects(
    find(`xmpp://${domain}`, records),
    new RegExp(`nothing of ${domain} accepts a connection: xmpp-client shut.target.invalid:${port} does not accept`),
  )
  await assert.rejects(find(`xmpp://${domain}`, []), /target.invalid:5222 does not accept/)
})
