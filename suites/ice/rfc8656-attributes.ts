import { defineSuite } from '../../harness/suite/index.ts'
import {
  answerOf,
  attributeOf,
  channelField,
  orNothing,
  peerField,
  putting,
  relayedOf,
  stun,
  turnMethods,
} from '../../harness/suite/turn.ts'
import { control, demand, quietMs, succeeds, turn } from './_turn.ts'

/** Attributes whose value has a length that theirs never has. */
const malformed: { slug: string; section: string; what: string; method: number; type: number; value: Uint8Array }[] = [
  {
    slug: 'empty-channel-number',
    section: '18.1',
    what: 'an empty CHANNEL-NUMBER',
    method: turnMethods.ChannelBind,
    type: stun.CHANNEL_NUMBER,
    value: Buffer.alloc(0),
  },
  {
    slug: 'empty-lifetime',
    section: '18.2',
    what: 'an empty LIFETIME',
    method: turnMethods.Refresh,
    type: stun.LIFETIME,
    value: Buffer.alloc(0),
  },
  {
    slug: 'cut-peer-address',
    section: '18.3',
    what: 'an XOR-PEER-ADDRESS of two bytes',
    method: turnMethods.CreatePermission,
    type: stun.XOR_PEER_ADDRESS,
    value: Buffer.from([0, 1]),
  },
  {
    slug: 'long-peer-address',
    section: '18.3',
    what: 'an XOR-PEER-ADDRESS of 1000 bytes',
    method: turnMethods.CreatePermission,
    type: stun.XOR_PEER_ADDRESS,
    value: Buffer.alloc(1_000, 1),
  },
  {
    slug: 'empty-family',
    section: '18.6',
    what: 'an empty REQUESTED-ADDRESS-FAMILY',
    method: turnMethods.Refresh,
    type: stun.REQUESTED_ADDRESS_FAMILY,
    value: Buffer.alloc(0),
  },
]

