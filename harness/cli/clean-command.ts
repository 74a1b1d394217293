import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { endLeftovers } from '../run/leftovers.ts'
import { runningIn } from '../run/run-owner.ts'
import { note, print, printJson } from './output.ts'
import { probeRuntime } from './probe-runtime.ts'

const day = 24 * 60 * 60 * 1000

/** Cleans, and prints what was removed. */
export async function cleanCommand(options: { all?: boolean; runs?: number; json?: boolean }): Promise<void> {
  const processes = await endLeftovers()
  const docker = await probeRuntime('docker')
  let removed = { containers: [] as string[], networks: [] as string[] }
  if (docker === undefined) {
    const { cleanAll } = await import('../lab/docker/clean.ts')
    removed = await cleanAll({ all: options.all === true })
  } else {
    note(`containers and networks were left out: ${docker}`)
  }
  const runs = options.runs === undefined ? [] : await removeRuns(options.runs * day)
  if (options.json) return printJson({ processes, ...removed, runs })
  await print(
    [
      `${processes.length} processes ended`,
      `${removed.containers.length} containers and ${removed.networks.length} networks removed`,
      ...(options.runs === undefined ? [] : [`${runs.length} run directories removed`]),
    ].join('\n'),
  )
}

/** Removes what is named as run directories are and has a run.json: nothing else of the user's. */
async function removeRuns(olderThan: number): Promise<string[]> {
  const names = await readdir('runs').catch(() => [])
  const removed: string[] = []
  for (const name of names.filter((one) => /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{6}$/.test(one))) {
    const directory = join('runs', name)
    const run = await stat(join(directory, 'run.json')).catch(() => undefined)
    if (!run || Date.now() - run.mtimeMs < olderThan || (await runningIn(directory))) continue
    await rm(directory, { recursive: true, force: true })
    removed.push(name)
  }
  return removed
}
