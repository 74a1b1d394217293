import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createSecureContext, connect as secure, TLSSocket } from 'node:tls'
import { CaptureSplitter } from '../../wire/capture-splitter.ts'
import { pcapngFile } from '../../wire/pcap/pcapng-writer.ts'
import { noTshark, tshark, tsharkComplaints } from '../../wire/testing/tshark.ts'
import { createAuthority } from '../certificates.ts'
import { createTap } from './tap.ts'

const question = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost'>`
const answer = `<message xmlns='jabber:client'><body>${'wherefore '.repeat(500)}</body></message>`

/** A conversation over TLS 1.3 through a tap: its packets and its key log. */
async function conversation(t: TestContext, shownPort: number, starttls: boolean) {
  const authority = await createAuthority()
  const { certPem, keyPem } = await authority.issue({ names: ['localhost'] })
  const secureContext = createSecureContext({ cert: certPem, key: keyPem, minVersion: 'TLSv1.3' })
  const server = createServer((socket) => {
    const encrypt = () => {
      const encrypted = new TLSSocket(socket, { isServer: true, secureContext })
      encrypted.once('data', () => encrypted.end(answer))
    }
    if (!starttls) return encrypt()
    socket.once('data', () => {
      socket.write(`${question}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>`)
      socket.once('data', () => {
        socket.write("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", encrypt)
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const tap = await createTap({ target: { host: '127.0.0.1', port }, shownPort })
  t.after(async () => {
    await tap.close()
    server.close()
  })
  const splitter = new CaptureSplitter(tap.packets)

  const plain = connect(tap.port, tap.host)
  await once(plain, 'connect')
  const flow = splitter.claim({ localPort: plain.localPort ?? 0, remotePort: shownPort })
  if (starttls) await negotiate(plain)
  const keyLog: string[] = []
  const client = secure({ socket: plain, ca: authority.caPem, servername: 'localhost' })
  client.on('keylog', (line) => keyLog.push(line.toString()))
  client.write(question)
  let heard = ''
  for await (const chunk of client) heard += chunk
  assert.equal(heard, answer)
  client.destroy()
  assert.deepEqual(await splitter.finished([flow]), [])
  return { keyLog, packets: splitter.take([flow]), linkType: tap.packets.linkType }
}

async function negotiate(socket: Socket): Promise<void> {
  socket.write(question)
  await once(socket, 'data')
  socket.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
  await once(socket, 'data')
}

for (const [name, shownPort, starttls] of [
  ['direct TLS', 5223, false],
  ['STARTTLS', 5222, true],
] as const) {
  test(`tshark decrypts ${name} with the secrets in the pcapng, and not without`, { skip: noTshark }, async (t) => {
    const { keyLog, packets, linkType } = await conversation(t, shownPort, starttls)
    assert.ok(keyLog.some((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 ')))
    const read = (file: Uint8Array) => tshark(file, ['-q', '-z', 'follow,tls,ascii,0'])
    const file = pcapngFile(linkType, packets, keyLog)
    assert.ok(read(file).includes('wherefore wherefore'), 'the answer is readable')
    assert.ok(read(file).includes("to='localhost'"), 'the question is readable')
    assert.ok(!read(pcapngFile(linkType, packets)).includes('wherefore'))
    assert.deepEqual(tsharkComplaints(file), [])
  })
}
