import { type Results, verdicts } from '../record/results-schema.ts'
import { table } from './table.ts'

/** What a run came to, in a screenful. */
export function summary(results: Results): string {
  const rows = results.cells.map((cell) => [
    cell.id,
    ...verdicts.map((verdict) => cell.cases.filter((one) => one.verdict === verdict).length),
  ])
  const cases = results.cells.flatMap((cell) => cell.cases.map((one) => ({ ...one, cell: cell.id })))
  const lines = [table(['cell', ...verdicts], rows)]
  const errors = results.cells.filter((cell) => cell.error)
  for (const cell of errors) lines.push(`${cell.id} could not be run: ${cell.error?.message}`)
  const flaky = cases.filter((one) => one.flaky)
  if (flaky.length > 0)
    lines.push(
      `flaky: ${listed(flaky.map((one) => `${one.cell} ${one.id} (${one.passed} of ${one.attempts.length})`))}`,
    )
  const mended = cases.filter((one) => one.expectation?.state === 'passes')
  if (mended.length > 0)
    lines.push(`known failures that now pass: ${listed(mended.map((one) => `${one.cell} ${one.id}`))}`)
  const expired = cases.filter((one) => one.expectation?.state === 'expired')
  if (expired.length > 0)
    lines.push(`baseline entries past their date: ${listed(expired.map((one) => `${one.cell} ${one.id}`))}`)
  const unexpected = cases.filter((one) => !one.expected && one.expectation?.state !== 'passes').length
  const seconds = (results.durationMs / 1000).toFixed(1)
  lines.push(`${cases.length} verdicts in ${seconds} s, ${unexpected} unexpected`)
  return lines.join('\n')
}

const shownAtMost = 10

const listed = (items: string[]): string =>
  items.length <= shownAtMost
    ? items.join(', ')
    : `${items.slice(0, shownAtMost).join(', ')} and ${items.length - shownAtMost} more`
