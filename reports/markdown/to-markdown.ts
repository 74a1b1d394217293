import type { CaseResult, CatalogueCase, Results, Verdict } from '../../harness/record/results-schema.ts'
import type { Column } from '../model/columns.ts'
import { type IndexedResults, indexResults } from '../model/index-results.ts'
import { safeUrl } from '../model/safe-url.ts'
import { tally } from '../model/tally.ts'
import { verdictSigns } from '../model/verdict-signs.ts'
import { codeMarkdown, escapeMarkdown, proseMarkdown } from './escape-markdown.ts'

const maximumListed = 60

/**
 * Results as Markdown, for the summary of a CI job: a table of the cells, then what was not expected and what failed,
 * with links to the specifications.
 */
export function toMarkdown(results: Results): string {
  const indexed = indexResults(results)
  const shown: Verdict[] = ['pass', 'fail', 'warn', 'unsupported', 'inconclusive', 'error', 'withheld']
  const sections = indexed.panels.flatMap(({ title, columns }) => [
    `### ${escapeMarkdown(title)}`,
    '',
    `| | ${shown.map((verdict) => `${verdictSigns[verdict]} ${verdict}`).join(' | ')} |`,
    `|---|${shown.map(() => '--:|').join('')}`,
    ...columns.map(({ cell, name }) => {
      const counted = tally(cell.cases)
      if (cell.error && counted.total === 0) {
        return `| ${escapeMarkdown(name)} | | | | | | ${escapeMarkdown(`did not run: ${cell.error.message}`)} |`
      }
      return `| ${escapeMarkdown(name)} | ${shown.map((verdict) => counted.of(verdict) || '').join(' | ')} |`
    }),
    '',
  ])
  return [
    `## Assay: ${escapeMarkdown(results.run.profile ?? results.run.id)}`,
    '',
    ...(results.complete ? [] : ['**This run was cut short.**', '']),
    ...sections,
    ...listed('Not as expected', indexed, (result) => !result.expected && result.verdict !== 'fail'),
    ...listed('Failed', indexed, (result) => result.verdict === 'fail'),
    ...listed('Flaky', indexed, (result) => result.flaky === true),
  ].join('\n')
}

function listed(title: string, indexed: IndexedResults, isMeant: (result: CaseResult) => boolean): string[] {
  const lines: string[] = []
  let count = 0
  for (const entry of indexed.cases) {
    const hits = indexed.panels
      .flatMap(({ columns }) => columns)
      .flatMap((column) => {
        const result = indexed.result(column.cell, entry.id)
        return result && isMeant(result) ? [{ column, result }] : []
      })
    const [first] = hits
    if (!first) continue
    if (++count <= maximumListed) lines.push(line(entry, hits, first.result))
  }
  if (count === 0) return []
  const rest = count > maximumListed ? ['', `… and ${count - maximumListed} more in the report.`] : []
  return [`### ${title} (${count})`, '', ...lines, ...rest, '']
}

function line(entry: CatalogueCase, hits: { column: Column }[], result: CaseResult): string {
  const place = escapeMarkdown(`${entry.specification} § ${entry.section}`)
  const url = safeUrl(entry.url)?.replace(/[()\s]/g, encodeURIComponent)
  const who = hits.map(({ column }) => column.name).join(', ')
  const actual = result.difference?.actual ?? result.message
  return [
    `- ${url ? `[${place}](${url})` : place} ${proseMarkdown(entry.statement)} (${entry.level}${entry.security ? ', security' : ''})`,
    `  — ${escapeMarkdown(who)}`,
    ...(actual ? [`  ${codeMarkdown(actual.slice(0, 300))}`] : []),
    `  ${codeMarkdown(entry.id)}`,
  ].join('\n')
}
