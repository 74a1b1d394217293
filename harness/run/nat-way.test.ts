import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkTypes } from '../wire/link-type.ts'
import { encodeStun, xorAddressValue } from '../wire/stun/encode-stun.ts'
import { stunAttributes } from '../wire/stun/stun-names.ts'
import { encodeUdp } from '../wire/udp/encode-udp.ts'
import { kindOfPath, NatWay } from './nat-way.ts'
import type { SeenDatagram } from './pair-wire.ts'

const turn = { address: '198.18.0.2', port: 3478 }
const juliet = { address: '198.18.0.3', port: 40_000 }
const romeo = { address: '198.18.0.4', port: 50_000 }
const relayed = { address: turn.address, port: 49_200 }
const transactionId = Buffer.alloc(12, 7)

function heard() {
  const way = new NatWay(turn.address)
  const seen: SeenDatagram[] = []
  way.onSeen((one) => seen.push(one))
  let at = 0
  const push = (
    side: 'controlling' | 'controlled',
    source: typeof turn,
    destination: typeof turn,
    bytes: Uint8Array,
  ) => {
    const data = encodeUdp({ source, destination, payload: bytes })
    way.push(side, { packet: { at: ++at, length: data.length, data }, linkType: linkTypes.raw })
  }
  return { way, seen, push }
}

const psst = Buffer.from('psst')
const allocated = encodeStun({
  class: 'success',
  method: 3,
  transactionId,
  fields: [{ type: stunAttributes.XOR_RELAYED_ADDRESS, value: xorAddressValue(relayed, transactionId) }],
})
const sent = encodeStun({
  class: 'indication',
  method: 6,
  transactionId,
  fields: [
    { type: stunAttributes.XOR_PEER_ADDRESS, value: xorAddressValue(romeo, transactionId) },
    { type: stunAttributes.DATA, value: psst },
  ],
})

test('what passes between the two is told as it is, and is direct', () => {
  const { way, seen, push } = heard()
  push('controlling', juliet, romeo, psst)
  push('controlled', romeo, juliet, psst)
  assert.deepEqual(
    seen.map(({ from, path, kind }) => [from, path, kind]),
    [
      ['controlling', '198.18.0.3:40000>198.18.0.4:50000', 'data'],
      ['controlled', '198.18.0.4:50000>198.18.0.3:40000', 'data'],
    ],
  )
  assert.equal(kindOfPath(way, seen), 'direct')
})

test('what a TURN server carries comes from the relayed address of who sent it', () => {
  const { way, seen, push } = heard()
  push('controlling', turn, juliet, allocated)
  push('controlling', juliet, turn, sent)
  push('controlled', romeo, relayed, psst)
  assert.deepEqual(
    seen.map(({ path }) => path),
    ['198.18.0.2:49200>198.18.0.4:50000', '198.18.0.4:50000>198.18.0.2:49200'],
  )
  assert.equal(kindOfPath(way, seen), 'relay')
})

test('what is said to the server itself is no matter of the two', () => {
  const { way, seen, push } = heard()
  push('controlling', juliet, turn, encodeStun({ class: 'request', method: 1, transactionId, fields: [] }))
  push('controlling', turn, juliet, allocated)
  assert.deepEqual(seen, [])
  assert.equal(kindOfPath(way, seen), undefined)
})
