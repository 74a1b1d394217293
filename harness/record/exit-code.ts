import type { Results } from './results-schema.ts'

/** DESIGN §5: what a run comes to for a script. */
export const exitCodes = {
  asExpected: 0,
  unexpectedFailure: 1,
  usage: 2,
  harnessError: 3,
  flaky: 4,
  interrupted: 130,
} as const

/**
 * The exit code of a run that ended by itself. An error outweighs a failure: where the environment was at fault, not
 * everything was asked. A known failure that passes does not fail the run; it is reported. An inconclusive case that
 * no baseline expects counts as a failure: what did not run is never green.
 */
export function exitCodeOf(results: Results, options: { failOnFlaky?: boolean } = {}): number {
  const cases = results.cells.flatMap((cell) => cell.cases)
  const unexpected = new Set(cases.filter((one) => !one.expected).map((one) => one.verdict))
  const broken = results.cells.some((cell) => cell.error && cell.cases.length === 0)
  if (unexpected.has('error') || broken) return exitCodes.harnessError
  if (unexpected.has('fail') || unexpected.has('inconclusive')) return exitCodes.unexpectedFailure
  if (options.failOnFlaky && cases.some((one) => one.flaky)) return exitCodes.flaky
  return exitCodes.asExpected
}

/** Whether every case was run, whatever it came to. */
export const everythingRan = (results: Results): boolean =>
  results.complete && results.cells.every((cell) => !cell.error && cell.cases.every((one) => one.attempts.length > 0))
