import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CaptureSplitter, type SplitterLimits } from './capture-splitter.ts'
import type { CapturedPacket, PacketSource } from './captured-packet.ts'
import { decodeTcp } from './tcp/decode-tcp.ts'
import { TcpSynthesizer } from './tcp/tcp-synthesizer.ts'

/** A capture that a test feeds by hand. */
class Feed implements PacketSource {
  readonly linkType = 101
  readonly splitter: CaptureSplitter
  #listener: (packet: CapturedPacket) => void = () => {}
  constructor(limits?: SplitterLimits) {
    this.splitter = new CaptureSplitter(this, limits)
  }
  onPacket(listener: (packet: CapturedPacket) => void): void {
    this.#listener = listener
  }
  give(packets: CapturedPacket[]): void {
    for (const packet of packets) this.#listener(packet)
  }
  /** A connection whose packets come as they are made. */
  connection(port: number, remoteAddress = '127.0.0.2'): TcpSynthesizer {
    return new TcpSynthesizer({
      client: { address: '127.0.0.1', port },
      server: { address: remoteAddress, port: 5222 },
      emit: (packet) => this.#listener(packet),
    })
  }
}

function ends(localPort: number, remoteAddress = '127.0.0.2') {
  return { localAddress: '127.0.0.1', localPort, remoteAddress, remotePort: 5222 }
}

function text(packets: CapturedPacket[]): string {
  return Buffer.concat(packets.map((packet) => decodeTcp(101, packet.data)?.payload ?? new Uint8Array())).toString()
}

test('a case gets the packets of its own connections, in the order of time', async () => {
  const feed = new Feed()
  const [romeo, juliet, stranger] = [feed.connection(1), feed.connection(2), feed.connection(3)]
  for (const connection of [romeo, juliet, stranger]) connection.open(10)
  const flows = [feed.splitter.claim(ends(2)), feed.splitter.claim(ends(1))]
  juliet.data('client', Buffer.from('b'), 30)
  romeo.data('client', Buffer.from('a'), 20)
  stranger.data('client', Buffer.from('not mine'), 25)
  romeo.data('server', Buffer.from('c'), 40)
  for (const connection of [romeo, juliet, stranger]) connection.reset('client', 50)
  assert.deepEqual(await feed.splitter.finished(flows), [])
  const packets = feed.splitter.take(flows)
  assert.equal(text(packets), 'abc')
  assert.deepEqual(
    packets.map((packet) => packet.at),
    packets.map((packet) => packet.at).sort((a, b) => a - b),
  )
  assert.equal(feed.splitter.take(flows).length, 0)
})

test('a connection may be claimed before its first packet comes, from either end, by ports alone', async () => {
  const feed = new Feed()
  const flows = [
    feed.splitter.claim({ localPort: 5222, remotePort: 1 }),
    feed.splitter.claim({ ...ends(2), localAddress: '::ffff:127.0.0.1' }),
  ]
  assert.deepEqual(
    flows.map((flow) => flow.state),
    ['awaited', 'awaited'],
  )
  for (const port of [1, 2]) {
    const connection = feed.connection(port)
    connection.open(0)
    connection.finish('client', 1)
    connection.finish('server', 2)
  }
  assert.deepEqual(await feed.splitter.finished(flows, { timeoutMs: 0 }), [])
  assert.equal(feed.splitter.take(flows).length, 14)
})

test('the same ports at another address are another connection', () => {
  const feed = new Feed()
  feed.connection(1, '127.0.0.9').open(0)
  const flow = feed.splitter.claim(ends(1))
  assert.equal(flow.state, 'awaited')
})

test('finished waits for the end of each connection, and says which did not come', async () => {
  const feed = new Feed()
  const [first, second] = [feed.connection(1), feed.connection(2)]
  first.open(0)
  second.open(0)
  const flows = [feed.splitter.claim(ends(1)), feed.splitter.claim(ends(2)), feed.splitter.claim(ends(3))]
  first.finish('client', 1)
  second.reset('server', 1)
  const open = await feed.splitter.finished(flows, { timeoutMs: 20 })
  assert.deepEqual(
    open.map((flow) => [flow.localPort, flow.state]),
    [
      [1, 'open'],
      [3, 'awaited'],
    ],
  )

  const [one] = flows
  assert.ok(one)
  let done = false
  const waiting = feed.splitter.finished([one]).then((rest) => {
    done = true
    return rest
  })
  await new Promise(setImmediate)
  assert.equal(done, false)
  first.finish('server', 2)
  assert.deepEqual(await waiting, [])
})

