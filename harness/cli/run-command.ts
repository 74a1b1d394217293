import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { dockerAvailable } from '../lab/docker/engine.ts'
import type { Catalogue } from '../plan/catalogue.ts'
import type { Cell, Target } from '../plan/plan.ts'
import { type SelectedCell, select } from '../plan/select.ts'
import { parseShard, shardCells } from '../plan/shard.ts'
import { UsageError } from '../plan/usage-error.ts'
import { type BaselineEntry, readBaseline, unknownEntries } from '../record/baseline.ts'
import { everythingRan, exitCodeOf, exitCodes } from '../record/exit-code.ts'
import type { PlanFile } from '../record/plan-file.ts'
import { makeProvenance } from '../record/provenance.ts'
import { resultsOfDirectory } from '../record/record-run.ts'
import { Redactor } from '../record/redact.ts'
import type { Results } from '../record/results-schema.ts'
import { createRunDirectory, type RunDirectory, readProvenance, writeJson } from '../record/run-directory.ts'
import { isDiskFull } from '../run/disk-full.ts'
import { leaveRun, takeRun } from '../run/run-owner.ts'
import { runSession, type SessionEnd } from '../run/run-session.ts'
import { folders } from './folders.ts'
import { loadEverything } from './load-everything.ts'
import { complain, note, print, printJson } from './output.ts'
import { chooseProgress } from './progress.ts'
import { prepareResume } from './resume.ts'
import { readSelection, type SelectionOptions } from './selection-options.ts'
import { shownPath } from './shown-path.ts'
import { stopSignals } from './stop-signals.ts'
import { summary } from './summary.ts'
import { assayVersion } from './version.ts'
import { writeReport } from './write-report.ts'

/** Options of `assay run` as commander gives them. */
export interface RunOptions extends SelectionOptions {
  jobs?: number
  repeat?: number
  baseline?: string
  shard?: string
  resume?: string
  out?: string
  seed?: string
  failOnFlaky?: boolean
  show?: boolean
  report: boolean
  json?: boolean
}

/** A run that is ready to go. */
export interface PreparedRun {
  directory: RunDirectory
  plan: PlanFile
  redactor: Redactor
  target?: Target
  baseline: BaselineEntry[]
  jobs: number
}

/** Cases at the same time where `--jobs` does not say: they wait for answers most of the time. */
const jobsPerCore = 8

/** Runs, and gives the exit code. @throws UsageError */
export async function runCommand(options: RunOptions): Promise<number> {
  const prepared = options.resume === undefined ? await prepare(options) : await prepareResume(options.resume, options)
  const { directory, plan } = prepared
  await takeRun(directory.path, directory.id)
  const progress = await chooseProgress(directory, plan)
  const signals = stopSignals(() => progress.stopping())
  let end: SessionEnd
  try {
    end = await runSession({
      directory,
      plan,
      jobs: prepared.jobs,
      redactor: prepared.redactor,
      ...(prepared.target ? { target: prepared.target } : {}),
      stop: signals.stop,
      kill: signals.kill,
      progress,
      ...(folders.jobModule === undefined ? {} : { module: pathToFileURL(folders.jobModule) }),
    })
  } finally {
    signals.release()
    await progress.end()
    await leaveRun(directory.path)
  }
  if (end.torn.length > 0) {
    note(`journal: line ${end.torn.join(', ')} could not be read; the cases they named ran again`)
  }
  const stored = await storeResults(prepared, end)
  if (end.reason === 'disk-full') {
    complain(
      `no room left under ${shownPath(directory.path)}: what was recorded is kept; make room, then: ${resumeCommand(directory)}`,
    )
    return exitCodes.harnessError
  }
  if (!stored) return exitCodes.harnessError
  return conclude(stored, directory, options, end)
}

async function conclude(
  results: Results,
  directory: RunDirectory,
  options: RunOptions,
  end: SessionEnd,
): Promise<number> {
  const index = options.report ? await writeReport(directory.path) : undefined
  const lines = [
    summary(results),
    index === undefined ? `Results: ${shownPath(directory.path)}` : `Report: ${shownPath(index)}`,
  ]
  if (options.json) {
    note(lines.join('\n'))
    await printJson(results)
  } else {
    await print(lines.join('\n'))
  }
  if (end.reason === 'stopped') {
    note(`Stopped before everything ran. To go on: ${resumeCommand(directory)}`)
    return exitCodes.interrupted
  }
  if (options.show) return everythingRan(results) ? exitCodes.asExpected : exitCodes.harnessError
  return exitCodeOf(results, { failOnFlaky: options.failOnFlaky === true })
}

const resumeCommand = (directory: RunDirectory) => `assay run --resume ${shownPath(directory.path)}`

