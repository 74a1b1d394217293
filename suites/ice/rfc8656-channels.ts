import { defineSuite } from '../../harness/suite/index.ts'
import {
  channelDataBytes,
  leaving,
  stun,
  type TurnClient,
  type TurnFixtures,
  type TurnPeer,
} from '../../harness/suite/turn.ts'
import { control, demand, quietMs, show, succeeds, turn } from './_turn.ts'

const binds = 'rfc8656/12.2/channel-is-bound'
const toPeer = 'rfc8656/12.6/channel-data-goes-to-the-peer'
const toClient = 'rfc8656/12.5/data-comes-on-the-channel'

/** The first channel that there is (RFC 8656 §12). */
const channel = 0x4000

/** A client with a channel to a peer. */
async function bound(
  { allocated, peer, given }: TurnFixtures,
  transport: 'udp' | 'tcp' = 'udp',
): Promise<{ client: TurnClient & { relayed: { address: string; port: number } }; other: TurnPeer }> {
  const [client, other] = [await allocated({ transport }), await peer()]
  await succeeds({ given }, 'the channel is bound', () => client.bind(channel, other.local))
  return { client, other }
}

export default defineSuite(turn, ({ test }) => {
  test('rfc8656/12.2/channel-is-bound', {
    section: '12.2',
    level: 'MUST',
    control,
    statement: 'a right ChannelBind succeeds, for the first and the last channel of the range',
  }, async ({ allocated, peer, expect }) => {
    const client = await allocated()
    demand({ expect }, await client.bind(0x4000, (await peer()).local), 'success')
    demand({ expect }, await client.bind(0x4fff, (await peer()).local), 'success')
  })

  for (const [slug, number] of [
    ['below', 0x3fff],
    ['above', 0x5000],
  ] as const) {
    test(`rfc8656/12.2/channel-${slug}-range-is-bad`, {
      section: '12.2',
      level: 'MUST',
      control: binds,
      statement: `a ChannelBind of channel 0x${number.toString(16)}, ${slug} the range, is refused with 400`,
    }, async ({ allocated, peer, expect }) => {
      demand({ expect }, await (await allocated()).bind(number, (await peer()).local), 'error 400')
    })
  }

  test('rfc8656/12.2/channel-of-nobody-is-bad', {
    section: '12.2',
    level: 'MUST',
    control: binds,
    statement: 'a ChannelBind without XOR-PEER-ADDRESS is refused with 400',
  }, async ({ allocated, peer, expect }) => {
    const client = await allocated()
    demand({ expect }, await client.bind(channel, (await peer()).local, leaving(stun.XOR_PEER_ADDRESS)), 'error 400')
  })

  test('rfc8656/12.2/bind-without-channel-is-bad', {
    section: '12.2',
    level: 'MUST',
    control: binds,
    statement: 'a ChannelBind without CHANNEL-NUMBER is refused with 400',
  }, async ({ allocated, peer, expect }) => {
    const client = await allocated()
    demand({ expect }, await client.bind(channel, (await peer()).local, leaving(stun.CHANNEL_NUMBER)), 'error 400')
  })

  test('rfc8656/12.2/channel-of-another-peer-is-bad', {
    section: '12.2',
    level: 'MUST',
    control: binds,
    statement: 'a ChannelBind of a channel that is bound to another peer is refused with 400',
  }, async (fixtures) => {
    const { client } = await bound(fixtures)
    demand(fixtures, await client.bind(channel, (await fixtures.peer()).local), 'error 400')
  })

  test('rfc8656/12.2/second-channel-of-a-peer-is-bad', {
    section: '12.2',
    level: 'MUST',
    control: binds,
    statement: 'a ChannelBind of a second channel to the same peer is refused with 400',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures)
    demand(fixtures, await client.bind(channel + 1, other.local), 'error 400')
  })

  test('rfc8656/12.2/binding-is-refreshed', {
    section: '12.2',
    level: 'MUST',
    control: binds,
    statement: 'a ChannelBind that is as it was before succeeds again',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures)
    demand(fixtures, await client.bind(channel, other.local), 'success')
  })

  test('rfc8656/12.2/bind-of-other-family-is-refused', {
    section: '12.2',
    level: 'MUST',
    control: binds,
    statement: 'a ChannelBind to an IPv6 peer of an IPv4 allocation is refused with 443',
  }, async ({ allocated, expect }) => {
    demand({ expect }, await (await allocated()).bind(channel, { address: '2001:db8::1', port: 9 }), 'error 443')
  })

  test('rfc8656/12.6/channel-data-goes-to-the-peer', {
    section: '12.6',
    level: 'MUST',
    control: binds,
    statement: 'what comes on a channel goes to its peer, from the relayed transport address',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures)
    client.sendOn(channel, 'hello')
    const came = await other.next()
    fixtures.expect.equal(came.data, 'hello', 'data')
    fixtures.expect.equal(show(came.from), show(client.relayed), 'source')
  })

  test('rfc8656/12.6/empty-channel-data-is-sent', {
    section: '12.6',
    level: 'MUST',
    control: toPeer,
    statement: 'ChannelData without data becomes an empty datagram',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures)
    client.sendOn(channel, '')
    fixtures.expect.equal((await other.next()).data, '', 'data')
  })

  test('rfc8656/12.6/unbound-channel-is-discarded', {
    section: '12.6',
    level: 'MUST',
    control: toPeer,
    statement: 'what comes on a channel that is not bound goes nowhere',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures)
    client.sendOn(channel + 1, 'hello')
    const came = await other.within(quietMs)
    fixtures.expect.ok(!came, 'nothing at the peer', `${came?.data.length} bytes`)
  })

  test('rfc8656/12.6/cut-channel-data-is-discarded', {
    section: '12.6',
    level: 'MUST',
    security: true,
    control: toPeer,
    statement: 'ChannelData that claims more than its datagram holds goes nowhere',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures)
    const bytes = Buffer.from(channelDataBytes(channel, Buffer.from('hello'), false))
    bytes.writeUInt16BE(500, 2)
    client.sendRaw(bytes)
    const came = await other.within(quietMs)
    fixtures.expect.ok(!came, 'nothing at the peer', `${came?.data.length} bytes`)
  })

  test('rfc8656/12.5/data-comes-on-the-channel', {
    section: '12.5',
    level: 'MUST',
    control: binds,
    statement: 'what a peer with a channel sends comes as ChannelData',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures)
    other.send('hello', client.relayed)
    const came = await client.nextData()
    fixtures.expect.equal(came.by, 'channel-data', 'way')
    fixtures.expect.equal(came.channel, channel, 'channel')
    fixtures.expect.equal(came.data, 'hello', 'data')
  })

  test('rfc8656/12.5/channel-data-is-padded-over-tcp', {
    section: '12.5',
    level: 'MUST',
    control: toClient,
    statement: 'over TCP, ChannelData of five bytes is padded, so that the next message can be read',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures, 'tcp')
    for (const data of ['hello', 'again']) {
      other.send(data, client.relayed)
      fixtures.expect.equal((await client.nextData(2_000)).data, data, 'data')
    }
  })

  test('rfc8656/12.6/padding-is-not-relayed', {
    section: '12.6',
    level: 'MUST',
    control: toPeer,
    statement: 'over TCP, the padding of ChannelData stays with the server',
  }, async (fixtures) => {
    const { client, other } = await bound(fixtures, 'tcp')
    for (const data of ['hello', 'again']) {
      client.sendOn(channel, data)
      fixtures.expect.equal((await other.next()).data, data, 'data')
    }
  })

  test('rfc8656/12.2/bind-gives-permission', {
    section: '12.2',
    level: 'MUST',
    control: binds,
    statement: 'a ChannelBind gives a permission for the address of its peer',
  }, async (fixtures) => {
    const { client } = await bound(fixtures)
    const another = await fixtures.peer()
    another.send('hello', client.relayed)
    const came = await client.nextData()
    fixtures.expect.equal(show(came.peer), show(another.local), 'XOR-PEER-ADDRESS')
  })
})
