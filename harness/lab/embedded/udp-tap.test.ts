import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import { pcapFile } from '../../wire/pcap/pcap-writer.ts'
import { encodeStun } from '../../wire/stun/encode-stun.ts'
import { decodeStun } from '../../wire/stun/stun-message.ts'
import { readTrace } from '../../wire/trace/read-trace.ts'
import { parseCandidate } from '../ice-candidate.ts'
import type { NatKind } from '../nat.ts'
import { UdpTap, type UdpTapOptions } from './udp-tap.ts'

const opened: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]()
})

function tapWith(options: UdpTapOptions = {}): UdpTap {
  const tap = new UdpTap(options)
  opened.push(tap)
  return tap
}

async function agent(): Promise<Socket & { at: number }> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  opened.push({ [Symbol.asyncDispose]: async () => void socket.close() })
  return Object.assign(socket, { at: socket.address().port })
}

const host = (port: number, address = '127.0.0.1') => `candidate:1 1 UDP 2130706431 ${address} ${port} typ host`
const portOf = (candidate?: string) => parseCandidate(candidate ?? '')?.port ?? 0

/** The next datagram, with the port that it came from. */
async function next(socket: Socket): Promise<{ text: string; bytes: Buffer; from: number }> {
  const [bytes, { port }] = await once(socket, 'message', { signal: AbortSignal.timeout(2_000) })
  return { text: bytes.toString(), bytes, from: port }
}

/** What an agent is outside, by its STUN server. */
async function mapped(socket: Socket, port: number): Promise<number> {
  const answer = next(socket)
  socket.send(encodeStun({ class: 'request', method: 1, transactionId: Buffer.alloc(12, 7) }), port, '127.0.0.1')
  const message = decodeStun((await answer).bytes)
  assert.ok(message.kind === 'stun')
  const value = message.attributes[0]?.value ?? new Uint8Array()
  return (((value[2] ?? 0) << 8) | (value[3] ?? 0)) ^ 0x2112
}

describe('the tap between two agents', () => {
  it('carries datagrams from the address that the other side was told', async () => {
    const tap = tapWith()
    const [a, b] = [await agent(), await agent()]
    const [outerA, outerB] = [
      portOf(await tap.cover('controlling', host(a.at))),
      portOf(await tap.cover('controlled', host(b.at))),
    ]
    const came = next(b)
    a.send('ping', outerB, '127.0.0.1')
    assert.deepEqual({ text: (await came).text, from: (await came).from }, { text: 'ping', from: outerA })
  })

  it('tells nobody of TCP candidates, nor of addresses that it does not reach', async () => {
    const tap = tapWith()
    assert.equal(await tap.cover('controlling', 'candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype active'), undefined)
    assert.equal(await tap.cover('controlling', host(4000, '192.0.2.1')), undefined)
  })

  it('captures what the outer side sees, so that a reader finds the two agents', async () => {
    const tap = tapWith()
    const packets: Parameters<Parameters<typeof tap.packets.onPacket>[0]>[0][] = []
    tap.packets.onPacket((packet) => packets.push(packet))
    const [a, b] = [await agent(), await agent()]
    const outerA = portOf(await tap.cover('controlling', host(a.at)))
    const outerB = portOf(await tap.cover('controlled', host(b.at)))
    const came = next(b)
    a.send(encodeStun({ class: 'request', method: 1, transactionId: Buffer.alloc(12) }), outerB, '127.0.0.1')
    await came
    const trace = await readTrace({ name: 'tap', bytes: pcapFile(tap.packets.linkType, packets) })
    const [message] = trace.messages
    assert.equal(message?.body.kind, 'stun')
    assert.deepEqual([message?.source.port, message?.destination.port], [outerA, outerB])
  })

  it('loses the share of datagrams that it is told to', async () => {
    const numbers = [0, 0.9]
    const tap = tapWith({ loss: 0.5, random: () => numbers.shift() ?? 1 })
    const [a, b] = [await agent(), await agent()]
    const outerB = portOf(await tap.cover('controlled', host(b.at)))
    const came = next(b)
    a.send('lost', outerB, '127.0.0.1')
    a.send('kept', outerB, '127.0.0.1')
    assert.equal((await came).text, 'kept')
  })
})

describe('a NAT of the tap', () => {
  const behind = (nat: NatKind) => tapWith({ controlling: { nat }, controlled: { nat } })

  it('hides host candidates', async () => {
    const tap = behind('full-cone')
    const [a, b] = [await agent(), await agent()]
    const [marker, hidden] = [
      await mapped(b, (await tap.stunServer('controlled')).port),
      portOf(await tap.cover('controlled', host(b.at))),
    ]
    const came = next(b)
    a.send('to nobody', hidden, '127.0.0.1')
    a.send('marker', marker, '127.0.0.1')
    assert.equal((await came).text, 'marker')
  })

  const outside = async (nat: NatKind) => {
    const tap = behind(nat)
    const [a, b] = [await agent(), await agent()]
    const outerA = await mapped(a, (await tap.stunServer('controlling')).port)
    const outerB = await mapped(b, (await tap.stunServer('controlled')).port)
    return { a, b, outerA, outerB }
  }

  it('of kind full-cone lets anybody in at the mapped address', async () => {
    const { a, b, outerA, outerB } = await outside('full-cone')
    const came = next(b)
    a.send('ping', outerB, '127.0.0.1')
    assert.equal((await came).from, outerA)
  })

  it('of kind port-restricted lets in whom the agent has sent to, and nobody else', async () => {
    const tap = behind('port-restricted')
    const [a, b] = [await agent(), await agent()]
    const [stunA, stunB] = [await tap.stunServer('controlling'), await tap.stunServer('controlled')]
    const [outerA, outerB] = [await mapped(a, stunA.port), await mapped(b, stunB.port)]
    const dropped = new Promise<void>((resolve) => tap.onDatagram(({ from }) => from === 'controlling' && resolve()))
    const atB = next(b)
    a.send('dropped', outerB, '127.0.0.1')
    await dropped
    const atA = next(a)
    b.send('through', outerA, '127.0.0.1')
    assert.equal((await atA).text, 'through')
    a.send('now', outerB, '127.0.0.1')
    assert.equal((await atB).text, 'now')
  })

  it('of kind symmetric is another address for each that the agent sends to', async () => {
    const tap = tapWith({ controlling: { nat: 'symmetric' }, controlled: { nat: 'full-cone' } })
    const [a, b] = [await agent(), await agent()]
    const outerA = await mapped(a, (await tap.stunServer('controlling')).port)
    const outerB = await mapped(b, (await tap.stunServer('controlled')).port)
    const came = next(b)
    a.send('ping', outerB, '127.0.0.1')
    const { from } = await came
    assert.notEqual(from, outerA)
    const answer = next(a)
    b.send('pong', from, '127.0.0.1')
    assert.equal((await answer).text, 'pong')
  })
})