export default defineSuite(turn, ({ test }) => {
  test('rfc8656/18.8/rest-of-transport-is-ignored', {
    section: '18.8',
    level: 'MUST',
    control,
    statement: 'what stands behind the protocol in REQUESTED-TRANSPORT does not matter',
  }, async ({ client, expect }) => {
    const odd = putting(stun.REQUESTED_TRANSPORT, Uint8Array.of(17, 1, 2, 3))
    demand({ expect }, await (await client()).allocate([], odd), 'success')
  })

  test('rfc8656/18.6/rest-of-family-is-ignored', {
    section: '18.6',
    level: 'MUST',
    control,
    statement: 'what stands behind the family in REQUESTED-ADDRESS-FAMILY does not matter',
  }, async ({ client, expect }) => {
    const odd = { type: stun.REQUESTED_ADDRESS_FAMILY, value: Uint8Array.of(1, 1, 2, 3) }
    demand({ expect }, await (await client()).allocate([odd]), 'success')
  })

  test('rfc8656/18.7/rest-of-even-port-is-ignored', {
    section: '18.7',
    level: 'MUST',
    control: 'rfc8656/7.2/even-port-is-even',
    statement: 'the bits of EVEN-PORT behind the first do not matter',
  }, async ({ client, expect }) => {
    const answer = await (await client()).allocate([{ type: stun.EVEN_PORT, value: Uint8Array.of(0x7f) }])
    demand({ expect }, answer, 'success')
    expect.equal((relayedOf(answer)?.port ?? 1) % 2, 0, 'rest of the port')
    expect.ok(!attributeOf(answer, stun.RESERVATION_TOKEN), 'no RESERVATION-TOKEN', 'one')
  })

  test('rfc8656/7.2/malformed-transport-is-bad', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate with an empty REQUESTED-TRANSPORT is refused with 400',
  }, async ({ client, expect }) => {
    demand({ expect }, await (await client()).allocate([], putting(stun.REQUESTED_TRANSPORT, '')), 'error 400')
  })

  test('rfc8656/5/answer-names-software', {
    section: '5',
    level: 'SHOULD',
    control,
    statement: 'the answers to Allocate and Refresh have SOFTWARE',
  }, async ({ client, given, expect }) => {
    const asking = await client()
    const answer = await succeeds({ given }, 'an allocation', () => asking.allocate())
    expect.ok(attributeOf(answer, stun.SOFTWARE), 'SOFTWARE in the answer to Allocate', 'none')
    expect.ok(attributeOf(await asking.refresh(), stun.SOFTWARE), 'SOFTWARE in the answer to Refresh', 'none')
  })

  test('rfc8656/5/refresh-without-allocation-is-refused', {
    section: '5',
    level: 'MUST',
    control,
    statement: 'a Refresh of a 5-tuple without an allocation is refused with 437',
  }, async ({ client, expect }) => {
    demand({ expect }, await (await client()).refresh(), 'error 437')
  })

  test('rfc8656/5/bind-without-allocation-is-refused', {
    section: '5',
    level: 'MUST',
    control,
    statement: 'a ChannelBind of a 5-tuple without an allocation is refused with 437',
  }, async ({ client, peer, expect }) => {
    demand({ expect }, await (await client()).bind(0x4000, (await peer()).local), 'error 437')
  })

  test('rfc8656/8.2/deleted-allocation-relays-nothing', {
    section: '8.2',
    level: 'MUST',
    security: true,
    control: 'rfc8656/11.3/data-comes-as-indication',
    statement: 'once an allocation is deleted, what its peers send is not handed on',
  }, async ({ allocated, peer, given, expect }) => {
    const [client, other] = [await allocated(), await peer()]
    await succeeds({ given }, 'a permission', () => client.permit([other.local]))
    await succeeds({ given }, 'the deletion', () => client.refresh([{ type: stun.LIFETIME, value: 0 }]))
    other.send('hello', client.relayed)
    const came = await client.dataWithin(quietMs)
    expect.ok(!came, 'nothing at the client', `${came?.by}`)
  })

  test('rfc8656/8.2/deleted-allocation-frees-its-5-tuple', {
    section: '8.2',
    level: 'MUST',
    control,
    statement: 'once an allocation is deleted, its 5-tuple can have another',
  }, async ({ allocated, given, expect }) => {
    const client = await allocated()
    await succeeds({ given }, 'the deletion', () => client.refresh([{ type: stun.LIFETIME, value: 0 }]))
    demand({ expect }, await client.allocate(), 'success')
  })

  for (const { slug, section, what, method, type, value } of malformed) {
    test(`rfc8656/${section}/survives-${slug}`, {
      section,
      level: 'none',
      security: true,
      control,
      statement: `it lives with ${what}`,
    }, async ({ allocated, peer, expect }) => {
      const client = await allocated()
      const usual = method === turnMethods.ChannelBind ? [channelField(0x4000), peerField((await peer()).local)] : []
      // Whatever it answers, if anything: that it answers the next one is what counts.
      await orNothing(client.ask(method, usual, putting(type, value)))
      const next = await client.askBare(turnMethods.Binding)
      expect.ok(next.class === 'success', 'an answer to the next request', answerOf(next))
    })
  }

  test('rfc8656/11.2/survives-endless-send', {
    section: '11.2',
    level: 'none',
    security: true,
    control,
    statement: 'it lives with a Send indication whose DATA claims more than there is',
  }, async ({ allocated, peer, expect }) => {
    const client = await allocated()
    client.sendTo((await peer()).local, 'hello', (draft) => {
      const bytes = Buffer.alloc(28)
      bytes.set([0, 0x16, 0, 8, 0x21, 0x12, 0xa4, 0x42])
      bytes.set(draft.transactionId, 8)
      bytes.set([0, stun.DATA, 0xff, 0xff], 20)
      return { ...draft, bytes }
    })
    const next = await client.askBare(turnMethods.Binding)
    expect.ok(next.class === 'success', 'an answer to the next request', answerOf(next))
  })
})
