import { spawn } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { treeMemory } from './process-tree.ts'

export interface TimedRun {
  /** From starting the command to its end, seconds. */
  total: number
  /** From starting the command to the first verdict of a case that ran, seconds. */
  firstVerdict: number
  /** Verdicts of cases that ran, and the seconds from the first case's start to the last one's end. */
  cases: number
  casesSeconds: number
  /** Peak of the whole process tree, MiB. */
  peakPss: number
  peakRss: number
  exitCode: number
  runDirectory: string
}

const bin = path.join(import.meta.dirname, '../bin/assay.js')
const sampleMs = 250

/** Runs `assay` with these arguments into a fresh run directory and measures it from outside. */
export async function timedRun(args: string[]): Promise<TimedRun> {
  const runDirectory = path.join(await mkdtemp(path.join(tmpdir(), 'assay-bench-')), 'run')
  const startedAt = Date.now()
  const child = spawn(process.execPath, [bin, 'run', ...args, '--out', runDirectory], { stdio: 'ignore' })
  let peakPss = 0
  let peakRss = 0
  const sampler = setInterval(() => {
    const { pss, rss } = treeMemory(child.pid as number)
    peakPss = Math.max(peakPss, pss)
    peakRss = Math.max(peakRss, rss)
  }, sampleMs)
  const exitCode = await new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? -1)))
  clearInterval(sampler)
  const total = (Date.now() - startedAt) / 1000

  const lines = (await readFile(path.join(runDirectory, 'journal.ndjson'), 'utf8')).trim().split('\n')
  const events = lines.map((line) => JSON.parse(line) as { at: number; type: string; outcome?: { verdict: string } })
  const ran = events.filter(({ type, outcome }) => type === 'case-finished' && outcome?.verdict !== 'unsupported')
  const started = events.find(({ type }) => type === 'case-started')
  const last = ran.at(-1)
  return {
    total,
    firstVerdict: ((ran[0]?.at ?? 0) - startedAt) / 1000,
    cases: ran.length,
    casesSeconds: ((last?.at ?? 0) - (started?.at ?? 0)) / 1000,
    peakPss,
    peakRss,
    exitCode,
    runDirectory,
  }
}
