import type { CaseResult, Verdict } from '../../harness/record/results-schema.ts'
import type { Column } from '../model/columns.ts'
import type { Tally } from '../model/tally.ts'
import { bySeverity, verdictSigns } from '../model/verdict-signs.ts'
import { anchorOf, pages } from './links.ts'

/** A bar of 100 units, one segment a verdict. */
export interface Bar {
  segments: { verdict: Verdict; x: number; width: number }[]
}

/** One square of a matrix, as templates draw it. */
export interface Square {
  /** Filters know the column by it. */
  column: string
  /** Filters know the square by them: every verdict in it. */
  verdicts: string
  verdict?: Verdict
  sign: string
  /** Beside the symbol: a count, or how the implementation behaved. */
  text: string
  /** `/25` behind the count of what is not a pass. */
  of?: string
  title: string
  href?: string
  bar?: Bar
  unexpected?: boolean
  flaky?: boolean
}

const barOrder: readonly Verdict[] = ['pass', 'withheld', 'unsupported', 'inconclusive', 'error', 'warn', 'fail']

/** Proportions of a tally; whatever is there is at least two units wide, so that one failure in a hundred shows. */
export function barOf(counted: Tally): Bar {
  const present = barOrder.filter((verdict) => counted.of(verdict) > 0)
  const raw = present.map((verdict) => Math.max((counted.of(verdict) / counted.total) * 100, 3))
  const sum = raw.reduce((a, b) => a + b, 0)
  let x = 0
  const segments = present.map((verdict, index) => {
    const width = Math.round(((raw[index] ?? 0) / sum) * 1000) / 10
    const segment = { verdict, x: Math.round(x * 10) / 10, width }
    x += width
    return segment
  })
  return { segments }
}

/** The square of many cases. */
export function tallySquare(counted: Tally, square: { column: string; name: string; href?: string }): Square {
  const verdict = counted.headline
  const common = { column: square.column, verdicts: counted.present.join(' ') }
  if (!verdict) return { ...common, sign: '·', text: '', title: `${square.name}: not run` }
  const isWhole = counted.of(verdict) === counted.total
  return {
    ...common,
    verdict,
    sign: verdictSigns[verdict],
    text: String(counted.of(verdict)),
    of: isWhole ? '' : `/${counted.total}`,
    title: `${square.name}: ${counted.sentence}`,
    href: square.href,
    bar: barOf(counted),
    unexpected: counted.unexpected > 0,
    flaky: counted.flaky > 0,
  }
}

/** The square of one result. */
export function resultSquare(
  result: CaseResult | undefined,
  square: { column: string; name: string; href?: string },
): Square {
  if (!result) return { column: square.column, verdicts: '', sign: '·', text: '', title: `${square.name}: not run` }
  const flaky = result.flaky ? `, flaky ${result.passed ?? 0} of ${result.attempts.length}` : ''
  return {
    column: square.column,
    verdicts: result.verdict,
    verdict: result.verdict,
    sign: verdictSigns[result.verdict],
    text: result.how ?? (result.verdict === 'withheld' ? 'withheld' : ''),
    title: `${square.name}: ${result.verdict}${result.how ? `, ${result.how}` : ''}${flaky}`,
    href: square.href,
    unexpected: !result.expected,
    flaky: result.flaky ?? false,
  }
}

/** The square of a cell that did not run: it leads to the reason. */
export function cellErrorSquare(column: Column, root: string): Square {
  const anchor = anchorOf(column.cell.id)
  return {
    column: anchor,
    verdicts: 'error',
    verdict: 'error',
    sign: verdictSigns.error,
    text: '',
    title: `${column.name}: did not run: ${column.cell.error?.message ?? ''}`,
    href: `${root}${pages.run}#${anchor}`,
  }
}

/** Verdicts as filter buttons, gravest first. */
export const verdictFilters = (counted: Tally): { verdict: Verdict; sign: string; count: number }[] =>
  bySeverity
    .filter((verdict) => counted.of(verdict) > 0)
    .map((verdict) => ({ verdict, sign: verdictSigns[verdict], count: counted.of(verdict) }))
