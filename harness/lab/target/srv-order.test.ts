import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ServiceRecord, srvOrder } from './srv-order.ts'

const record = (host: string, priority: number, weight: number, service: ServiceRecord['service'] = 'xmpp-client') => ({
  service,
  host,
  port: 5222,
  priority,
  weight,
})
const hosts = (records: ServiceRecord[]) => records.map(({ host }) => host).join(' ')

test('lower priorities come first, both services in one list', () => {
  const records = [record('c', 30, 0), record('a', 10, 0, 'xmpps-client'), record('b', 20, 0)]
  assert.equal(hosts(srvOrder(records)), 'a b c')
})

test('within a priority the weight decides', () => {
  const records = [record('light', 1, 10), record('heavy', 1, 90)]
  assert.equal(hosts(srvOrder(records, () => 0.05)), 'light heavy')
  assert.equal(hosts(srvOrder(records, () => 0.5)), 'heavy light')
})

test('weights are chosen in proportion', () => {
  let first = 0
  let seed = 1
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed / 2_147_483_647
  }
  for (let turn = 0; turn < 2_000; turn++) {
    if (srvOrder([record('a', 1, 25), record('b', 1, 75)], random)[0]?.host === 'a') first++
  }
  assert.ok(first > 420 && first < 580, `${first} of 2000`)
})

test('a weight of zero is the last resort', () => {
  assert.equal(hosts(srvOrder([record('zero', 1, 0), record('one', 1, 1)], () => 0.5)), 'one zero')
})
