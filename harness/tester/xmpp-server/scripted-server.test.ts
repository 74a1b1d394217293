import assert from 'node:assert/strict'
import { on, once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import type { Account } from '../../lab/lab.ts'
import { CaseRecorder } from '../recorder.ts'
import { ns } from '../xmpp-client/namespaces.ts'
import { mechanisms, RawStream } from '../xmpp-client/raw-stream.ts'
import { type CertificateStore, createCertificateStore } from './certificate-kinds.ts'
import { ScriptedServer, type ServerTransport, websocketPath } from './scripted-server.ts'

const domain = 'assay.test'
const account: Account = { local: 'romeo', domain, jid: `romeo@${domain}`, password: 'wherefore' }
const certificates = await createCertificateStore(domain, '127.0.0.1')

async function world(transport: Exclude<ServerTransport, 'bosh'>, store: CertificateStore = certificates) {
  const recorder = new CaseRecorder()
  const server = await ScriptedServer.start({ domain, account, transport, certificates: store, recorder })
  const endpoints = {
    host: '127.0.0.1',
    starttls: server.port,
    directTls: server.port,
    websocket: `wss://127.0.0.1:${server.port}${websocketPath}`,
    domain,
    services: {},
    ca: certificates.caPem,
  }
  const tls = transport === 'websocket' ? { tls: { servername: '' } } : {}
  const connect = () => RawStream.connect(endpoints, recorder.connection('peer'), { transport, ...tls })
  return { server, recorder, connect }
}

async function open(stream: RawStream, transport: ServerTransport) {
  await stream.open()
  const first = await stream.features()
  if (transport !== 'starttls') return first
  await stream.startTls()
  await stream.open()
  return stream.features()
}

for (const transport of ['starttls', 'direct-tls', 'websocket'] as const) {
  for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN']) {
    test(`${mechanism} over ${transport} logs in; a ping is answered; both directions are recorded`, async () => {
      const { server, recorder, connect } = await world(transport)
      const stream = await connect()
      const features = await open(stream, transport)
      assert.ok(mechanisms(features).includes(mechanism))
      assert.ok((await stream.authenticate(account, mechanism)).succeeded)
      await stream.open()
      await stream.features()
      await stream.bind()
      const pong = await stream.iq(`<iq type='get' id='p'><ping xmlns='${ns.ping}'/></iq>`)
      assert.equal(pong.attrs.type, 'result')
      const unknown = await stream.iq(`<iq type='get' id='u'><query xmlns='urn:example:nothing'/></iq>`)
      assert.ok(unknown.getChild('error')?.getChild('service-unavailable', ns.stanzaErrors))
      assert.equal(server.connection?.online, true)
      assert.equal(server.connection?.provedRight, true)
      assert.deepEqual(server.secrets, [
        { kind: mechanism === 'PLAIN' ? 'password' : 'proof', mechanism, encrypted: true },
      ])
      assert.equal(server.deviated, false)
      const sides = recorder.entries
        .filter(({ connection }) => connection === 'connection')
        .map((entry) => entry.direction)
      assert.ok(sides.includes('sent') && sides.includes('received'))
      await stream.close()
      await server.close()
    })
  }
}

test('a wrong password is refused', async () => {
  const { server, connect } = await world('direct-tls')
  for (const mechanism of ['SCRAM-SHA-256', 'PLAIN']) {
    const stream = await connect()
    await open(stream, 'direct-tls')
    assert.ok(!(await stream.authenticate({ ...account, password: 'wrong' }, mechanism)).succeeded)
    stream.destroy()
  }
  assert.equal(server.connections.length, 2)
  await server.close()
})

test('a deviation changes one point, with what is known there, and the rest goes on', async () => {
  const { server, connect } = await world('direct-tls')
  server.deviate('features.encrypted', ({ usual, number }) =>
    number === 1 ? undefined : usual.replace('PLAIN', 'ODD'),
  )
  const [one, two] = [await connect(), await connect()]
  assert.ok(mechanisms(await open(one, 'direct-tls')).includes('PLAIN'))
  assert.equal(server.deviated, false)
  assert.ok(mechanisms(await open(two, 'direct-tls')).includes('ODD'))
  assert.equal(server.deviated, true)
  await server.close()
})

test('a client whose error is no XML is seen to close its stream all the same', { timeout: 10_000 }, async () => {
  const { server, connect } = await world('direct-tls')
  const stream = await connect()
  await open(stream, 'direct-tls')
  await stream.write('<stream:stream:error><not-well-formed/></stream:stream:error></stream:')
  const closed = new Promise<void>((resolve) => server.watch(() => server.connection?.footerSeen && resolve()))
  await stream.write('stream>\n')
  await closed
  assert.equal(server.connection?.faults.length, 1)
  await server.close()
})

test('a handshake that begins while its certificate is still being made is waited with', {
  timeout: 10_000,
}, async () => {
  const made = Promise.withResolvers<void>()
  const slow: CertificateStore = {
    ...certificates,
    get: (kind) => (kind === 'sha-384' ? made.promise.then(() => certificates.get(kind)) : certificates.get(kind)),
  }
  const { server, connect } = await world('starttls', slow)
  server.deviate('tls.certificate', 'sha-384')
  const plain = net.connect(server.port, '127.0.0.1')
  plain.write(`<stream:stream xmlns='jabber:client' xmlns:stream='${ns.streams}' to='${domain}' version='1.0'>`)
  plain.write(`<starttls xmlns='${ns.tls}'/>`)
  for await (const [chunk] of on(plain, 'data')) if (String(chunk).includes('<proceed')) break
  const secure = tls.connect({ socket: plain, servername: domain, ca: certificates.caPem })
  // What the server says to somebody else, it says after it was shown the hello.
  await (await connect()).open()
  made.resolve()
  await once(secure, 'secureConnect')
  assert.equal(server.connections[0]?.faults.length, 0)
  secure.destroy()
  await server.close()
})

test('a certificate of every wrong kind is shown where it is asked for', async () => {
  for (const kind of [
    'other-name',
    'expired',
    'not-yet-valid',
    'unknown-authority',
    'self-signed',
    'host-only',
  ] as const) {
    const { server, connect } = await world('direct-tls')
    server.deviate('tls.certificate', kind)
    await assert.rejects(connect(), kind)
    await server.close()
  }
})

test('what is no XML is noted, and ends nothing on our side', async () => {
  const { server, connect } = await world('direct-tls')
  const stream = await connect()
  await open(stream, 'direct-tls')
  const noted = new Promise<void>((resolve) => server.watch(() => server.connection?.faults.length && resolve()))
  await stream.write('<a></b>')
  await noted
  assert.equal(server.connection?.open, true)
  await server.close()
})
