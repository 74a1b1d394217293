import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../plan/usage-error.ts'
import { loadResults } from '../record/record-run.ts'
import type { Results } from '../record/results-schema.ts'
import { writeJson } from '../record/run-directory.ts'
import { withholdSecurity } from '../record/withhold.ts'
import { note, print, printDocument } from './output.ts'
import type { ReportFormat } from './report-formats.ts'
import { shownPath } from './shown-path.ts'

/** Options of `assay report` as commander gives them. */
export interface ReportOptions {
  format: ReportFormat
  out?: string
  withhold?: 'security'
  until?: string
  json?: boolean
}

/** Makes the report, and prints it or says where it is. @throws UsageError */
export async function reportCommand(directory: string, options: ReportOptions): Promise<void> {
  const format = options.json ? 'json' : options.format
  const told = whatIsTold(options, format)
  const results = await loadResults(directory)
  if (format === 'html') {
    // The site is made from the directory: what its journal tells must be in it.
    if (!results.complete) await writeJson(join(directory, 'results.json'), results)
    const { writeHtmlReport } = await import('../../reports/html/index.ts')
    const { index } = await writeHtmlReport(directory, {
      told,
      ...(options.out === undefined ? {} : { out: options.out }),
    })
    return print(`Report: ${shownPath(index)}`)
  }
  const text = await write(format, told(results))
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

/** What may be told of results. @throws UsageError */
function whatIsTold({ withhold, until, out }: ReportOptions, format: ReportFormat): (results: Results) => Results {
  if (withhold === undefined && until === undefined) return (results) => results
  if (withhold === undefined) throw new UsageError('--until: goes with --withhold security')
  if (until === undefined) throw new UsageError('--withhold security: goes with --until YYYY-MM-DD, a date to come')
  const day = /^\d{4}-\d{2}-\d{2}$/.test(until) ? new Date(`${until}T00:00:00Z`) : new Date(Number.NaN)
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== until) {
    throw new UsageError(`--until ${until}: takes a date such as 2027-01-31`)
  }
  if (format === 'html' && out === undefined) {
    throw new UsageError('--withhold security: goes with --out DIR, for the run directory itself holds all details')
  }
  if (day.getTime() <= Date.now()) {
    note(`--until ${until}: the day has come, nothing is withheld`)
    return (results) => results
  }
  return (results) => withholdSecurity(results, until)
}
