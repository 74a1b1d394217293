// The command line against real servers, on bad days.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { docker } from '../../harness/lab/docker/client.ts'
import type { Results } from '../../harness/record/results-schema.ts'
import { dockerTest } from '../support/docker-test.ts'

const bin = path.join(import.meta.dirname, '../../bin/assay.js')
const scratch = mkdtempSync(path.join(tmpdir(), 'assay-whole-runs-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const server = 'prosody@13.0.7'
const some = ['--implementation', server, '--case', 'rfc6121/2.*', '--no-report']

function assay(args: string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [bin, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: '1', ...environment },
  })
}

async function finished(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (chunk) => (stdout += chunk))
  child.stderr?.on('data', (chunk) => (stderr += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

interface JournalEvent {
  type: string
  id?: string
}
const journal = (directory: string): JournalEvent[] =>
  existsSync(path.join(directory, 'journal.ndjson'))
    ? readFileSync(path.join(directory, 'journal.ndjson'), 'utf8')
        .split('\n')
        .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as JournalEvent] : []))
    : []
const done = (directory: string) => journal(directory).filter(({ type }) => type === 'case-finished')

/** Resolves when so many cases of a run have finished. */
async function progress(directory: string, count: number): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const watcher = watch(directory)
  try {
    const changes = on(watcher)
    while (done(directory).length < count) await changes()
  } finally {
    watcher.close()
  }
}
const on = (watcher: ReturnType<typeof watch>) => () => new Promise((resolve) => watcher.once('change', resolve))

const ofRun = (run: string) => ({ filters: { label: [`dev.assay.run=${run}`] } })
const runId = (directory: string) =>
  (JSON.parse(readFileSync(path.join(directory, 'run.json'), 'utf8')) as { id: string }).id

dockerTest('after kill -9, clean leaves nothing behind and resume runs what is left, once', async () => {
  const directory = path.join(scratch, 'killed')
  const child = assay(['run', ...some, '--jobs', '2', '--out', directory])
  const ended = finished(child)
  await progress(directory, 5)
  child.kill('SIGKILL')
  await ended
  const before = done(directory).length
  const run = runId(directory)

  const cleaned = await finished(assay(['clean']))
  assert.equal(cleaned.code, 0, cleaned.stderr)
  assert.deepEqual(await docker().listContainers({ all: true, ...ofRun(run) }), [])
  assert.deepEqual(await docker().listNetworks(ofRun(run)), [])

  const resumed = await finished(assay(['run', '--resume', directory, '--json', '--show']))
  assert.equal(resumed.code, 0, resumed.stderr)
  const results = JSON.parse(resumed.stdout) as Results
  assert.equal(results.complete, true)
  const ids = done(directory).map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length, 'no case ran to its end twice')
  assert.equal(results.cells[0]?.cases.length, ids.length)
  assert.ok(before < ids.length)
  assert.ok(results.cells[0]?.cases.every(({ verdict }) => verdict !== 'error'))
})

dockerTest('Ctrl-C stops in order, leaves no container, and says how to go on', async () => {
  const directory = path.join(scratch, 'stopped')
  const child = assay(['run', ...some, '--jobs', '2', '--out', directory])
  const ended = finished(child)
  await progress(directory, 3)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  assert.equal(code, 130, stderr)
  assert.match(stderr, /--resume/)
  assert.deepEqual(await docker().listContainers({ all: true, ...ofRun(runId(directory)) }), [])
  const results = JSON.parse(readFileSync(path.join(directory, 'results.json'), 'utf8')) as Results
  assert.equal(results.complete, false)
})

dockerTest('two runs at once do not meet', async () => {
  const few = ['--implementation', server, '--case', 'rfc6121/2.1*', '--no-report', '--show', '--json']
  const [one, other] = await Promise.all([
    finished(assay(['run', ...few, '--out', path.join(scratch, 'one')])),
    finished(assay(['run', ...few, '--out', path.join(scratch, 'other')])),
  ])
  assert.equal(one.code, 0, one.stderr)
  assert.equal(other.code, 0, other.stderr)
  const verdicts = ({ stdout }: { stdout: string }) =>
    (JSON.parse(stdout) as Results).cells[0]?.cases.map(({ id, verdict }) => `${id} ${verdict}`)
  assert.deepEqual(verdicts(one), verdicts(other))
})

dockerTest('an image that does not build makes its cells errors with the log, and the rest runs', async () => {
  const drivers = path.join(scratch, 'drivers')
  const own = path.join(import.meta.dirname, '../../drivers')
  mkdirSync(path.join(drivers, 'mixed'), { recursive: true })
  const variant = (version: string, suite: string) =>
    `{ version: '${version}', source: { kind: 'image', context: 'prosody', buildArgs: { SUITE: '${suite}', VERSION: '${version}' } } }`
  writeFileSync(
    path.join(drivers, 'mixed/manifest.ts'),
    `export default { id: 'mixed', name: 'Mixed', family: 'prosody', homepage: 'https://example.org',
      roles: ['xmpp-server'], runtime: 'docker', capabilities: ['starttls'],
      variants: [${variant('99.9', 'sid')}, ${variant('13.0.7', 'sid')}] }\n`,
  )
  writeFileSync(path.join(drivers, 'mixed/driver.ts'), `export { default } from '${own}/prosody/driver.ts'\n`)
  const directory = path.join(scratch, 'unbuilt')
  const args = ['run', '--implementation', 'mixed', '--case', 'xep-0199/*', '--json', '--out', directory]
  const { code, stdout, stderr } = await finished(assay(args, { ASSAY_DRIVERS: drivers }))
  assert.equal(code, 3, stderr)
  const { cells } = JSON.parse(stdout) as Results
  const [broken, sound] = ['99.9', '13.0.7'].map((version) => cells.find(({ id }) => id.includes(version)))
  assert.match(broken?.error?.message ?? '', /build/)
  assert.match(`${broken?.error?.log}`, /carries prosody 13\.0\.7/)
  assert.ok(broken?.cases.every(({ verdict }) => verdict === 'error'))
  assert.ok(sound?.cases.some(({ verdict }) => verdict === 'pass'))
})
