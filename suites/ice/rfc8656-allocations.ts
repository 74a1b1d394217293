import { defineSuite } from '../../harness/suite/index.ts'
import {
  answerOf,
  attributeOf,
  errorOf,
  evenPortField,
  familyField,
  leaving,
  lifetimeOf,
  mappedAddressOf,
  putting,
  relayedOf,
  stun,
  transportField,
  turnMethods,
} from '../../harness/suite/turn.ts'
import { control, demand, show, succeeds, turn } from './_turn.ts'

/** The lifetime of an allocation for which nothing else is agreed, seconds (RFC 8656 §6). */
const defaultLifetime = 600
const day = 86_400

const lifetime = (value: number) => ({ type: stun.LIFETIME, value })

export default defineSuite(turn, ({ test }) => {
  test('rfc8656/7.2/allocate-succeeds', {
    section: '7.2',
    level: 'MUST',
    statement: 'a right Allocate is answered with a relayed transport address',
  }, async ({ client, expect }) => {
    const answer = await (await client()).allocate()
    demand({ expect }, answer, 'success')
    const relayed = relayedOf(answer)
    expect.ok(relayed && relayed.port > 0, 'a relayed transport address', show(relayed))
  })

  test('rfc8656/7.2/allocate-over-tcp-succeeds', {
    section: '7.2',
    level: 'SHOULD',
    control,
    statement: 'a right Allocate over TCP is answered with a relayed transport address',
  }, async ({ client, expect }) => {
    const answer = await (await client({ transport: 'tcp' })).allocate()
    demand({ expect }, answer, 'success')
    expect.ok(relayedOf(answer), 'a relayed transport address', 'none')
  })

  test('rfc8656/7.2/unauthenticated-allocate-is-refused', {
    section: '7.2',
    level: 'MUST',
    security: true,
    control,
    statement: 'an Allocate without credentials gets no allocation',
  }, async ({ client, expect }) => {
    const answer = await (await client()).askBare(turnMethods.Allocate, [transportField()])
    demand({ expect }, answer, 'error 401')
  })

  test('rfc8656/7.2/client-is-told-its-address', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'the answer to an Allocate has the address that the client was seen at',
  }, async ({ client, expect, given }) => {
    const asking = await client()
    const answer = await succeeds({ given }, 'an allocation', () => asking.allocate())
    expect.equal(show(mappedAddressOf(answer)), show(asking.local), 'XOR-MAPPED-ADDRESS')
  })

  test('rfc8656/7.2/lifetime-is-told', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'the answer to an Allocate tells how long the allocation lasts',
  }, async ({ client, given, expect }) => {
    const asking = await client()
    const answer = await succeeds({ given }, 'an allocation', () => asking.allocate())
    expect.ok((lifetimeOf(answer) ?? 0) > 0, 'LIFETIME above 0', `${lifetimeOf(answer) ?? 'none'}`)
  })

  test('rfc8656/7.2/short-lifetime-becomes-default', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an allocation lasts ten minutes at least, though the client asks for less',
  }, async ({ client, given, expect }) => {
    const asking = await client()
    const answer = await succeeds({ given }, 'an allocation', () => asking.allocate([lifetime(60)]))
    const told = lifetimeOf(answer)
    expect.ok((told ?? 0) >= defaultLifetime, `LIFETIME of ${defaultLifetime} at least`, `${told ?? 'none'}`)
  })

  test('rfc8656/7.2/long-lifetime-is-capped', {
    section: '7.2',
    level: 'SHOULD',
    control,
    statement: 'an allocation lasts an hour at most, though the client asks for a day',
  }, async ({ client, given, expect }) => {
    const asking = await client()
    const answer = await succeeds({ given }, 'an allocation', () => asking.allocate([lifetime(day)]))
    const told = lifetimeOf(answer)
    expect.ok((told ?? day) <= 3_600, 'LIFETIME of 3600 at most', `${told ?? 'none'}`)
  })

  test('rfc8656/7.2/second-allocate-is-refused', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'a second Allocate of the same 5-tuple is refused with 437',
  }, async ({ allocated, expect }) => {
    demand({ expect }, await (await allocated()).ask(turnMethods.Allocate, [transportField()]), 'error 437')
  })

  test('rfc8656/7.2/missing-transport-is-bad', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate without REQUESTED-TRANSPORT is refused with 400',
  }, async ({ client, expect }) => {
    demand({ expect }, await (await client()).allocate([], leaving(stun.REQUESTED_TRANSPORT)), 'error 400')
  })

  test('rfc8656/7.2/other-transport-is-refused', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate that asks for a transport which no TURN server has is refused with 442',
  }, async ({ client, expect }) => {
    const { type, value } = transportField(132)
    demand({ expect }, await (await client()).allocate([], putting(type, value)), 'error 442')
  })

  test('rfc8656/7.2/family-is-kept-or-refused', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate for IPv6 gets an IPv6 address, or is refused with 440',
  }, async ({ client, expect }) => {
    const answer = await (await client()).allocate([familyField(2)])
    const isIpv6 = relayedOf(answer)?.address.includes(':')
    expect.ok(isIpv6 || errorOf(answer) === 440, 'an IPv6 address, or error 440', answerOf(answer))
  })

  test('rfc8656/7.2/two-families-are-bad', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate with both attributes of address families is refused with 400',
  }, async ({ client, expect }) => {
    const both = [familyField(1), familyField(2, stun.ADDITIONAL_ADDRESS_FAMILY)]
    demand({ expect }, await (await client()).allocate(both), 'error 400')
  })

  test('rfc8656/7.2/additional-ipv4-is-bad', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate that asks for IPv4 as the additional family is refused with 400',
  }, async ({ client, expect }) => {
    demand({ expect }, await (await client()).allocate([familyField(1, stun.ADDITIONAL_ADDRESS_FAMILY)]), 'error 400')
  })

  test('rfc8656/7.2/token-with-even-port-is-bad', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate with RESERVATION-TOKEN and EVEN-PORT is refused with 400',
  }, async ({ client, expect }) => {
    const token = { type: stun.RESERVATION_TOKEN, value: Buffer.alloc(8, 7) }
    demand({ expect }, await (await client()).allocate([evenPortField(false), token]), 'error 400')
  })

  test('rfc8656/7.2/token-of-nobody-is-refused', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate with a RESERVATION-TOKEN that was never given is refused with 508',
  }, async ({ client, expect }) => {
    const token = { type: stun.RESERVATION_TOKEN, value: Buffer.alloc(8, 7) }
    demand({ expect }, await (await client()).allocate([token]), 'error 508')
  })

  test('rfc8656/7.2/even-port-is-even', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'an Allocate with EVEN-PORT gets an even port',
  }, async ({ client, given, expect }) => {
    for (let tries = 0; tries < 4; tries++) {
      const asking = await client()
      const answer = await succeeds({ given }, 'an allocation', () => asking.allocate([evenPortField(false)]))
      const relayed = relayedOf(answer)
      expect.ok(relayed && relayed.port % 2 === 0, 'an even port', show(relayed))
    }
  })

  test('rfc8656/7.2/next-port-is-reserved', {
    section: '7.2',
    level: 'MUST',
    control,
    statement: 'the token of a reservation gets the next port for a second allocation',
  }, async ({ client, given, expect }) => {
    const first = await client()
    const answer = await succeeds({ given }, 'an even port', () => first.allocate([evenPortField(true)]))
    const token = attributeOf(answer, stun.RESERVATION_TOKEN)
    expect.ok(token, 'RESERVATION-TOKEN', 'none')
    const field = { type: stun.RESERVATION_TOKEN, value: Buffer.from(token?.value ?? []) }
    const second = await (await client()).allocate([field])
    demand({ expect }, second, 'success')
    expect.equal(relayedOf(second)?.port, (relayedOf(answer)?.port ?? 0) + 1, 'port')
  })

  test('rfc8656/8.2/refresh-of-zero-deletes', {
    section: '8.2',
    level: 'MUST',
    control,
    statement: 'a Refresh with a lifetime of zero deletes the allocation',
  }, async ({ allocated, given, expect }) => {
    const asking = await allocated()
    const answer = await succeeds({ given }, 'the Refresh', () => asking.refresh([lifetime(0)]))
    expect.equal(lifetimeOf(answer), 0, 'LIFETIME')
    demand({ expect }, await asking.refresh(), 'error 437')
  })

  test('rfc8656/8.2/refresh-tells-lifetime', {
    section: '8.2',
    level: 'MUST',
    control,
    statement: 'a Refresh is answered with a lifetime of ten minutes at least',
  }, async ({ allocated, expect }) => {
    const answer = await (await allocated()).refresh([lifetime(30)])
    demand({ expect }, answer, 'success')
    const told = lifetimeOf(answer)
    expect.ok((told ?? 0) >= defaultLifetime, `LIFETIME of ${defaultLifetime} at least`, `${told ?? 'none'}`)
  })

  test('rfc8656/8.2/refresh-of-other-family-is-refused', {
    section: '8.2',
    level: 'MUST',
    control,
    statement: 'a Refresh for IPv6 of an IPv4 allocation is refused with 443',
  }, async ({ allocated, expect }) => {
    demand({ expect }, await (await allocated()).refresh([familyField(2)]), 'error 443')
  })

  test('rfc8656/5/request-without-allocation-is-refused', {
    section: '5',
    level: 'MUST',
    control,
    statement: 'a CreatePermission of a 5-tuple without an allocation is refused with 437',
  }, async ({ client, expect }) => {
    const asking = await client()
    demand({ expect }, await asking.permit([{ address: asking.local.address, port: 9 }]), 'error 437')
  })

  test('rfc8656/5/other-user-is-refused', {
    section: '5',
    level: 'MUST',
    security: true,
    control,
    statement: "a Refresh with another user's right credentials is refused with 441",
  }, async ({ allocated, other, expect }) => {
    const asking = await allocated()
    const answer = await asking.refresh([], (draft) => ({
      ...putting(stun.USERNAME, other.username)(draft),
      key: asking.key(other),
    }))
    demand({ expect }, answer, 'error 441')
  })
})
