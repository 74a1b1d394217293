import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { arrangeNats } from './nat-matrix.ts'
import { cellOf } from './testing.ts'

const agent = (id: string) => ({ id, name: id, version: '1', family: id, role: 'ice-agent' })
const pair = (nat: string, path?: string) =>
  cellOf(
    `a~b+${nat}`,
    { 'rfc8445/12.1/x': 'pass' },
    {
      implementations: [agent('a'), agent('b')],
      environment: { runtime: 'docker', nat },
      ...(path ? { stages: { path: { verdict: 'pass' as const, reason: path } } } : {}),
    },
  )

describe('the matrix of NATs', () => {
  it('goes from what hinders nobody to what lets only a relay through', () => {
    const matrix = arrangeNats([pair('udp-blocked', 'through the relay'), pair('zebra'), pair('routed', 'direct')])
    assert.deepEqual(matrix?.nats, ['routed', 'udp-blocked', 'zebra'])
    assert.deepEqual(
      matrix?.rows.map(({ name, squares }) => [name, squares.map((square) => square?.path?.reason)]),
      [['a 1 → b 1', ['direct', 'through the relay', undefined]]],
    )
  })

  it('is none where there was but one kind of network', () => {
    assert.equal(arrangeNats([pair('none')]), undefined)
  })
})
