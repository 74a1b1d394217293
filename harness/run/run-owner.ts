import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { label, ownerIsGone, ownLabels } from '../lab/docker/labels.ts'
import { writeJson } from '../record/run-directory.ts'

const owner = z.record(z.string(), z.string())

/** Writes owner.json: which process looks after a run. */
export const takeRun = (directory: string, runId: string): Promise<void> =>
  writeJson(join(directory, 'owner.json'), ownLabels({ runId, cellId: '' }, 'run'))

/** The process that a run is still going on in; undefined where there is none (any more). */
export async function runningIn(directory: string): Promise<number | undefined> {
  const text = await readFile(join(directory, 'owner.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const known = owner.parse(JSON.parse(text))
  return ownerIsGone(known) ? undefined : Number(known[label.pid])
}

/** Whether the process of a run lives. */
export const isRunning = async (directory: string): Promise<boolean> => (await runningIn(directory)) !== undefined
