import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPossible, natKinds, natTopologies, natTopologyNames, routerRules } from './nat.ts'

const places = { outerInterface: 'eth0', innerInterface: 'eth1', outerAddress: '198.18.0.2', innerHost: '198.18.1.2' }

test('each kind of NAT has its own mapping', () => {
  const [none, full, restricted, symmetric] = natKinds.map((kind) => routerRules(kind, {}, places))
  assert.doesNotMatch(String(none), /snat|masquerade|dnat/)
  assert.match(String(full), /snat to 198\.18\.0\.2 persistent/)
  assert.match(String(full), /dnat to 198\.18\.1\.2/)
  assert.match(String(restricted), /masquerade persistent/)
  assert.match(String(symmetric), /masquerade random,fully-random/)
})

test('whoever is not let in leaves no trace in the table of connections', () => {
  for (const kind of natKinds) assert.match(routerRules(kind, {}, places), /iifname "eth0" ct state new drop/)
})

test('UDP is blocked, or lost by its share, on its way out alone', () => {
  assert.match(routerRules('none', { udpBlocked: true }, places), /iifname "eth1" meta l4proto udp drop/)
  assert.match(routerRules('none', { loss: 0.1 }, places), /iifname "eth1" .* numgen random mod 1000 < 100 drop/)
  assert.doesNotMatch(routerRules('none', {}, places), /l4proto udp (numgen|drop)/)
})

test('every brace is closed on a line of its own', () => {
  const rules = routerRules('full-cone', { udpBlocked: true, loss: 0.5 }, places)
  assert.equal(rules.match(/{$/gm)?.length, rules.match(/^ *}$/gm)?.length)
})

test('a call has a chance where both agents can ask whom they need', () => {
  const able = new Set(['stun', 'turn', 'turn-tcp'])
  const alone = new Set<string>()
  const stun = new Set(['stun'])
  const possible = (one: Set<string>, two: Set<string>) =>
    natTopologyNames.filter((name) => isPossible(natTopologies[name], one, two))
  assert.deepEqual(possible(able, able), natTopologyNames)
  assert.deepEqual(possible(alone, able), ['routed'])
  assert.deepEqual(
    possible(stun, stun),
    natTopologyNames.filter((name) => name !== 'symmetric-both' && name !== 'udp-blocked'),
  )
  assert.ok(possible(stun, able).includes('symmetric-both'))
})
