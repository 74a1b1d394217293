import type { Attempt, CaseResult, Verdict } from './results-schema.ts'

/** An attempt with what proves it. */
export interface RecordedAttempt extends Attempt {
  difference?: { expected: string; actual: string }
  evidence?: string
  files?: string[]
}

/** From best to worst. An attempt that could not be judged is worse than a pass and better than a failure. */
const badness: Verdict[] = ['pass', 'unsupported', 'warn', 'inconclusive', 'error', 'fail']

/** Whether `a` is a worse thing to come to than `b`. */
export const isWorse = (a: Verdict, b: Verdict): boolean => badness.indexOf(a) > badness.indexOf(b)

/**
 * Several attempts at a case as one: the worst verdict, with its message and evidence; `flaky` where they differ.
 *
 * @param attempts at least one
 */
export function combineAttempts(attempts: RecordedAttempt[]): Omit<CaseResult, 'id' | 'expected'> {
  let [worst] = attempts
  if (!worst) throw new Error('a case without attempts has no verdict')
  for (const one of attempts) if (isWorse(one.verdict, worst.verdict)) worst = one
  const { verdict, how, message, difference, evidence, files } = worst
  return {
    verdict,
    ...(how === undefined ? {} : { how }),
    ...(attempts.some((one) => one.verdict !== verdict) ? { flaky: true } : {}),
    ...(attempts.length > 1 ? { passed: attempts.filter((one) => one.verdict === 'pass').length } : {}),
    attempts: attempts.map(({ difference: _, evidence: __, files: ___, ...plain }) => plain),
    ...(message === undefined ? {} : { message }),
    ...(difference === undefined ? {} : { difference }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(files === undefined ? {} : { files }),
  }
}
