import type { Endpoint } from '../../wire/ip/address.ts'
import { attributeOf } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { channelOf, errorCodeOf, numberOf, xorAddressOf } from '../../wire/stun/stun-values.ts'
import type { Trace, WireMessage } from '../../wire/trace/trace.ts'
import { endpointText, wayText } from './endpoints.ts'
import type { StunSighting } from './ice-session.ts'

/** An allocation at a TURN server, as its client made it (RFC 8656 §6). */
export interface TurnAllocation {
  capture: number
  client: Endpoint
  server: Endpoint
  relayedAddress: Endpoint
  /** The answer to Allocate, and to each Refresh: how long it lives from then on, seconds. */
  grants: { at: number; lifetime: number; sighting: StunSighting }[]
  /** CreatePermission and ChannelBind that were answered with success. */
  permissions: { at: number; address: string; sighting: StunSighting }[]
  channels: { at: number; number: number; peer: Endpoint }[]
  refusals: { at: number; method: number; code: number; sighting: StunSighting }[]
  /** What the client sent through it, and to whom. */
  uses: { at: number; packet: number; capture: number; peer?: Endpoint; channel?: number; count: number }[]
}

const methods = { allocate: 3, refresh: 4, createPermission: 8, channelBind: 9 }

/** The allocations that a trace shows being made; one that was there before the capture began is not among them. */
export function readAllocations({ messages, flows }: Trace): TurnAllocation[] {
  const byClient = new Map<string, TurnAllocation>()
  const requests = new Map<string, StunSighting>()
  for (const message of messages) {
    if (message.body.kind !== 'stun' || message.relayed) continue
    const sighting = message as StunSighting
    const { body, capture, source, destination } = sighting
    if (body.class === 'request' && body.method > 1) requests.set(`${capture}/${body.transactionId}`, sighting)
    if (body.class !== 'success' && body.class !== 'error') continue
    const request = requests.get(`${capture}/${body.transactionId}`)
    if (!request) continue
    const key = `${capture}/${wayText(destination, source)}`
    if (body.class === 'success' && body.method === methods.allocate) {
      const relayed = attributeOf(body, stunAttributes.XOR_RELAYED_ADDRESS)
      const relayedAddress = relayed && xorAddressOf(relayed, body)
      if (!relayedAddress || byClient.has(key)) continue
      const fresh = { capture, client: destination, server: source, relayedAddress }
      byClient.set(key, { ...fresh, grants: [], permissions: [], channels: [], refusals: [], uses: [] })
    }
    const allocation = byClient.get(key)
    if (allocation) takeAnswer(allocation, request, sighting)
  }
  for (const message of messages) {
    if (message.relayed) take(byClient, message, { from: message.at, firstPacket: message.packet, packets: 1 })
  }
  for (const flow of flows) {
    if (flow.relayed) for (const burst of flow.bursts) take(byClient, flow, burst)
  }
  for (const one of byClient.values()) one.uses.sort((x, y) => x.at - y.at)
  return [...byClient.values()]
}

function takeAnswer(allocation: TurnAllocation, request: StunSighting, { at, body }: StunSighting, sighting = request) {
  if (body.class === 'error') {
    const error = attributeOf(body, stunAttributes.ERROR_CODE)
    const code = (error && errorCodeOf(error)?.code) ?? 0
    allocation.refusals.push({ at, method: body.method, code, sighting })
    return
  }
  if (body.method === methods.allocate || body.method === methods.refresh) {
    const lifetime = attributeOf(body, stunAttributes.LIFETIME)
    allocation.grants.push({ at, lifetime: (lifetime && numberOf(lifetime)) ?? 600, sighting })
  }
  if (body.method !== methods.createPermission && body.method !== methods.channelBind) return
  const channel = attributeOf(request.body, stunAttributes.CHANNEL_NUMBER)
  for (const attribute of request.body.attributes) {
    if (attribute.type !== stunAttributes.XOR_PEER_ADDRESS) continue
    const peer = xorAddressOf(attribute, request.body)
    if (!peer) continue
    allocation.permissions.push({ at, address: peer.address, sighting })
    const number = channel && channelOf(channel)
    if (number !== undefined) allocation.channels.push({ at, number, peer })
  }
}

type Relay = Pick<WireMessage, 'capture' | 'source' | 'destination' | 'relayed'>

function take(
  byClient: Map<string, TurnAllocation>,
  { capture, source, destination, relayed }: Relay,
  burst: { from: number; firstPacket: number; packets: number },
) {
  if (!relayed) return
  const allocation = byClient.get(`${capture}/${wayText(source, destination)}`)
  allocation?.uses.push({
    at: burst.from,
    packet: burst.firstPacket,
    capture,
    peer: relayed.peer,
    channel: relayed.channel,
    count: burst.packets,
  })
}

/** Where what was relayed began and ended, as the peer sees it: the relayed address stands for the client. */
export function throughRelay<M extends Relay>(message: M, allocations: TurnAllocation[]): M {
  const { relayed, source, destination, capture } = message
  if (!relayed?.peer) return message
  for (const one of allocations) {
    if (one.capture !== capture) continue
    const client = endpointText(one.client)
    const server = endpointText(one.server)
    if (client === endpointText(source) && server === endpointText(destination)) {
      return { ...message, source: one.relayedAddress, destination: relayed.peer }
    }
    if (client === endpointText(destination) && server === endpointText(source)) {
      return { ...message, source: relayed.peer, destination: one.relayedAddress }
    }
  }
  return message
}
