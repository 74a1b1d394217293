import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IceDescription } from '../signalled/ice-description.ts'
import type { CallScript } from './call-script.ts'
import { examineCall } from './calls.ts'

/** A call with one mistake, and whose it is. */
export interface RuleCase {
  rule: string
  mistake: string
  blame: string
  /** Name of the blamed agent. */
  agent?: string
  call: CallScript
  described?: IceDescription[]
  /** Rules that the same mistake breaks as well. */
  also?: string[]
  /** The same flow without the mistake, where a whole healthy call is not the nearest. */
  silent?: { call: CallScript; described?: IceDescription[] }
}

/** Tests that a rule fires on its mistake, on that side, and that no other does; and is silent where it is mended. */
export function testRule({ rule, mistake, blame, agent, call, described, also = [], silent }: RuleCase): void {
  test(`${rule}: ${mistake}`, async () => {
    const { findings } = await examineCall(call, described)
    const found = findings.filter((one) => one.rule === rule)
    const told = JSON.stringify(findings, null, 1)
    assert.equal(found.length, 1, told)
    assert.equal(found[0]?.blame, blame, told)
    if (agent) assert.equal(found[0]?.agent, agent, told)
    assert.ok((found[0]?.packets.length ?? 0) > 0, 'it names packets')
    const others = findings.filter((one) => one.rule !== rule && !also.includes(one.rule))
    assert.deepEqual(others, [], 'nothing else is found')
    if (!silent) return
    const mended = await examineCall(silent.call, silent.described ?? described)
    assert.deepEqual(
      mended.findings.filter((one) => one.rule === rule),
      [],
      'the call without the mistake',
    )
  })
}
