// The command line with a real client in a container.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'
import type { Results } from '../../harness/record/results-schema.ts'
import { dockerTest } from '../support/docker-test.ts'

const run = promisify(execFile)
const bin = path.join(import.meta.dirname, '../../bin/assay.js')
const assay = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, [bin, ...args], { env: { ...process.env, CI: '1' }, maxBuffer: 1 << 26 })).stdout

const scratch = mkdtempSync(path.join(tmpdir(), 'assay-clients-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const client = 'slixmpp@1.8.3'

dockerTest('the driver of a client in a container keeps its contract', async () => {
  const { checks } = JSON.parse(await assay('contract', client, '--json')) as { checks: { ok: boolean }[] }
  assert.deepEqual(
    checks.filter(({ ok }) => !ok),
    [],
  )
  assert.ok(checks.length >= 10)
})

dockerTest('a run asks a client in a container, over each of its transports, and keeps what passed', async () => {
  const directory = path.join(scratch, 'run')
  const chosen = ['--implementation', client, '--case', 'rfc6120/6.4.6/client-logs-in', 'xep-0368/*', '--no-report']
  const results = JSON.parse(await assay('run', ...chosen, '--out', directory, '--json', '--show')) as Results
  assert.deepEqual(results.cells.map(({ id }) => id).sort(), [`${client}+direct-tls`, `${client}+starttls`])
  for (const cell of results.cells) {
    assert.ok(cell.cases.every(({ verdict }) => verdict !== 'error'))
    assert.match(String(cell.provenance?.image), /^assay\/client-python:/)
  }
  const logsIn = results.cells.flatMap(({ cases }) => cases).find(({ id }) => id === 'rfc6120/6.4.6/client-logs-in')
  assert.equal(logsIn?.verdict, 'pass', logsIn?.message)
  const evidence = path.join(directory, logsIn?.evidence ?? '')
  for (const file of ['capture.pcap', 'client.log', 'transcript.ndjson']) {
    assert.ok(readdirSync(evidence).includes(file), file)
  }
  assert.match(readFileSync(path.join(evidence, 'client.log'), 'utf8'), /told online/)
})
