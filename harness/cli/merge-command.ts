import { cp, link, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../plan/usage-error.ts'
import { exitCodes } from '../record/exit-code.ts'
import { merge } from '../record/merge.ts'
import { loadResults } from '../record/record-run.ts'
import { createRunDirectory, isCode, writeJson } from '../record/run-directory.ts'
import { complain, note, print, printJson } from './output.ts'
import { shownPath } from './shown-path.ts'
import { summary } from './summary.ts'
import { writeReport } from './write-report.ts'

/** Merges, prints, and gives the exit code: 3 where the whole is not complete. @throws UsageError */
export async function mergeCommand(
  directories: string[],
  options: { out: string; report: boolean; json?: boolean },
): Promise<number> {
  const parts = await Promise.all(directories.map(async (name) => ({ name, results: await loadResults(name) })))
  // First in memory: parts that cannot be merged leave no directory behind.
  merge(parts, '')
  const directory = await createRunDirectory(options.out)
  const { results, evidence, warnings } = merge(parts, directory.id)
  for (const [folder, index] of evidence) {
    if (!/^evidence(\/(?!\.\.?(\/|$))[^/\\]+)+$/.test(folder))
      throw new UsageError(`merge: ${folder} is no folder of evidence`)
    await bring(join(directories[index] ?? '', folder), join(directory.path, folder))
  }
  await writeJson(join(directory.path, 'run.json'), results.run)
  await writeJson(join(directory.path, 'results.json'), results)
  const index = options.report ? await writeReport(directory.path) : undefined
  for (const warning of warnings) complain(warning)
  const text = `${summary(results)}\n${index ? `Report: ${shownPath(index)}` : `Results: ${shownPath(directory.path)}`}`
  if (options.json) {
    note(text)
    await printJson(results)
  } else {
    await print(text)
  }
  return results.complete ? exitCodes.asExpected : exitCodes.harnessError
}

/** Links the files where both are on one disk, copies them otherwise. */
async function bring(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  const entries = await readdir(from, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await bring(source, target)
    else if (entry.isFile()) await linkOrCopy(source, target)
  }
}

const linkOrCopy = (source: string, target: string): Promise<void> =>
  link(source, target).catch((error: unknown) => {
    if (isCode(error, 'EEXIST')) return undefined
    return cp(source, target)
  })
