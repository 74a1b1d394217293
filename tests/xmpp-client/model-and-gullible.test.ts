import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DnsServer } from '../../harness/lab/dns/dns-server.ts'
import { loadSuites } from '../../harness/plan/load-suites.ts'
import { createClientStage } from '../../harness/run/client-fixtures.ts'
import { labDomain, mechanismsFor } from '../../harness/run/client-world.ts'
import { placesOfThisMachine } from '../../harness/run/driver-source.ts'
import { compileCase, runCompiled } from '../../harness/run/mocha-case.ts'
import { domainFor } from '../../harness/run/probe-network.ts'
import { judge } from '../../harness/run/verdict.ts'
import type { Case } from '../../harness/suite/define-suite.ts'
import { setDefaultWait } from '../../harness/tester/inbox.ts'
import type { ClientMistake } from '../../harness/tester/model-client/mistake.ts'
import { ModelClient } from '../../harness/tester/model-client/model-client.ts'
import { CaseRecorder } from '../../harness/tester/recorder.ts'
import { createCertificateStore } from '../../harness/tester/xmpp-server/certificate-kinds.ts'
import type { ServerTransport } from '../../harness/tester/xmpp-server/scripted-server.ts'
import { mistakesOfCases } from './mistakes-of-cases.ts'

// Every case about clients is run against a client that does everything right, and against one that makes the very
// mistake which the case is there for: the first passes, the second does not.

const certificates = await createCertificateStore(labDomain, '127.0.0.1')
const dns = await DnsServer.start()
after(() => dns[Symbol.asyncDispose]())
const suites = (await loadSuites()).map(({ suite }) => suite).filter(({ role }) => role === 'xmpp-client')
const cases = suites.flatMap((suite) => suite.cases.map((one) => ({ suite, one: one as Case })))

async function verdictOn(one: Case, specification: string, transport: ServerTransport, mistakes: ClientMistake[]) {
  const driver = new ModelClient(certificates.caPem, mistakes, dns.address)
  const recorder = new CaseRecorder()
  const stage = await createClientStage({
    ...domainFor(one, certificates, { dns, ...placesOfThisMachine }),
    transport,
    recorder,
    mechanisms: mechanismsFor(one),
    driver,
  })
  try {
    const body = () => one.body(stage.fixtures as never)
    return judge({ ...one, level: 'MUST' }, await runCompiled(compileCase(one, specification, body)))
  } finally {
    await stage.end()
  }
}

setDefaultWait(2_000)

test('every case about clients names the mistake that it is there for', () => {
  const known = cases.map(({ one }) => one.id)
  assert.deepEqual(Object.keys(mistakesOfCases).toSorted(), known.toSorted())
})

test('every suite about clients says what it is about', () => {
  assert.deepEqual(
    suites.filter(({ topic }) => topic === undefined).map(({ specification }) => specification),
    [],
  )
})

test('every hostile case names a control that exists', () => {
  const known = new Set(cases.map(({ one }) => one.id))
  for (const { one } of cases) if (one.control) assert.ok(known.has(one.control), `${one.id}: ${one.control}`)
})

test('each case', { concurrency: 6 }, async (t) => {
  const lanes = cases.map(({ suite, one }) =>
    t.test(one.id, async () => {
      const row = mistakesOfCases[one.id]
      if (!row) return
      const { transport, mistakes } = row
      const right = await verdictOn(one, suite.specification, transport, [])
      assert.equal(right.verdict, 'pass', `the model client, over ${transport}: ${right.message}`)
      const wrong = await verdictOn(one, suite.specification, transport, mistakes)
      assert.equal(wrong.verdict, 'fail', `a client that ${mistakes}: ${wrong.message ?? wrong.verdict}`)
    }),
  )
  await Promise.all(lanes)
})