/** Writes results.json; undefined where the disk is full, which has been said already. */
async function storeResults(
  { directory, baseline, redactor }: PreparedRun,
  end: SessionEnd,
): Promise<Results | undefined> {
  try {
    if (end.reason === 'finished') {
      const provenance = { ...(await readProvenance(directory.path)), finishedAt: new Date().toISOString() }
      await writeJson(join(directory.path, 'run.json'), provenance)
    }
    const results = redactor.value(await resultsOfDirectory(directory.path, baseline))
    await writeJson(join(directory.path, 'results.json'), results)
    return results
  } catch (error) {
    if (!isDiskFull(error)) throw error
    if (end.reason !== 'disk-full') {
      complain(
        `no room left under ${shownPath(directory.path)} for results.json; make room, then: ${resumeCommand(directory)}`,
      )
    }
    return undefined
  }
}

async function prepare(options: RunOptions): Promise<PreparedRun> {
  const selection = readSelection(options)
  const shard = options.shard === undefined ? undefined : parseShard(options.shard)
  const baseline = options.baseline === undefined ? [] : await readBaseline(options.baseline)
  const { variants, catalogue } = await loadEverything()
  const selected = select(selection, variants, catalogue)
  refuseUnavailable(selected)
  reportUnknown(baseline, options, catalogue, [
    ...variants.flatMap(({ manifest, variant }) => [manifest.id, `${manifest.id}@${variant.version}`]),
    ...selected.flatMap(({ cell }) => cell.implementations.flatMap(({ id, version }) => [id, `${id}@${version}`])),
  ])
  const { target } = selection
  const redactor = new Redactor(target?.accounts)
  const cells = selected.map(({ cell }) => cell)
  const kept = shard ? shardCells(cells, catalogue.cases, shard) : cells
  const jobs = options.jobs ?? availableParallelism() * jobsPerCore
  const seed = options.seed ?? randomBytes(4).toString('hex')
  const repeat = options.repeat ?? 1
  const directory = await createRunDirectory(options.out)
  const asked = new Set(kept.flatMap((cell) => cell.cases))
  const cases = catalogue.cases.filter((one) => asked.has(one.id))
  const plan: PlanFile = {
    schema: 'assay/plan/1',
    seed,
    repeat,
    jobs,
    cells: kept,
    unavailable: Object.fromEntries(
      selected.flatMap(({ cell, unavailable }) => (unavailable ? [[cell.id, unavailable]] : [])),
    ),
    ...(target ? { target: { uri: target.uri, accounts: target.accounts.map(({ jid }) => jid) } } : {}),
    ...(options.client === undefined ? {} : { client: options.client }),
    specifications: catalogue.specifications.filter(({ id }) => cases.some((one) => one.specification === id)),
    catalogue: cases,
  }
  const profile = target || options.client || options.implementation ? options.profile : (options.profile ?? 'embedded')
  const run = makeProvenance({
    id: directory.id,
    assay: assayVersion(),
    argv: process.argv.slice(2),
    ...(profile === undefined ? {} : { profile }),
    ...(await engineOf(cells)),
    seed,
    jobs,
    repeat,
    ...(options.shard === undefined ? {} : { shard: options.shard }),
    ...(options.baseline === undefined ? {} : { baseline: resolve(options.baseline) }),
  })
  await writeJson(join(directory.path, 'run.json'), redactor.value(run))
  await writeJson(join(directory.path, 'plan.json'), redactor.value(plan))
  return { directory, plan, redactor, ...(target ? { target } : {}), baseline, jobs }
}

async function engineOf(cells: Cell[]): Promise<{ docker?: string }> {
  if (!cells.some(({ environment }) => environment.runtime === 'docker')) return {}
  const answer = await dockerAvailable()
  return answer.available ? { docker: answer.version } : {}
}

/** Where nothing can be run, no run begins; where some can, the rest is recorded as `error`. */
function refuseUnavailable(selected: SelectedCell[]) {
  const [first] = selected
  if (!first?.unavailable || selected.some(({ unavailable }) => unavailable === undefined)) return
  throw new Error(
    `none of the ${selected.length} cells can be run here: ${first.unavailable}. Start Docker (as root on Debian or Ubuntu: containers/engine.sh), or see what can be run: assay check`,
  )
}

function reportUnknown(
  baseline: BaselineEntry[],
  options: RunOptions,
  catalogue: Catalogue,
  implementations: string[],
) {
  const cases = catalogue.cases.map((one) => one.id)
  for (const sentence of unknownEntries(baseline, cases, implementations)) {
    complain(`--baseline ${options.baseline}: ${sentence}`)
  }
}

/** @throws UsageError where options contradict a run that is resumed */
export function refuseWithResume(options: RunOptions): void {
  const { profile, implementation, suite, runtime, transport, target, client, repeat, shard, out, seed } = options
  const given = {
    profile,
    implementation,
    suite,
    case: options.case,
    runtime,
    transport,
    target,
    client,
    repeat,
    shard,
    out,
    seed,
  }
  const names = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]))
  if (names.length > 0) {
    throw new UsageError(`--resume goes on with what was chosen then: leave out ${names.join(', ')}`)
  }
}
