import { readdir } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Suite } from '../suite/define-suite.ts'

/** A suite with the id that its file name gives it. */
export interface LoadedSuite {
  /** File name without `.ts`: `xep-0313-mam`. */
  id: string
  /** Relative to the folder of suites. */
  file: string
  suite: Suite
}

/** A suite that cannot be loaded: names the file. */
export class SuiteError extends Error {
  override name = 'SuiteError'
}

/** `suites/`, or the folder that ASSAY_SUITES names instead. */
const suitesFolder = process.env.ASSAY_SUITES
  ? resolve(process.env.ASSAY_SUITES)
  : fileURLToPath(new URL('../../suites/', import.meta.url))

/**
 * Loads the suites of all files under the folder (tests, and files whose name begins with a dot or an underscore, apart), sorted by id.
 *
 * @throws SuiteError when a file has no suite as its default export, or when two suites or two cases share an id.
 */
export async function loadSuites(folder = suitesFolder): Promise<LoadedSuite[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.test\.ts$|\.d\.ts$|^[._]/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const loaded = await Promise.all(files.map((file) => loadSuite(folder, file)))
  loaded.sort((a, b) => a.id.localeCompare(b.id) || a.file.localeCompare(b.file))
  refuseDuplicates(loaded)
  return loaded
}

async function loadSuite(folder: string, path: string): Promise<LoadedSuite> {
  const file = relative(folder, path)
  let module: { default?: unknown }
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown }
  } catch (error) {
    throw new SuiteError(`suites/${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isSuite(module.default)) throw new SuiteError(`suites/${file} has no suite as its default export`)
  return { id: basename(path, '.ts'), file, suite: module.default }
}

function isSuite(value: unknown): value is Suite {
  return (
    typeof value === 'object' && value !== null && 'cases' in value && Array.isArray(value.cases) && 'role' in value
  )
}

function refuseDuplicates(loaded: LoadedSuite[]) {
  const suites = new Map<string, string>()
  const cases = new Map<string, string>()
  for (const { id, file, suite } of loaded) {
    const other = suites.get(id)
    if (other) throw new SuiteError(`suites/${other} and suites/${file} are both called ${id}: rename one`)
    suites.set(id, file)
    for (const known of suite.cases) {
      const elsewhere = cases.get(known.id)
      if (elsewhere) throw new SuiteError(`case ${known.id} is in suites/${elsewhere} and in suites/${file}`)
      cases.set(known.id, file)
    }
  }
}
