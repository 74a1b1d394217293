import assert from 'node:assert/strict'
import { it } from 'node:test'
import { pcapFile } from '../wire/pcap/pcap-writer.ts'
import { encodeStun } from '../wire/stun/encode-stun.ts'
import { stunAttributes } from '../wire/stun/stun-names.ts'
import { encodeUdp } from '../wire/udp/encode-udp.ts'
import { diagnosePair } from './pair-diagnosis.ts'

const a = { address: '127.0.0.1', port: 4001 }

/** Checks of one agent to as many addresses, all at once. */
const burst = pcapFile(
  101,
  Array.from({ length: 12 }, (_, index) => {
    const transactionId = Buffer.alloc(12, index + 1)
    const fields = [{ type: stunAttributes.USERNAME, value: 'bbbb:aaaa' }]
    const payload = encodeStun({ class: 'request', method: 1, transactionId, fields })
    const data = encodeUdp({ source: a, destination: { address: '127.0.0.1', port: 5001 + index }, payload })
    return { at: 1_000_000 + index, length: data.length, data }
  }),
)

it('what came at once from a tap that was held up is no finding about pacing, and that is told', async () => {
  const steady = await diagnosePair(burst, [])
  const heldUp = await diagnosePair(burst, [], 40)
  const rulesOf = ({ diagnosis }: typeof steady) => diagnosis.findings.map(({ rule }) => rule)
  assert.ok(rulesOf(steady).includes('pacing-too-fast'), rulesOf(steady).join(' '))
  assert.ok(!rulesOf(heldUp).includes('pacing-too-fast'))
  assert.match(heldUp.diagnosis.notChecked.at(-1) ?? '', /held up for 40 ms/)
})
