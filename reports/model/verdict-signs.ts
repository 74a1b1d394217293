import type { Verdict } from '../../harness/record/results-schema.ts'

/** Symbols that tell verdicts apart without colour. The last is followed by U+FE0E, so that no phone makes it an emoji. */
export const verdictSigns: Record<Verdict, string> = {
  pass: '✓',
  fail: '✗',
  warn: '!',
  unsupported: '–',
  inconclusive: '?',
  error: '⚠\uFE0E',
  withheld: '▒',
}

/** What each verdict means, for legends. */
export const verdictMeanings: Record<Verdict, string> = {
  pass: 'the statement was exercised and held',
  fail: 'a MUST was broken',
  warn: 'a SHOULD was broken, or tolerated behaviour departs from the letter',
  unsupported: 'the feature is not claimed, so the case did not run',
  inconclusive: 'the case could not reach its question',
  error: 'the fault of the harness or the environment, never counted against the implementation',
  withheld: 'not told before a date: this implementation breaks a case marked security, and its makers are told first',
}

/** Gravest first: what one square of many cases shows, and the order in which results are read. */
export const bySeverity: readonly Verdict[] = [
  'fail',
  'warn',
  'error',
  'inconclusive',
  'unsupported',
  'withheld',
  'pass',
]
