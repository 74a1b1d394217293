import { readFile, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { label, ownerIsGone, ownLabels } from '../lab/docker/labels.ts'
import { writeJson } from '../record/run-directory.ts'

const owner = z.record(z.string(), z.string())

/** Writes owner.json: which process looks after a run. */
export const takeRun = (directory: string, runId: string): Promise<void> =>
  writeJson(join(directory, 'owner.json'), ownLabels({ runId, cellId: '' }, 'run'))

/** The run has no process any more. */
export const leaveRun = (directory: string): Promise<void> => rm(join(directory, 'owner.json'), { force: true })

/** On another machine, whose processes cannot be seen, a run that wrote nothing for so long is over, milliseconds. */
const silentFor = 3 * 60_000

/** The process that a run is still going on in; undefined where there is none (any more). */
export async function runningIn(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, 'owner.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const known = owner.safeParse(parse(text)).data
  if (!known || ownerIsGone(known)) return undefined
  if (known[label.host] === hostname()) return `process ${known[label.pid]}`
  const journal = await stat(join(directory, 'journal.ndjson')).catch(() => undefined)
  const silent = !journal || Date.now() - journal.mtimeMs > silentFor
  return silent ? undefined : `process ${known[label.pid]} of ${known[label.host]}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
