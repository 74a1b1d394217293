import { join } from 'node:path'
import { type BaselineEntry, readBaseline } from './baseline.ts'
import { readJournal } from './journal.ts'
import { readPlanFile } from './plan-file.ts'
import { assembleResults } from './results.ts'
import type { Results } from './results-schema.ts'
import { readProvenance } from './run-directory.ts'

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

/** Today's date in UTC, YYYY-MM-DD. */
export const today = (): string => new Date().toISOString().slice(0, 10)
