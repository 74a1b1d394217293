import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { xorAddressValue } from '../wire/stun/encode-stun.ts'
import { mutated, seededRandom } from '../wire/testing/mutations.ts'
import { tellDiagnosis } from './diagnosis.ts'
import { ladderOf } from './ladder/ladder-of.ts'
import { CallScript, juliet, priorityOf, romeo } from './testing/call-script.ts'
import { atJuliet, atRomeo, connected, described, examineCall, healthyCall } from './testing/calls.ts'
import { mediaOffSelectedPair } from './testing/field-calls.ts'

describe('an examination', () => {
  test('sees a packet once that was captured before and behind a NAT, and knows its mapped address', async () => {
    const call = new CallScript()
    const outside = { ...romeo, address: '203.0.113.1' }
    const mapped = { address: outside.address, port: 61_000 }
    for (const [from, to, back] of [
      [atRomeo, atJuliet, 0],
      [atJuliet, atRomeo, 1],
    ] as const) {
      const places = back
        ? ([
            [juliet, outside],
            [juliet, romeo],
          ] as const)
        : ([
            [romeo, juliet],
            [outside, juliet],
          ] as const)
      const id = call.nextId()
      const [asker, asked] = [from[0], to[0]]
      const fields = [
        { type: 0x06, value: `${asked.ufrag}:${asker.ufrag}` },
        { type: 0x24, value: priorityOf(1) },
        { type: back ? 0x8029 : 0x802a, value: Buffer.alloc(8, back) },
      ]
      call.wait(50)
      const portOf = (address: string) =>
        address === romeo.address ? 40_000 : address === outside.address ? 61_000 : 50_000
      const ends = places.map(([one, other]) => [one, other].map(({ address }) => ({ address, port: portOf(address) })))
      for (const [source, destination] of ends as [typeof mapped, typeof mapped][]) {
        call.stun([source, destination], { class: 'request', fields, key: asked.password }, { at: call.now + 1, id })
      }
      const seen = back ? { address: juliet.address, port: 50_000 } : mapped
      const answer: Parameters<CallScript['stun']>[1] = {
        class: 'success',
        fields: [{ type: 0x20, value: xorAddressValue(seen, id) }],
        key: asked.password,
      }
      for (const [source, destination] of ends.reverse() as [typeof mapped, typeof mapped][]) {
        call.stun([destination, source], answer, { at: call.now + 1, id })
      }
    }
    const { sessions, findings } = await examineCall(call, described({ candidates: [] }, { candidates: [] }))
    assert.equal(sessions.length, 1)
    assert.deepEqual(
      sessions[0]?.pairs.map(({ checks }) => checks.map(({ requests, answers }) => [requests.length, answers.length])),
      [
        [
          [1, 1],
          [1, 1],
        ],
      ],
    )
    assert.deepEqual(findings, [])
  })

  test('goes through a thousand calls in one capture in seconds', async () => {
    const call = new CallScript()
    for (let number = 0; number < 1000; number++) {
      const one = { ...romeo, ufrag: `rom${number}` }
      const other = { ...juliet, ufrag: `jul${number}` }
      const [a, b] = [
        [one, 10_000 + number],
        [other, 30_000 + number],
      ] as [[typeof romeo, number], [typeof juliet, number]]
      call.check(a, b).check(b, a).check(a, b, { useCandidate: true }).hello(a, b, 1).hello(b, a, 2)
    }
    const started = performance.now()
    const { sessions, findings } = await examineCall(call)
    assert.equal(sessions.length, 1000)
    assert.ok(sessions.every(({ nominations, dtls }) => nominations.length === 1 && dtls.length === 2))
    assert.deepEqual(findings, [])
    assert.ok(performance.now() - started < 15_000)
  })

  test('takes whatever bytes without an exception, story and ladder too', async () => {
    const random = seededRandom(7)
    const calls = [healthyCall(1), mediaOffSelectedPair(), connected()].map(({ packets }) => packets)
    for (let round = 0; round < 60; round++) {
      const call = new CallScript()
      const packets = calls[round % calls.length] ?? []
      for (const packet of packets.slice(0, 60)) {
        const other = packets[Math.floor(random() * packets.length)] ?? packet
        const isSpoilt = random() < 0.5
        // The IP header stays, so that what is spoilt gets as far as the rules.
        const head = packet.data.subarray(0, 28)
        const data = isSpoilt
          ? Buffer.concat([head, mutated(packet.data.subarray(28), other.data.subarray(28), random)])
          : packet.data
        call.packets.push({ at: packet.at, length: data.length, data })
      }
      const examination = await examineCall(call, described())
      tellDiagnosis(examination)
      for (const index of examination.sessions.keys()) ladderOf(examination, index)
    }
  })

  test('without a session it says what it saw instead', async () => {
    const call = new CallScript()
    const ends: [typeof romeo & { port: number }, typeof romeo & { port: number }] = [
      { ...romeo, port: 1 },
      { ...juliet, port: 3478 },
    ]
    call.stun(ends, { class: 'request' })
    const { notChecked, sessions, findings } = tellDiagnosis(await examineCall(call))
    assert.deepEqual([sessions, findings], [[], []])
    assert.match(notChecked.join(' '), /1 STUN messages, and none is an ICE check/)
  })
})

describe('a ladder', () => {
  test('has a column for each address, a row for each message, data in runs, and marks findings at their packets', async () => {
    const examination = await examineCall(mediaOffSelectedPair())
    const { columns, rows, left } = ladderOf(examination, 0)
    assert.deepEqual(
      columns.map(({ agent, address, role }) => [agent, address, role]),
      [
        ['A', '192.0.2.1:40000', 'controlling'],
        ['B', '192.0.2.2:50000', 'controlled'],
        ['B', '192.0.2.2:50001', 'controlled'],
      ],
    )
    assert.equal(left, 0)
    assert.equal(rows.length, 12)
    assert.deepEqual(
      rows.filter(({ nominates }) => nominates).map(({ label }) => label),
      ['Binding request, USE-CANDIDATE', 'Binding success'],
    )
    assert.ok(rows[0]?.detail.includes('USERNAME: JULIET:ROMEO1'), rows[0]?.detail.join('\n'))
    const marked = rows.filter(({ findings }) => findings.length > 0)
    assert.deepEqual(
      marked.map(({ kind, findings }) => [kind, findings]),
      [
        ['request', [1]],
        ['data', [1]],
      ],
    )
  })
})
