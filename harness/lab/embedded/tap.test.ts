import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { CaptureSplitter } from '../../wire/capture-splitter.ts'
import type { CapturedPacket } from '../../wire/captured-packet.ts'
import { pcapFile } from '../../wire/pcap/pcap-writer.ts'
import { decodeTcp, tcpFlags } from '../../wire/tcp/decode-tcp.ts'
import { noTshark, tsharkComplaints } from '../../wire/testing/tshark.ts'
import { LabError } from '../lab.ts'
import { createTap, type Tap, type TapOptions } from './tap.ts'

/** A target that answers as it is told, a tap before it, and a client through the tap. */
async function world(t: TestContext, answer: (socket: Socket) => void, options: Omit<TapOptions, 'target'> = {}) {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
    answer(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tap = await createTap({
    target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    ...options,
  })
  const packets: CapturedPacket[] = []
  tap.packets.onPacket((packet) => packets.push(packet))
  t.after(async () => {
    await tap.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { tap, packets, client: await through(tap), sockets }
}

async function through(tap: Tap): Promise<Socket> {
  const client = connect({ host: tap.host, port: tap.port, allowHalfOpen: true })
  await once(client, 'connect')
  client.on('error', () => {})
  return client
}

const echo = (socket: Socket) => socket.pipe(socket)

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** `data`, `end` or an error's code, with what came before it. */
async function howItEnds(socket: Socket): Promise<{ how: string; bytes: number }> {
  let bytes = 0
  socket.on('data', (chunk) => {
    bytes += chunk.length
  })
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ how: error.code ?? '', bytes }))
    socket.once('end', () => resolve({ how: 'end', bytes }))
  })
}

function flagsOf(packets: CapturedPacket[]): number[] {
  return packets.map((packet) => decodeTcp(101, packet.data)?.flags ?? -1)
}

function captured(packets: CapturedPacket[], port: number | undefined): string {
  const segments = packets.map((packet) => decodeTcp(101, packet.data))
  return Buffer.concat(
    segments.flatMap((segment) => (segment && segment.source.port === port ? [segment.payload] : [])),
  ).toString()
}

test('bytes pass both ways, and the capture shows them between the client and the target port', async (t) => {
  const { tap, packets, client } = await world(t, echo, { shownPort: 5222 })
  const clientPort = client.localPort
  const before = Date.now() * 1000
  client.end('<stream:stream>')
  assert.equal((await readAll(client)).toString(), '<stream:stream>')
  assert.equal(captured(packets, clientPort), '<stream:stream>')
  assert.equal(captured(packets, 5222), '<stream:stream>')
  assert.ok(packets.every((packet) => Math.abs(packet.at - before) < 5_000_000))
  assert.notEqual(tap.port, 5222)
})

test('the capture is one that tshark finds nothing wrong with', { skip: noTshark }, async (t) => {
  const { tap, packets, client } = await world(t, echo)
  const sent = Buffer.alloc(3_000_000, 'abc')
  client.end(sent)
  assert.deepEqual(await readAll(client), sent)
  const second = await through(tap)
  second.write('x')
  await once(second, 'data')
  second.resetAndDestroy()
  while (tap.connections > 0) await new Promise(setImmediate)
  assert.deepEqual(tsharkComplaints(pcapFile(tap.packets.linkType, packets)), [])
})

test('the splitter finds a connection through the tap from the client and from the target', async (t) => {
  const targets: Socket[] = []
  const { tap, client } = await world(t, (socket) => {
    targets.push(socket)
    echo(socket)
  })
  const splitter = new CaptureSplitter(tap.packets)
  const second = await through(tap)
  second.write('second')
  await once(second, 'data')
  const flow = tap.flowFrom(targets[1]?.remotePort ?? 0)
  assert.ok(flow)
  assert.equal(flow.client.port, second.localPort)
  const claim = splitter.claim({
    localAddress: flow.client.address,
    localPort: flow.client.port,
    remoteAddress: flow.server.address,
    remotePort: flow.server.port,
  })
  second.destroy()
  assert.deepEqual(await splitter.finished([claim]), [])
  assert.equal(captured(splitter.take([claim]), flow.client.port), 'second')
  client.destroy()
})

test('the target can ask for its flow as soon as it accepts the connection', async (t) => {
  let found: unknown
  const holder: { tap?: Tap } = {}
  const { tap } = await world(t, (socket) => {
    found = holder.tap?.flowFrom(socket.remotePort ?? 0)
  })
  holder.tap = tap
  for (let i = 0; i < 20; i++) {
    found = undefined
    const client = await through(tap)
    while (found === undefined && tap.connections <= i) await new Promise(setImmediate)
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.deepEqual((found as { client: unknown }).client, { address: '127.0.0.1', port: client.localPort })
  }
})

test('a half-closed connection goes on in the other direction', async (t) => {
  const { client } = await world(t, (socket) => {
    socket.resume()
    socket.on('end', () => {
      socket.write('I heard you finish. ')
      setImmediate(() => socket.end('Now I do.'))
    })
  })
  client.end('that was all')
  assert.equal((await readAll(client)).toString(), 'I heard you finish. Now I do.')
})

test('a reset of the client resets the connection to the target', async (t) => {
  let target: Promise<{ how: string; bytes: number }> | undefined
  const { client, packets, sockets } = await world(t, (socket) => {
    target = howItEnds(socket)
  })
  client.write('hello')
  while (sockets[0] === undefined || sockets[0].bytesRead < 5) await new Promise(setImmediate)
  const port = client.localPort
  client.resetAndDestroy()
  assert.deepEqual(await target, { how: 'ECONNRESET', bytes: 5 })
  const last = packets.at(-1) as CapturedPacket
  assert.equal(decodeTcp(101, last.data)?.source.port, port)
  assert.equal(flagsOf(packets).at(-1), tcpFlags.rst | tcpFlags.ack)
})

