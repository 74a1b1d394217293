// The test command: runs every *.test.ts of the project and ends with `N passed, N failed, N skipped`.
//
//   npm test                  everything
//   npm test -- record cli    only files whose path holds one of the words
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestRecord } from './support/event-reporter.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const reporter = new URL('./support/event-reporter.ts', import.meta.url).href

/** Test files of their own process, one after another: `assay clean` in one ends what a killed run of another left. */
const processesAtOnce = 1

/** No test may take longer, milliseconds. */
const longest = 15 * 60_000

interface Group {
  title: string
  files: string[]
  options: string[]
}

const counts = { passed: 0, failed: 0, skipped: 0 }
const skipped: TestRecord[] = []
const heard = new Set<string>()
const output = new Map<string, string>()

const started = Date.now()
for (const group of await groups(process.argv.slice(2))) {
  if (group.files.length > 0) await runGroup(group)
}
for (const { file, name, text } of skipped) console.log(`skipped: ${relative(root, file)}: ${name} (${text})`)
console.log(`${Math.round((Date.now() - started) / 1000)} s`)
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0

/** What lies beside the sources is quick and pure, and shares one process; what lies in tests/ gets one a file. */
async function groups(words: string[]): Promise<Group[]> {
  const exclude = (name: string) => /(^|\/)(node_modules|runs|\.git|\.assay)$/.test(name)
  const all: string[] = []
  for await (const file of glob('**/*.test.ts', { cwd: root, exclude })) all.push(file)
  const files = all.sort().filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  const apart = files.filter((file) => file.startsWith('tests/'))
  return [
    {
      title: 'beside the sources',
      files: files.filter((file) => !apart.includes(file)),
      options: ['--test-isolation=none'],
    },
    { title: 'tests/', files: apart, options: [`--test-concurrency=${processesAtOnce}`] },
  ]
}

async function runGroup({ title, files, options }: Group): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-tests-'))
  const events = join(folder, 'events.ndjson')
  const before = { ...counts }
  const child = spawn(
    process.execPath,
    [
      '--test',
      ...options,
      `--test-timeout=${longest}`,
      `--test-reporter=${reporter}`,
      `--test-reporter-destination=${events}`,
      ...files,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, FORCE_COLOR: '0' } },
  )
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-20_000)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  try {
    for await (const line of createInterface({ input: createReadStream(events) })) count(JSON.parse(line) as TestRecord)
  } catch (error) {
    errors += `\n${String(error)}`
  }
  await rm(folder, { recursive: true, force: true })
  // A runner that is ended from inside says nothing of it.
  for (const file of files.filter((one) => !heard.has(join(root, one)))) {
    counts.failed++
    console.log(`FAILED ${file}: nothing was heard of its tests`)
  }
  if ((code !== 0 || !heard.delete('')) && counts.failed === before.failed) {
    counts.failed++
    console.log(`FAILED ${title}: the test runner ended with ${code}\n${errors}`)
  }
  console.log(
    `${title}: ${files.length} files, ${counts.passed - before.passed} passed, ${counts.failed - before.failed} failed`,
  )
}

function count(record: TestRecord) {
  heard.add(record.file)
  if (record.kind === 'ended' || record.kind === 'heard') return
  if (record.kind === 'output') {
    output.set(record.file, `${output.get(record.file) ?? ''}${record.text}`.slice(-5000))
    return
  }
  counts[record.kind]++
  if (record.kind === 'skipped') skipped.push(record)
  if (record.kind !== 'failed') return
  console.log(`FAILED ${relative(root, record.file)}: ${record.name}\n${indent(record.text ?? '')}`)
  const printed = output.get(record.file)
  if (printed) console.log(indent(`it printed:\n${printed.trimEnd()}`))
  output.delete(record.file)
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}
