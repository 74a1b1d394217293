import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadResults } from '../record/record-run.ts'
import type { Results } from '../record/results-schema.ts'
import { writeJson } from '../record/run-directory.ts'
import { note, print, printDocument } from './output.ts'
import type { ReportFormat } from './report-formats.ts'
import { shownPath } from './shown-path.ts'

/** Options of `assay report` as commander gives them. */
export interface ReportOptions {
  format: ReportFormat
  out?: string
  json?: boolean
}

/** Makes the report, and prints it or says where it is. @throws UsageError */
export async function reportCommand(directory: string, options: ReportOptions): Promise<void> {
  const results = await loadResults(directory)
  const format = options.json ? 'json' : options.format
  if (format === 'html') {
    // The site is made from the directory: what its journal tells must be in it.
    if (!results.complete) await writeJson(join(directory, 'results.json'), results)
    const { writeHtmlReport } = await import('../../reports/html/index.ts')
    const { index } = await writeHtmlReport(directory, options.out === undefined ? {} : { out: options.out })
    return print(`Report: ${shownPath(index)}`)
  }
  const text = await write(format, results)
  if (options.out === undefined) return printDocument(text)
  await writeFile(options.out, text)
  note(`Report: ${options.out}`)
}

async function write(format: Exclude<ReportFormat, 'html'>, results: Results): Promise<string> {
  if (format === 'json') return `${JSON.stringify(results, null, 2)}\n`
  if (format === 'junit') {
    const { toJUnit } = await import('../../reports/junit/index.ts')
    return toJUnit(results)
  }
  const { toMarkdown } = await import('../../reports/markdown/index.ts')
  return toMarkdown(results)
}
