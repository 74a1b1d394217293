import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runContract } from '../../harness/run/contract.ts'

for (const id of ['strophe.js', 'stanza', 'xmpp.js']) {
  test(`the driver of ${id} keeps its contract`, { timeout: 120_000 }, async () => {
    const report = await runContract(id)
    assert.deepEqual(
      report.checks.filter(({ ok }) => !ok),
      [],
    )
    assert.ok(report.checks.length >= 10)
  })
}

test('a contract of nobody is a usage error that names who there is', async () => {
  await assert.rejects(runContract('nobody'), {
    name: 'UsageError',
    message: /there is no implementation "nobody".*stanza/,
  })
  await assert.rejects(runContract('stanza@0.1'), { name: 'UsageError', message: /no version 0.1; it has 12/ })
})
