import { existsSync } from 'node:fs'
import { UsageError } from '../plan/usage-error.ts'
import { type Change, type Comparison, changes, compare, type Difference, type Side } from '../record/compare.ts'
import { exitCodes } from '../record/exit-code.ts'
import { loadResults } from '../record/record-run.ts'
import { print, printJson } from './output.ts'

/** Options of `assay compare` as commander gives them. */
export interface CompareOptions {
  implementation?: string
  with?: string
  json?: boolean
}

const latest = 'runs/latest'

/** Characters of a message that are shown; all of it is in the report. */
const longestMessage = 200

/** Compares, prints, and gives the exit code. @throws UsageError */
export async function compareCommand(base: string, head: string | undefined, options: CompareOptions): Promise<number> {
  if (head === undefined && options.with === undefined) {
    throw new UsageError('compare: name what to compare with: a second run, or --with ID@VERSION')
  }
  const one = parseSide(base)
  const other = parseSide(head ?? one.path)
  const comparison = compare(
    await readSide(one.path, options.implementation ?? one.implementation),
    await readSide(other.path, options.with ?? other.implementation),
  )
  if (options.json) await printJson(comparison)
  else await print(describe(comparison))
  if (comparison.totals.worse > 0) return exitCodes.unexpectedFailure
  const errors = comparison.cells.some(({ differences }) => differences.some(({ to }) => to === 'error'))
  return errors ? exitCodes.harnessError : exitCodes.asExpected
}

/** `RUN`, `RUN:ID@VERSION`, or `ID@VERSION`. What is there as a file is a run. */
export function parseSide(
  text: string,
  exists: (path: string) => boolean = existsSync,
): { path: string; implementation?: string } {
  if (exists(text)) return { path: text }
  const colon = text.lastIndexOf(':')
  if (colon > 0 && exists(text.slice(0, colon))) {
    return { path: text.slice(0, colon), implementation: text.slice(colon + 1) }
  }
  if (text.includes('/') || text.endsWith('.json'))
    throw new UsageError(`${text}: there is no such run directory or results.json`)
  if (!exists(latest))
    throw new UsageError(
      `${text}: is no run directory, and there is no ${latest} that could hold such an implementation`,
    )
  return { path: latest, implementation: text }
}

async function readSide(path: string, implementation: string | undefined): Promise<Side> {
  const results = await loadResults(path)
  return { results, name: path, ...(implementation === undefined ? {} : { implementation }) }
}

const titles: Record<Change, string> = {
  worse: 'Worse',
  better: 'Better',
  flaky: 'Flaky now',
  unclear: 'Unclear: one side could not find out',
  changed: 'Still bad, in another way',
  new: 'New',
  gone: 'Gone',
}

function describe(comparison: Comparison): string {
  const lines: string[] = []
  for (const cell of comparison.cells) {
    lines.push(cell.base === cell.head ? cell.head : `${cell.base} → ${cell.head}`)
    for (const change of changes) {
      const of = cell.differences.filter((one) => one.change === change)
      if (of.length === 0) continue
      lines.push(`  ${titles[change]} (${of.length})`, ...of.flatMap(describeOne))
    }
    if (cell.differences.length === 0) lines.push(`  no difference in ${cell.same} cases`)
  }
  if (comparison.cellsNew.length > 0) lines.push(`Only in ${comparison.head.name}: ${comparison.cellsNew.join(', ')}`)
  if (comparison.cellsGone.length > 0) lines.push(`Only in ${comparison.base.name}: ${comparison.cellsGone.join(', ')}`)
  const { same, ...rest } = comparison.totals
  const parts = changes.filter((change) => rest[change] > 0).map((change) => `${rest[change]} ${change}`)
  lines.push('', [...parts, `${same} the same`].join(', '))
  return lines.join('\n')
}

function describeOne(one: Difference): string[] {
  const how = one.how ? ` (${one.how.from ?? '–'} → ${one.how.to ?? '–'})` : ''
  const verdicts = [one.from, one.to].filter(Boolean).join(' → ')
  const passed = one.passed === undefined ? '' : `${one.passed} attempts passed`
  const flags = [one.level, one.security ? 'security' : '', passed].filter(Boolean).join(', ')
  return [
    `    ${one.id}  ${verdicts}${how}  ${flags}`,
    ...(one.statement ? [`      ${one.statement}`] : []),
    ...whatCame(one),
  ]
}

/** What the side that is not a pass said, where that is what one wants to know. */
function whatCame({ change, message }: Difference): string[] {
  if (!message || (change !== 'worse' && change !== 'flaky' && change !== 'changed')) return []
  const [line = ''] = message.split('\n')
  return [`      ${line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line}`]
}
