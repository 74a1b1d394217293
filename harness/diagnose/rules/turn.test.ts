import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeStun, xorAddressValue } from '../../wire/stun/encode-stun.ts'
import { CallScript, juliet, priorityOf, romeo } from '../testing/call-script.ts'
import { examineCall } from '../testing/calls.ts'
import { type RuleCase, testRule } from '../testing/rule-case.ts'

const server = { address: '198.51.100.9', port: 3478 }
const relay = { address: '198.51.100.9', port: 49_152 }
const client = { address: romeo.address, port: 40_000 }
const peer = { address: juliet.address, port: 50_000 }

/** What a client asks its TURN server, and the answers. */
function turn(lifetime = 600): CallScript {
  const call = new CallScript()
  const id = call.nextId()
  call.stun(
    [client, server],
    { class: 'request', method: 3, fields: [{ type: 0x19, value: 17 << 24 }] },
    { at: 10, id },
  )
  const fields = [
    { type: 0x16, value: xorAddressValue(relay, id) },
    { type: 0x0d, value: lifetime },
    { type: 0x20, value: xorAddressValue(client, id) },
  ]
  call.stun([server, client], { class: 'success', method: 3, fields }, { at: 20, id })
  return call
}

function permitted(call: CallScript, at = call.now + 10): CallScript {
  const id = call.nextId()
  const fields = [{ type: 0x12, value: xorAddressValue(peer, id) }]
  call.stun([client, server], { class: 'request', method: 8, fields }, { at, id })
  call.stun([server, client], { class: 'success', method: 8 }, { at: at + 10, id })
  return call
}

/** A check that goes to the peer by a Send indication. */
function sent(call: CallScript, at = call.now + 10): CallScript {
  const id = call.nextId()
  const inner = encodeStun({
    class: 'request',
    method: 1,
    transactionId: id,
    key: Buffer.from(juliet.password),
    fields: [
      { type: 0x06, value: `${juliet.ufrag}:${romeo.ufrag}` },
      { type: 0x24, value: priorityOf(1) },
      { type: 0x802a, value: Buffer.from('00000000000000c8', 'hex') },
    ],
  })
  const outer = call.nextId()
  const fields = [
    { type: 0x12, value: xorAddressValue(peer, outer) },
    { type: 0x13, value: inner },
  ]
  call.stun([client, server], { class: 'indication', method: 6, fields, fingerprint: false }, { at, id: outer })
  return call
}

const channelData = (call: CallScript): CallScript =>
  call.udp(client, server, Buffer.concat([Buffer.from([0x40, 1, 0, 8]), Buffer.alloc(8, 0xf7)]), call.now + 10)

const cases: RuleCase[] = [
  {
    rule: 'turn-permission-missing',
    mistake: 'a Send indication goes to a peer without a permission',
    blame: 'TURN client',
    call: sent(turn()),
    silent: { call: sent(permitted(turn())) },
  },
  {
    rule: 'turn-permission-expired',
    mistake: 'a permission is six minutes old',
    blame: 'TURN client',
    call: sent(permitted(turn(3600)), 360_000),
    silent: { call: sent(permitted(permitted(turn(3600)), 250_000), 360_000) },
  },
  {
    rule: 'turn-channel-missing',
    mistake: 'data goes through a channel that nobody bound',
    blame: 'TURN client',
    call: channelData(turn()),
  },
  {
    rule: 'turn-allocation-expired',
    mistake: 'an allocation of a minute is used after two',
    blame: 'TURN client',
    call: sent(permitted(turn(60)), 120_000),
    silent: { call: sent(permitted(turn(600)), 120_000) },
  },
]

describe('rules about TURN', () => {
  for (const one of cases) testRule(one)

  test('a check inside TURN is one between the relayed address and the peer', async () => {
    const { sessions, findings } = await examineCall(sent(permitted(turn())))
    assert.deepEqual(
      sessions[0]?.pairs.map(({ a, b, relayed }) => [a, b, relayed]),
      [[relay, peer, true]],
    )
    assert.deepEqual(findings, [])
  })
})