test('a reset of the target resets the connection of the client, behind what was sent before', async (t) => {
  const { client, packets } = await world(t, (socket) => {
    socket.on('data', () => socket.write('last words', () => socket.resetAndDestroy()))
  })
  client.write('any last words?')
  assert.deepEqual(await howItEnds(client), { how: 'ECONNRESET', bytes: 10 })
  const last = packets.at(-1) as CapturedPacket
  assert.notEqual(decodeTcp(101, last.data)?.source.port, client.localPort)
  assert.equal(flagsOf(packets).at(-1), tcpFlags.rst | tcpFlags.ack)
})

test('where the target does not listen, the client is reset', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  await using tap = await createTap({ target: { host: '127.0.0.1', port } })
  assert.equal((await howItEnds(await through(tap))).how, 'ECONNRESET')
  assert.equal(tap.connections, 0)
})

test('a tap that cannot listen says where', async (t) => {
  const { tap } = await world(t, echo)
  const listen = { host: tap.host, port: tap.port }
  await assert.rejects(createTap({ target: listen, listen }), (error) => {
    assert.ok(error instanceof LabError)
    assert.match(error.message, new RegExp(`cannot listen on 127.0.0.1:${tap.port}`))
    return true
  })
})

test('a receiver that does not read makes the sender wait', async (t) => {
  const { client, sockets } = await world(t, (socket) => socket.pause())
  const total = 64 << 20
  let written = 0
  const chunk = Buffer.alloc(1 << 20)
  while (written < total && client.write(chunk)) written += chunk.length
  let stalled = 0
  for (let last = -1; stalled < 10; ) {
    if (client.writableNeedDrain) stalled = client.bytesWritten - client.writableLength === last ? stalled + 1 : 0
    else client.write(chunk)
    last = client.bytesWritten - client.writableLength
    await new Promise((resolve) => setTimeout(resolve, 10))
    assert.ok(client.bytesWritten < total, 'everything was swallowed')
  }
  const [target] = sockets
  assert.ok(target)
  client.end()
  let read = 0
  for await (const part of target) read += (part as Buffer).length
  assert.equal(read, client.bytesWritten)
})

test('a delayed direction delivers later, in order, with its end; the other is as quick as ever', async (t) => {
  const { client, packets } = await world(t, echo, { faults: { serverToClient: { delayMs: 80 } } })
  const start = performance.now()
  client.write('a')
  client.end('b')
  assert.equal((await readAll(client)).toString(), 'ab')
  const took = performance.now() - start
  assert.ok(took >= 79, `${took} ms`)
  const times = packets.filter((p) => (decodeTcp(101, p.data)?.payloadLength ?? 0) > 0).map((p) => p.at)
  assert.ok((times.at(-1) as number) - (times[0] as number) >= 79_000, 'the capture shows the answer late')
})

test('a connection is cut behind exactly so many bytes', async (t) => {
  let target: Promise<{ how: string; bytes: number }> | undefined
  const { client } = await world(
    t,
    (socket) => {
      target = howItEnds(socket)
    },
    { faults: { clientToServer: { dropAfterBytes: 7 } } },
  )
  client.write('half a stanza')
  assert.equal((await howItEnds(client)).how, 'ECONNRESET')
  assert.deepEqual(await target, { how: 'ECONNRESET', bytes: 7 })
})

test('what is held passes when it is resumed, and a reset behind it too', async (t) => {
  const { tap, client, sockets } = await world(t, echo)
  tap.hold('serverToClient')
  client.write('ping')
  while ((sockets[0]?.bytesWritten ?? 0) < 4) await new Promise(setImmediate)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(client.bytesRead, 0)
  sockets[0]?.resetAndDestroy()
  tap.resume('serverToClient')
  assert.deepEqual(await howItEnds(client), { how: 'ECONNRESET', bytes: 4 })
})

test('bytes can be made to come one by one', async (t) => {
  const { tap, client } = await world(t, echo)
  tap.setFaults('serverToClient', { segmentBytes: 1, segmentIntervalMs: 5 })
  const arrivals: string[] = []
  client.on('data', (bytes) => arrivals.push(bytes.toString()))
  const start = performance.now()
  client.end('stanza')
  await once(client, 'end')
  assert.deepEqual(arrivals, [...'stanza'])
  assert.ok(performance.now() - start >= 24)
})

test('cut ends every connection, and the tap goes on', async (t) => {
  const { tap, client } = await world(t, echo)
  const ending = howItEnds(client)
  tap.cut()
  assert.equal((await ending).how, 'ECONNRESET')
  const next = await through(tap)
  next.end('again')
  assert.equal((await readAll(next)).toString(), 'again')
})

test('close leaves no socket open', async (t) => {
  const { tap, client } = await world(t, echo)
  const ending = howItEnds(client)
  await tap.close()
  assert.equal((await ending).how, 'ECONNRESET')
  assert.equal(tap.connections, 0)
  await assert.rejects(through(tap), { code: 'ECONNREFUSED' })
})

test('a connection that is closing while it is cut leaves no descriptor behind', async (t) => {
  const { tap } = await world(t, echo)
  for (let i = 0; i < 50; i++) {
    const client = await through(tap)
    client.end()
    const steps = i % 10
    for (let step = 0; step < steps; step++) await new Promise(setImmediate)
    tap.cut()
    client.destroy()
  }
  await tap.close()
  assert.equal(tap.connections, 0)
})
