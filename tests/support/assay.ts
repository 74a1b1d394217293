import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Results, resultsSchema } from '../../harness/record/results-schema.ts'

const bin = fileURLToPath(new URL('../../bin/assay.js', import.meta.url))
const fakes = {
  ASSAY_SUITES: fileURLToPath(new URL('./fake/suites', import.meta.url)),
  ASSAY_DRIVERS: fileURLToPath(new URL('./fake/drivers', import.meta.url)),
  ASSAY_JOB_MODULE: fileURLToPath(new URL('./fake-job-process.ts', import.meta.url)),
}

/** What a command came to. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** The fake suites are small: a run that does not choose cases asks all of them, in every cell. */
const asked = ([command = '', ...rest]: string[]): string[] =>
  command === 'run' && !rest.includes('--resume') ? [command, '--thorough', ...rest] : [command, ...rest]

/** A folder to run the command line in, with suites, drivers and jobs that are not real. */
export class Workbench {
  readonly folder: string
  readonly #children = new Set<ChildProcess>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** Starts `assay` with arguments; what its jobs do is in `fake`, case name → what happens. */
  start(args: string[], options: { fake?: Record<string, string>; env?: Record<string, string> } = {}) {
    const child = spawn(process.execPath, [bin, ...asked(args)], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...fakes, FAKE: JSON.stringify(options.fake ?? {}), ...options.env },
    })
    this.#children.add(child)
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const ended = once(child, 'close').then(([code, signal]): Ended => {
      this.#children.delete(child)
      return { code, signal, stdout, stderr }
    })
    return { child, ended }
  }

  /** Runs `assay` to its end. */
  run(args: string[], options?: Parameters<Workbench['start']>[1]): Promise<Ended> {
    return this.start(args, options).ended
  }

  path = (...parts: string[]): string => join(this.folder, ...parts)

  read = (...parts: string[]): Promise<string> => readFile(this.path(...parts), 'utf8')

  /** results.json of a run directory, checked against its schema. */
  results = async (run = 'runs/latest'): Promise<Results> =>
    resultsSchema.parse(JSON.parse(await this.read(run, 'results.json')))

  /** Waits until a file of the run holds at least so many lines that contain the text. */
  async lines(text: string, atLeast: number, run = 'runs/latest'): Promise<string[]> {
    for (let tries = 0; tries < 1000; tries++) {
      const journal = await this.read(run, 'journal.ndjson').catch(() => '')
      const found = journal.split('\n').filter((line) => line.includes(text))
      if (found.length >= atLeast) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error(`no ${atLeast} lines with ${text} came within 10 s`)
  }

  /** Ids of processes that carry the mark of a run in this folder. */
  async processes(runId: string): Promise<number[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const marked = await Promise.all(
      pids.map(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
        return environment.split('\0').includes(`ASSAY_RUN=${runId}`) ? [Number(pid)] : []
      }),
    )
    return marked.flat()
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** A workbench that goes with the test. */
export async function workbench(test: TestContext): Promise<Workbench> {
  const bench = new Workbench(await mkdtemp(join(tmpdir(), 'assay-bench-')))
  test.after(() => bench.close())
  return bench
}

/** `cell case verdict`, sorted: what two runs can be compared by. */
export const verdictsOf = (results: Results): string[] =>
  results.cells.flatMap((cell) => cell.cases.map((one) => `${cell.id} ${one.id} ${one.verdict}`)).sort()
