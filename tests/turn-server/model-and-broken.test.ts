import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSuites } from '../../harness/plan/load-suites.ts'
import { compileCase, runCompiled } from '../../harness/run/mocha-case.ts'
import { createTurnStage } from '../../harness/run/turn-fixtures.ts'
import { judge } from '../../harness/run/verdict.ts'
import type { Case } from '../../harness/suite/define-suite.ts'
import { setDefaultWait } from '../../harness/tester/inbox.ts'
import { modelUsers } from '../../harness/tester/model-turn/authenticate.ts'
import { ModelTurnServer } from '../../harness/tester/model-turn/model-turn-server.ts'
import { type TurnMistake, turnMistakes } from '../../harness/tester/model-turn/turn-mistakes.ts'
import { CaseRecorder } from '../../harness/tester/recorder.ts'
import { mistakesOfCases } from './mistakes-of-cases.ts'

// Every case about TURN servers is run against a server that does everything right, and against one that makes the very
// mistake which the case is there for: the first passes, the second does not.

const suites = (await loadSuites()).map(({ suite }) => suite).filter(({ role }) => role === 'turn-server')
const cases = suites.flatMap((suite) => suite.cases.map((one) => ({ suite, one: one as Case })))

const accountOf = (username: string) => ({ username, password: modelUsers[username] ?? '' })
const accounts = { own: accountOf('romeo'), other: accountOf('juliet') }

async function verdictOn(one: Case, specification: string, mistakes: TurnMistake[]) {
  await using server = await ModelTurnServer.start(mistakes)
  const recorder = new CaseRecorder()
  const stage = createTurnStage({ server: server.endpoint, address: '127.0.0.1', accounts, recorder, used: new Set() })
  try {
    const body = () => one.body(stage.fixtures as never)
    return judge({ ...one, level: 'MUST' }, await runCompiled(compileCase(one, specification, body)))
  } finally {
    await stage.end()
  }
}

setDefaultWait(1_000)

test('every case about TURN servers names the mistake that it is there for', () => {
  const known = cases.map(({ one }) => one.id)
  assert.deepEqual(Object.keys(mistakesOfCases).toSorted(), known.toSorted())
})

test('every statement is its own, and every control exists', () => {
  assert.equal(new Set(cases.map(({ one }) => one.statement)).size, cases.length)
  const known = new Set(cases.map(({ one }) => one.id))
  for (const { one } of cases) if (one.control) assert.ok(known.has(one.control), `${one.id}: ${one.control}`)
})

test('every mistake that a server can make is there for a case', () => {
  const used = new Set(Object.values(mistakesOfCases))
  assert.deepEqual(
    turnMistakes.filter((mistake) => !used.has(mistake)),
    [],
  )
})

test('each case', { concurrency: 16 }, async (t) => {
  const wanted = process.env.ASSAY_CASE
  const chosen = cases.filter(({ one }) => wanted === undefined || one.id.includes(wanted))
  const lanes = chosen.map(({ suite, one }) =>
    t.test(one.id, async () => {
      const mistake = mistakesOfCases[one.id]
      if (!mistake) return
      const right = await verdictOn(one, suite.specification, [])
      const wrong = await verdictOn(one, suite.specification, [mistake])
      assert.equal(right.verdict, 'pass', `the model server: ${right.verdict} ${right.message}`)
      assert.equal(wrong.verdict, 'fail', `a server that ${mistake}: ${wrong.verdict} ${wrong.message ?? ''}`)
    }),
  )
  await Promise.all(lanes)
})
