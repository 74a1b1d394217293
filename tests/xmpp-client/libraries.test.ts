import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { capabilitiesOf, readManifests } from '../../harness/plan/registry.ts'
import { ClientWorld } from '../../harness/run/client-world.ts'
import type { Job } from '../../harness/run/job.ts'
import type { Case } from '../../harness/suite/define-suite.ts'
import { CaseRecorder } from '../../harness/tester/recorder.ts'

const clients = (await readManifests()).filter(
  ({ runtime, roles }) => runtime === 'embedded' && roles.includes('xmpp-client'),
)

for (const manifest of clients) {
  const variant = manifest.variants.at(-1)
  if (!variant) continue
  for (const transport of ['starttls', 'direct-tls', 'websocket', 'bosh']) {
    if (!capabilitiesOf(manifest, variant).has(transport)) continue
    test(`${manifest.id} logs in over ${transport}, and what passed is on record`, { timeout: 60_000 }, async () => {
      const runDirectory = await mkdtemp(path.join(tmpdir(), 'assay-client-'))
      const job: Job = {
        runId: 'test',
        runDirectory,
        cell: {
          id: `${manifest.id}+${transport}`,
          implementations: [],
          environment: { runtime: 'embedded', transport },
          cases: [],
        },
        cases: [],
        lanes: 1,
        seed: 'test',
      }
      const world = await ClientWorld.create(job, { manifest, variant })
      try {
        const recorder = new CaseRecorder()
        const stage = await world.stage({} as Case, recorder)
        const { client, server } = stage.fixtures
        const jid = await client.login()
        assert.equal(jid, server.connection?.jid)
        assert.equal((await client.canary()).kind, 'alive')
        // BOSH may use more than one connection.
        assert.ok(transport === 'bosh' ? recorder.flows.length >= 1 : recorder.flows.length === 1)
        const flows = recorder.flows.map((flow) => stage.capture.claim(flow, { since: flow.since }))
        await stage.end()
        assert.deepEqual(await stage.capture.finished(flows), [])
        assert.ok(stage.capture.take(flows).length > 20, 'packets')
        assert.ok(recorder.keyLog.length > 0, 'TLS secrets')
        assert.ok(
          recorder.entries.some(({ direction, text }) => direction === 'received' && text?.includes('mechanism=')),
        )
        assert.match((await stage.evidence())['client.log'] ?? '', /told online/)
      } finally {
        await world[Symbol.asyncDispose]()
        await rm(runDirectory, { recursive: true, force: true })
      }
    })
  }
}
