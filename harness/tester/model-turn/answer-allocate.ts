import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:dgram'
import { attributeOf, hex, type StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes as stun } from '../../wire/stun/stun-names.ts'
import { numberOf } from '../../wire/stun/stun-values.ts'
import { bindRelay, ModelAllocation } from './model-allocation.ts'
import { failure, has, softwareField, success, type Way, xorField } from './turn-answer.ts'
import type { Makes } from './turn-mistakes.ts'

/** Seconds (RFC 8656 §6, §7.2). */
const lifetimes = { usual: 600, most: 3_600 }

/** What the model remembers of all its clients. */
export interface TurnMemory {
  address: string
  allocations: Map<string, ModelAllocation>
  /** Ports that are held for a token. */
  reserved: Map<string, Socket>
  shared: Set<string>
}

/** The lifetime that a request gets (RFC 8656 §7.2). */
export function lifetimeFor(request: StunMessage, makes: Makes): number {
  const attribute = attributeOf(request, stun.LIFETIME)
  const asked = (attribute && numberOf(attribute)) ?? lifetimes.usual
  const most = makes('grants-long-lifetime') ? Number.POSITIVE_INFINITY : lifetimes.most
  const least = makes('grants-short-lifetime') ? 0 : lifetimes.usual
  return Math.max(least, Math.min(asked, most))
}

/** Answers an authenticated Allocate (RFC 8656 §7.2). */
export async function answerAllocate(
  request: StunMessage,
  way: Way,
  user: { username: string; key: Uint8Array },
  memory: TurnMemory,
  makes: Makes,
): Promise<Uint8Array> {
  const key = makes('signs-nothing') ? undefined : user.key
  const known = memory.allocations.get(way.id)
  if (known && !makes('allocates-twice')) {
    const repeated = known.parts.transactionId === request.transactionId && !makes('refuses-repetition')
    return repeated && known.answer ? known.answer : failure(request, 437, { key })
  }
  const code = refusalOf(request, memory, makes)
  if (code !== undefined) return failure(request, code, { key })
  known?.close()
  const { socket, token } = await relayFor(request, memory, makes)
  const { username } = user
  const { transactionId } = request
  const stray = await bindRelay(memory.address)
  const allocation = new ModelAllocation({ socket, stray, way, username, transactionId, makes, shared: memory.shared })
  memory.allocations.set(way.id, allocation)
  const seen = makes('answers-wrong-mapped-address') ? { ...way.from, port: way.from.port ^ 1 } : way.from
  allocation.answer = success(
    request,
    [
      ...(makes('answers-no-relayed-address') ? [] : [xorField(request, stun.XOR_RELAYED_ADDRESS, allocation.relayed)]),
      xorField(request, stun.XOR_MAPPED_ADDRESS, seen),
      ...(makes('tells-no-lifetime') ? [] : [{ type: stun.LIFETIME, value: lifetimeFor(request, makes) }]),
      ...softwareField(makes),
      ...(token ? [{ type: stun.RESERVATION_TOKEN, value: token }] : []),
    ],
    key,
  )
  return allocation.answer
}

/** With which code it is refused, by the checks in their order; undefined where it is not. */
function refusalOf(request: StunMessage, { reserved }: TurnMemory, makes: Makes): number | undefined {
  const value = (type: number) => attributeOf(request, type)?.value
  const transport = value(stun.REQUESTED_TRANSPORT)
  if (!transport && !makes('needs-no-transport')) return 400
  if (transport && transport.length !== 4 && !makes('takes-malformed-transport')) return 400
  if (makes('needs-zero-rest') && !hasZeroRest(request)) return 400
  if (transport?.length === 4 && transport[0] !== 17 && !makes('takes-any-transport')) return 442
  const token = value(stun.RESERVATION_TOKEN)
  const [family, additional] = [value(stun.REQUESTED_ADDRESS_FAMILY), value(stun.ADDITIONAL_ADDRESS_FAMILY)]
  if (token) {
    const more = has(request, stun.EVEN_PORT) || family || additional
    if (more && !makes('takes-token-with-even-port')) return 400
    if (!more && !reserved.has(hex(token)) && !makes('takes-any-token')) return 508
  }
  if (family && additional && !makes('takes-two-families')) return 400
  if (family && family[0] !== 1 && !makes('ignores-family')) return 440
  if (additional?.[0] === 1 && !makes('takes-additional-ipv4')) return 400
  return undefined
}

/** Whether the parts that are reserved are as a client must send them (RFC 8656 §18.6 to §18.8). */
const hasZeroRest = ({ attributes }: StunMessage): boolean =>
  attributes.every(({ type, value }) => {
    if (type === stun.EVEN_PORT) return ((value[0] ?? 0) & 0x7f) === 0
    if (type !== stun.REQUESTED_TRANSPORT && type !== stun.REQUESTED_ADDRESS_FAMILY) return true
    return value.subarray(1).every((byte) => byte === 0)
  })

async function relayFor(request: StunMessage, memory: TurnMemory, makes: Makes) {
  const token = attributeOf(request, stun.RESERVATION_TOKEN)?.value
  const held = token && memory.reserved.get(hex(token))
  if (token && held) {
    memory.reserved.delete(hex(token))
    return { socket: held }
  }
  const even = attributeOf(request, stun.EVEN_PORT)?.value[0]
  if (even === undefined) return { socket: await bindRelay(memory.address) }
  if (makes('ignores-even-port')) return { socket: await bindRelay(memory.address, 'odd') }
  if (even < 0x80 || makes('reserves-nothing')) return { socket: await bindRelay(memory.address, 'even') }
  for (let tries = 0; ; tries++) {
    const socket = await bindRelay(memory.address, 'even')
    try {
      const next = await bindRelay(memory.address, socket.address().port + 1)
      const given = randomBytes(8)
      memory.reserved.set(hex(given), next)
      return { socket, token: given }
    } catch (error) {
      socket.close()
      if (tries > 20) throw error
    }
  }
}
