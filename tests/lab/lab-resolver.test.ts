// Drivers on Node look names up where ASSAY_DNS says, whichever way they ask.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DnsServer } from '../../harness/lab/dns/dns-server.ts'

const resolver = new URL('../../harness/lab/embedded/lab-resolver.ts', import.meta.url).href

/** Runs this in a process of its own that heeds ASSAY_DNS; returns what it prints, as JSON. */
async function inProcess(code: string, dns: DnsServer): Promise<unknown> {
  const whole = `import { useLabResolver } from '${resolver}'
    useLabResolver()
    const [dns, net, { once }] = await Promise.all([import('node:dns'), import('node:net'), import('node:events')])
    console.log(JSON.stringify(await (async () => { ${code} })()))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', whole], {
    env: { ...process.env, ASSAY_DNS: dns.address },
    timeout: 20_000,
  })
  return JSON.parse(stdout)
}

test('records, look-ups and connections by name all ask the name server of the lab', async () => {
  const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using dns = await DnsServer.start([
    { name: '_xmpp-client._tcp.lab.test', type: 'SRV', data: { target: 'one.lab.test', port: 5222 } },
    { name: 'one.lab.test', type: 'A', data: '127.0.0.1' },
    { name: 'one.lab.test', type: 'AAAA', data: '::1' },
  ])
  const { port } = server.address() as { port: number }
  const said = await inProcess(
    `const [record] = await dns.promises.resolveSrv('_xmpp-client._tcp.lab.test')
     const all = await dns.promises.lookup('one.lab.test', { all: true })
     const one = await new Promise((done) => dns.lookup('one.lab.test', 4, (error, address) => done(address)))
     const socket = net.connect(${port}, 'one.lab.test')
     const [text] = await once(socket, 'data')
     const unknown = await dns.promises.lookup('two.lab.test').catch((error) => error.code)
     return { target: record.name, all, one, text: text.toString(), unknown }`,
    dns,
  ).finally(() => server.close())
  assert.deepEqual(said, {
    target: 'one.lab.test',
    all: [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ],
    one: '127.0.0.1',
    text: 'hello',
    unknown: 'ENOTFOUND',
  })
})