test('a capture that misses the last acknowledgment is not waited for', async () => {
  const feed = new Feed()
  const packets: CapturedPacket[] = []
  const connection = new TcpSynthesizer({
    client: { address: '127.0.0.1', port: 1 },
    server: { address: '127.0.0.2', port: 5222 },
    emit: (packet) => packets.push(packet),
  })
  connection.open(0)
  connection.finish('client', 1)
  connection.finish('server', 2)
  feed.give(packets.slice(0, -1))
  const flow = feed.splitter.claim(ends(1))
  assert.deepEqual(await feed.splitter.finished([flow], { timeoutMs: 10_000 }), [])
})

test('a new connection between the same ports is a new flow, and each claim gets its own', async () => {
  const feed = new Feed()
  const first = feed.connection(1)
  first.open(10)
  const firstClaim = feed.splitter.claim(ends(1), { since: 10 })
  first.data('client', Buffer.from('first'), 11)
  // The first one vanishes without a trace; the packets of the second lag behind its claim.
  const secondClaim = feed.splitter.claim(ends(1), { since: 20 })
  assert.equal(secondClaim.state, 'awaited')
  const second = feed.connection(1)
  second.open(20)
  second.data('client', Buffer.from('second'), 21)
  assert.deepEqual(await feed.splitter.finished([firstClaim], { timeoutMs: 0 }), [])
  assert.equal(text(feed.splitter.take([firstClaim])), 'first')
  assert.equal(text(feed.splitter.take([secondClaim])), 'second')
})

test('without a claim between them, the newest connection is taken', () => {
  const feed = new Feed()
  for (const word of ['older', 'newer']) {
    const connection = feed.connection(1)
    connection.open(0)
    connection.data('client', Buffer.from(word), 1)
    connection.reset('client', 2)
  }
  assert.equal(text(feed.splitter.take([feed.splitter.claim(ends(1))])), 'newer')
})

test('a SYN that is sent again belongs to the same connection', () => {
  const feed = new Feed()
  const packets: CapturedPacket[] = []
  const connection = new TcpSynthesizer({
    client: { address: '127.0.0.1', port: 1 },
    server: { address: '127.0.0.2', port: 5222 },
    emit: (packet) => packets.push(packet),
  })
  connection.open(0)
  const [syn] = packets
  assert.ok(syn)
  feed.give([syn, ...packets])
  assert.equal(feed.splitter.take([feed.splitter.claim(ends(1))]).length, 4)
})

test('late packets of a flow that was taken are not kept, nor believed to be the next one', () => {
  const feed = new Feed()
  const first = feed.connection(1)
  first.open(0)
  feed.splitter.take([feed.splitter.claim(ends(1))])
  first.data('client', Buffer.from('late'), 1)
  assert.equal(feed.splitter.heldBytes, 0)
  const claim = feed.splitter.claim(ends(1))
  assert.equal(claim.state, 'awaited')
  feed.connection(1).open(2)
  assert.equal(claim.packets, 3)
})

test('flows that nobody claims are bounded in number and bytes; the oldest go first and are counted', () => {
  const few = new Feed({ unclaimedFlows: 10 })
  for (let port = 1; port <= 100; port++) few.connection(port).open(port)
  assert.deepEqual(few.splitter.losses, { notTcp: 0, flows: 90, packets: 270, claimedPackets: 0 })
  assert.equal(few.splitter.claim(ends(90)).state, 'awaited')
  assert.equal(few.splitter.claim(ends(91)).state, 'open')

  const small = new Feed({ unclaimedBytes: 100_000 })
  for (let port = 1; port <= 100; port++) small.connection(port).data('client', Buffer.alloc(10_000), port)
  assert.ok(small.splitter.heldBytes <= 100_000)
  assert.ok(small.splitter.losses.flows > 80)
})

test('a flood on a claimed flow is bounded too, and its end is still seen', async () => {
  const feed = new Feed({ claimedBytes: 50_000 })
  const connection = feed.connection(1)
  const flow = feed.splitter.claim(ends(1))
  connection.open(0)
  for (let i = 0; i < 100; i++) connection.data('server', Buffer.alloc(10_000), i)
  connection.reset('server', 100)
  assert.deepEqual(await feed.splitter.finished([flow], { timeoutMs: 0 }), [])
  assert.ok(feed.splitter.heldBytes <= 50_000)
  assert.ok(flow.dropped > 0)
  assert.equal(flow.dropped, feed.splitter.losses.claimedPackets)
  feed.splitter.take([flow])
  assert.equal(feed.splitter.heldBytes, 0)
})

test('packets that are no TCP are counted and nothing else', () => {
  const feed = new Feed()
  feed.give([{ at: 0, length: 3, data: Uint8Array.of(1, 2, 3) }])
  assert.equal(feed.splitter.losses.notTcp, 1)
})
