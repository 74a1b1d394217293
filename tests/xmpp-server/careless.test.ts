// Cases whose failing no change to a right server's answers brings about (`npm run prove`): each passes on a server of our
// own that does the thing right, and does not on the same server when it is careless about just that.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { loadSuites } from '../../harness/plan/load-suites.ts'
import { compileCase, runCompiled } from '../../harness/run/mocha-case.ts'
import { serverFixtures } from '../../harness/run/server-fixtures.ts'
import { type Judgement, judge } from '../../harness/run/verdict.ts'
import type { Case } from '../../harness/suite/define-suite.ts'
import { setDefaultWait } from '../../harness/tester/inbox.ts'
import { CaseRecorder } from '../../harness/tester/recorder.ts'
import { noticedBy } from './careless-cases.ts'
import { CarelessServer } from './careless-server.ts'
import { type Trait, traits } from './careless-traits.ts'

/** How long a wait lasts that names no bound. Silence is what some carelessness looks like, and need not be long. */
const waitMs = { right: 5_000, careless: 2_000 }

const cases = new Map<string, { specification: string; test: Case }>()
before(async () => {
  for (const { suite } of await loadSuites()) {
    for (const test of suite.cases) cases.set(test.id, { specification: suite.specification, test: test as Case })
  }
})
after(() => setDefaultWait(waitMs.right))

/** Runs one case against a server of its own. */
async function judged(id: string, careless: Trait[]): Promise<Judgement> {
  setDefaultWait(careless.length > 0 ? waitMs.careless : waitMs.right)
  const known = cases.get(id)
  assert.ok(known, `there is a case ${id}`)
  await using server = await CarelessServer.start(careless)
  const { fixtures, undo } = serverFixtures({
    endpoints: server.endpoints,
    services: {},
    recorder: new CaseRecorder(),
    takeAccount: async () => server.newAccount(),
  })
  const compiled = compileCase(known.test, known.specification, () => known.test.body(fixtures as never))
  const thrown = await runCompiled(compiled)
  await undo()
  return judge(known.test, thrown)
}

for (const [id, trait] of Object.entries(noticedBy)) {
  test(`${id} notices a server that ${traits[trait]}`, async () => {
    const right = await judged(id, [])
    assert.equal(right.verdict, 'pass', `on a right server: ${right.message}`)
    const careless = await judged(id, [trait])
    assert.match(careless.verdict, /^(fail|warn)$/, `on a careless server: ${careless.message}`)
  })
}
