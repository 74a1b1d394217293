// A TURN server in a container, asked by the scripted client over UDP and TCP, and that nothing stays behind.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'
import { docker } from '../../harness/lab/docker/client.ts'
import { label } from '../../harness/lab/docker/labels.ts'
import type { Results } from '../../harness/record/results-schema.ts'
import { dockerTest } from '../support/docker-test.ts'

const run = promisify(execFile)
const bin = path.join(import.meta.dirname, '../../bin/assay.js')
const scratch = mkdtempSync(path.join(tmpdir(), 'assay-turn-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const cases = [
  'rfc8656/7.2/allocate-over-tcp-succeeds',
  'rfc8656/11.3/data-comes-as-indication',
  'rfc8656/12.6/padding-is-not-relayed',
  'rfc8489/9.2.4/wrong-password-is-refused',
]

dockerTest('a TURN server relays between the scripted client and its peer', async () => {
  const out = path.join(scratch, 'run')
  const choice = ['--implementation', 'coturn@4.6.1', '--case', ...cases]
  const { stdout } = await run(process.execPath, [
    bin,
    'run',
    ...choice,
    '--no-report',
    '--show',
    '--json',
    '--out',
    out,
  ])
  const results = JSON.parse(stdout) as Results
  const [cell] = results.cells
  assert.ok(cell)
  const verdicts = new Map(cell.cases.map(({ id, verdict }) => [id, verdict]))
  for (const id of cases) assert.equal(verdicts.get(id), 'pass', id)
  const filters = { label: [`${label.run}=${results.run.id}`] }
  assert.deepEqual(await docker().listContainers({ all: true, filters }), [])
  assert.deepEqual(await docker().listNetworks({ filters }), [])
})
