import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSuites } from '../../harness/plan/load-suites.ts'
import { createIceStage } from '../../harness/run/ice-fixtures.ts'
import { compileCase, runCompiled } from '../../harness/run/mocha-case.ts'
import { judge } from '../../harness/run/verdict.ts'
import type { Case } from '../../harness/suite/define-suite.ts'
import { type IceMistake, iceMistakes } from '../../harness/tester/ice-peer/ice-mistakes.ts'
import { setDefaultWait } from '../../harness/tester/inbox.ts'
import { ModelIceAgent } from '../../harness/tester/model-ice/model-ice-agent.ts'
import { CaseRecorder } from '../../harness/tester/recorder.ts'
import { type Broken, mistakesOfCases } from './mistakes-of-cases.ts'

// Every case about ICE agents is run against an agent that does everything right, and against one that makes the very
// mistake which the case is there for: the first passes, the second does not.

const suites = (await loadSuites()).map(({ suite }) => suite).filter(({ role }) => role === 'ice-agent')
const cases = suites.flatMap((suite) => suite.cases.map((one) => ({ suite, one: one as Case })))
const capabilities = new Set(['controlling', 'controlled', 'trickle', 'restart', 'lite', 'consent'])

async function verdictOn(one: Case, specification: string, kind: Broken['kind'], mistakes: IceMistake[]) {
  const take = () => new ModelIceAgent(mistakes)
  const stage = createIceStage({
    kind,
    capabilities,
    recorder: new CaseRecorder(),
    take,
    address: { peer: '127.0.0.1' },
  })
  try {
    const body = () => one.body(stage.fixtures as never)
    return judge(
      { ...one, level: 'MUST' },
      await runCompiled(compileCase({ timeoutMs: 60_000, ...one }, specification, body)),
    )
  } finally {
    await stage.end()
  }
}

setDefaultWait(2_000)

test('every case about ICE agents names the mistake that it is there for', () => {
  const known = cases.map(({ one }) => one.id)
  assert.deepEqual(Object.keys(mistakesOfCases).toSorted(), known.toSorted())
})

test('there are at least seventy statements, each its own', () => {
  const statements = new Set(cases.map(({ one }) => one.statement))
  assert.equal(statements.size, cases.length)
  assert.ok(statements.size >= 70, `${statements.size} statements`)
})

test('every control exists', () => {
  const known = new Set(cases.map(({ one }) => one.id))
  for (const { one } of cases) if (one.control) assert.ok(known.has(one.control), `${one.id}: ${one.control}`)
})

test('every mistake that an agent can make is there for a case', () => {
  const used = new Set(Object.values(mistakesOfCases).flatMap(({ mistakes }) => mistakes))
  assert.deepEqual(
    iceMistakes.filter((mistake) => !used.has(mistake)),
    [],
  )
})

// Most cases wait for what a specification times; they hardly work meanwhile.
test('each case', { concurrency: 32 }, async (t) => {
  const wanted = process.env.ASSAY_CASE
  const chosen = cases.filter(({ one }) => wanted === undefined || one.id.includes(wanted))
  const lanes = chosen.map(({ suite, one }) =>
    t.test(one.id, async () => {
      const row = mistakesOfCases[one.id]
      if (!row) return
      const [right, wrong] = await Promise.all([
        verdictOn(one, suite.specification, row.kind, []),
        verdictOn(one, suite.specification, row.kind, row.mistakes),
      ])
      assert.equal(right.verdict, 'pass', `the model agent: ${right.verdict} ${right.message}`)
      assert.equal(wrong.verdict, 'fail', `an agent that ${row.mistakes}: ${wrong.verdict} ${wrong.message ?? ''}`)
    }),
  )
  await Promise.all(lanes)
})
