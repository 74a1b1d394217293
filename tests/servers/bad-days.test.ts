// What happens to a run when a real server under test goes down in the middle of a case.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { docker } from '../../harness/lab/docker/client.ts'
import { readManifests } from '../../harness/plan/registry.ts'
import { createWorld } from '../../harness/run/create-world.ts'
import type { AttemptOutcome, Job } from '../../harness/run/job.ts'
import { JobRunner } from '../../harness/run/run-job.ts'
import { defineSuite, type Suite } from '../../harness/suite/define-suite.ts'
import type { ServerFixtures } from '../../harness/suite/server-fixtures.ts'
import { dockerTest } from '../support/docker-test.ts'
import { testRunId } from '../support/lab-server.ts'

const runDirectory = mkdtempSync(path.join(tmpdir(), 'assay-bad-days-'))
after(() => rmSync(runDirectory, { recursive: true }))

const ping = async ({ connect, domain, expect }: ServerFixtures) => {
  const romeo = await connect('romeo')
  expect.result(await romeo.iq(`<iq type='get' to='${domain}'><ping xmlns='urn:xmpp:ping'/></iq>`))
}

type Harm = 'kill' | 'pause'

/** Does something to the server's container from outside. */
async function harm(runId: string, how: Harm) {
  const label = [`dev.assay.run=${runId}`, 'dev.assay.part=iut']
  const [found] = await docker().listContainers({ filters: { label } })
  if (!found) throw new Error('the server under test has no container')
  await docker().getContainer(found.Id)[how]()
}

async function run(implementation: string, how: Harm): Promise<Record<string, AttemptOutcome>> {
  const [id = '', version = ''] = implementation.split('@')
  const manifest = (await readManifests()).find((known) => known.id === id)
  assert.ok(manifest)
  const runId = testRunId()
  const suite = defineSuite(
    { specification: 'XEP-0199', version: '2.0.1', title: 'Ping', category: 'Other', role: 'xmpp-server' },
    ({ test }) => {
      const head = { section: '4.2', level: 'MUST', statement: 'a ping is answered' } as const
      test('xep-0199/4.2/before', head, ping)
      test('xep-0199/4.2/during', head, async (fixtures) => {
        const romeo = await fixtures.connect('romeo')
        await harm(runId, how)
        await romeo.iq(`<iq type='get' to='${fixtures.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`, 2_000)
      })
      test('xep-0199/4.2/after', head, ping)
    },
  ) as Suite
  const job: Job = {
    runId,
    runDirectory,
    cell: {
      id: `${implementation}-${how}`,
      implementations: [{ id, version, name: id, family: id, role: 'xmpp-server' }],
      environment: { runtime: 'docker' },
      cases: [],
    },
    cases: suite.cases.map((test) => ({ id: test.id, attempts: [1] })),
    lanes: 1,
    seed: 'bad-days',
  }
  const outcomes: Record<string, AttemptOutcome> = {}
  const world = await createWorld(job, () => {})
  try {
    const runner = new JobRunner(job, world, [suite], (event) => {
      if (event.type === 'case-finished') outcomes[event.id.replace(/.*\//, '')] = event.outcome
    })
    await runner.run()
  } finally {
    await world[Symbol.asyncDispose]()
  }
  return outcomes
}

for (const implementation of ['prosody@13.0.7', 'ejabberd@26.07']) {
  dockerTest(`${implementation} dies in mid-case: that case fails and says so, the rest runs`, async () => {
    const { before, during, after } = await run(implementation, 'kill')
    assert.equal(before?.verdict, 'pass', before?.message)
    assert.equal(during?.verdict, 'fail')
    assert.equal(during?.how, 'dies')
    assert.match(during?.message ?? '', /died while this case ran: exited with 137 \(signal 9\)/)
    assert.equal(after?.verdict, 'pass', after?.message)
  })

  dockerTest(`${implementation} hangs in mid-case: that case fails and says so, the rest runs`, async () => {
    const { before, during, after } = await run(implementation, 'pause')
    assert.equal(before?.verdict, 'pass', before?.message)
    assert.equal(during?.verdict, 'fail')
    assert.equal(during?.how, 'hangs')
    assert.equal(after?.verdict, 'pass', after?.message)
  })
}
