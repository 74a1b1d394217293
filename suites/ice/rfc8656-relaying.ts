import { defineSuite } from '../../harness/suite/index.ts'
import { leaving, stun } from '../../harness/suite/turn.ts'
import { control, demand, nowhere, quietMs, show, succeeds, turn } from './_turn.ts'

const sends = 'rfc8656/11.2/send-goes-to-the-peer'
const data = 'rfc8656/11.3/data-comes-as-indication'

export default defineSuite(turn, ({ test }) => {
  test('rfc8656/10.2/permission-is-given', {
    section: '10.2',
    level: 'MUST',
    control,
    statement: 'a right CreatePermission succeeds',
  }, async ({ allocated, peer, expect }) => {
    demand({ expect }, await (await allocated()).permit([(await peer()).local]), 'success')
  })

  test('rfc8656/10.2/permission-for-nobody-is-bad', {
    section: '10.2',
    level: 'MUST',
    control,
    statement: 'a CreatePermission without XOR-PEER-ADDRESS is refused with 400',
  }, async ({ allocated, expect }) => {
    demand({ expect }, await (await allocated()).permit([nowhere], leaving(stun.XOR_PEER_ADDRESS)), 'error 400')
  })

  test('rfc8656/10.2/permission-of-other-family-is-refused', {
    section: '10.2',
    level: 'MUST',
    control: 'rfc8656/10.2/permission-is-given',
    statement: 'a CreatePermission for an IPv6 peer of an IPv4 allocation is refused with 443',
  }, async ({ allocated, expect }) => {
    demand({ expect }, await (await allocated()).permit([{ address: '2001:db8::1', port: 9 }]), 'error 443')
  })

  test('rfc8656/11.2/send-goes-to-the-peer', {
    section: '11.2',
    level: 'MUST',
    control: 'rfc8656/10.2/permission-is-given',
    statement: 'the data of a Send indication goes to the peer, from the relayed transport address',
  }, async ({ allocated, peer, given, expect }) => {
    const [client, other] = [await allocated(), await peer()]
    await succeeds({ given }, 'a permission', () => client.permit([other.local]))
    client.sendTo(other.local, 'hello')
    const came = await other.next()
    expect.equal(came.data, 'hello', 'data')
    expect.equal(show(came.from), show(client.relayed), 'source')
  })

  test('rfc8656/11.2/empty-data-is-sent', {
    section: '11.2',
    level: 'MUST',
    control: sends,
    statement: 'a Send indication with empty data becomes an empty datagram',
  }, async ({ allocated, peer, given, expect }) => {
    const [client, other] = [await allocated(), await peer()]
    await succeeds({ given }, 'a permission', () => client.permit([other.local]))
    client.sendTo(other.local, '')
    expect.equal((await other.next()).data, '', 'data')
  })

  test('rfc8656/11.2/send-without-permission-is-discarded', {
    section: '11.2',
    level: 'MUST',
    security: true,
    control: sends,
    statement: 'a Send indication to a peer without a permission goes nowhere',
  }, async ({ allocated, peer, expect }) => {
    const [client, other] = [await allocated(), await peer()]
    client.sendTo(other.local, 'hello')
    const came = await other.within(quietMs)
    expect.ok(!came, 'nothing at the peer', `${came?.data.length} bytes`)
  })

  test('rfc8656/11.2/send-without-data-is-discarded', {
    section: '11.2',
    level: 'MUST',
    control: sends,
    statement: 'a Send indication without DATA goes nowhere',
  }, async ({ allocated, peer, given, expect }) => {
    const [client, other] = [await allocated(), await peer()]
    await succeeds({ given }, 'a permission', () => client.permit([other.local]))
    client.sendTo(other.local, '', leaving(stun.DATA))
    const came = await other.within(quietMs)
    expect.ok(!came, 'nothing at the peer', `${came?.data.length} bytes`)
  })

  test('rfc8656/11.3/data-comes-as-indication', {
    section: '11.3',
    level: 'MUST',
    control: 'rfc8656/10.2/permission-is-given',
    statement: 'what a permitted peer sends comes in a Data indication that names the peer',
  }, async ({ allocated, peer, given, expect }) => {
    const [client, other] = [await allocated(), await peer()]
    await succeeds({ given }, 'a permission', () => client.permit([other.local]))
    other.send('hello', client.relayed)
    const came = await client.nextData()
    expect.equal(came.by, 'indication', 'way')
    expect.equal(came.data, 'hello', 'data')
    expect.equal(show(came.peer), show(other.local), 'XOR-PEER-ADDRESS')
  })

  test('rfc8656/9/nobody-gets-in-without-permission', {
    section: '9',
    level: 'MUST',
    security: true,
    control: data,
    statement: 'what a peer without a permission sends is not handed on',
  }, async ({ allocated, peer, expect }) => {
    const [client, other] = [await allocated(), await peer()]
    other.send('hello', client.relayed)
    const came = await client.dataWithin(quietMs)
    expect.ok(!came, 'nothing at the client', `${came?.by}`)
  })

  test('rfc8656/9/permission-of-another-lets-nobody-in', {
    section: '9',
    level: 'MUST',
    security: true,
    control: data,
    statement: 'a permission for one address lets nothing in from another',
  }, async ({ allocated, peer, given, expect }) => {
    const [client, other] = [await allocated(), await peer()]
    await succeeds({ given }, 'a permission for another', () => client.permit([nowhere]))
    other.send('hello', client.relayed)
    const came = await client.dataWithin(quietMs)
    expect.ok(!came, 'nothing at the client', `${came?.by}`)
  })

  test('rfc8656/9/permission-is-for-every-port', {
    section: '9',
    level: 'MUST',
    control: data,
    statement: 'a permission lets in what any port of its address sends',
  }, async ({ allocated, peer, given, expect }) => {
    const [client, one, two] = [await allocated(), await peer(), await peer()]
    await succeeds({ given }, 'a permission', () => client.permit([one.local]))
    two.send('hello', client.relayed)
    expect.equal(show((await client.nextData()).peer), show(two.local), 'XOR-PEER-ADDRESS')
  })

  test('rfc8656/9/permissions-are-of-one-allocation', {
    section: '9',
    level: 'MUST',
    security: true,
    control: data,
    statement: 'a permission of one allocation lets nothing in to another',
  }, async ({ allocated, peer, given, expect }) => {
    const [client, neighbour, other] = [await allocated(), await allocated(), await peer()]
    await succeeds({ given }, 'a permission of the other', () => neighbour.permit([other.local]))
    other.send('hello', client.relayed)
    const came = await client.dataWithin(quietMs)
    expect.ok(!came, 'nothing at the client', `${came?.by}`)
  })
})
