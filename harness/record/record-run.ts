import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../plan/usage-error.ts'
import { type BaselineEntry, readBaseline } from './baseline.ts'
import { readJournal } from './journal.ts'
import { readPlanFile } from './plan-file.ts'
import { assembleResults } from './results.ts'
import type { Results } from './results-schema.ts'
import { readProvenance, readResults } from './run-directory.ts'

/** Results of a run directory from its journal, whether the run ended or was killed. */
export async function resultsOfDirectory(directory: string, baseline?: BaselineEntry[]): Promise<Results> {
  const [provenance, plan, journal] = await Promise.all([
    readProvenance(directory),
    readPlanFile(directory),
    readJournal(join(directory, 'journal.ndjson')),
  ])
  const known =
    baseline ?? (provenance.baseline === undefined ? [] : await readBaseline(provenance.baseline).catch(() => []))
  return assembleResults({ provenance, plan, entries: journal.entries, baseline: known, today: today() })
}

/**
 * Results of a run directory or a results.json, whatever became of the run: one that was killed has no results.json, or
 * one from before it was resumed, and is told from its journal.
 *
 * @throws UsageError where there is no run
 */
export async function loadResults(path: string): Promise<Results> {
  if (path.endsWith('.json')) return readResults(path)
  const stored = await readResults(path).catch((error: unknown) => {
    if (error instanceof UsageError && existsSync(join(path, 'plan.json'))) return undefined
    throw error
  })
  if (stored && (stored.complete || !existsSync(join(path, 'plan.json')))) return stored
  return resultsOfDirectory(path)
}

/** Today's date in UTC, YYYY-MM-DD. */
export const today = (): string => new Date().toISOString().slice(0, 10)
