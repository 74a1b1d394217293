import { DriverError } from '../lab/embedded/client-driver.ts'
import type { Behaviour, Level, Verdict } from '../record/results-schema.ts'
import type { Case } from '../suite/define-suite.ts'
import { ExpectationError, Inconclusive, NothingCame, Unsupported } from '../suite/verdict-errors.ts'

export interface Judgement {
  verdict: Verdict
  how?: Behaviour
  message?: string
  difference?: { expected: string; actual: string }
}

/** The longest text of an IUT that goes into a message, characters. */
const longestText = 2_000

/** What a broken statement comes to: a MUST fails, a SHOULD warns; where only sense speaks, danger decides (§3, §5). */
export function brokenVerdict(level: Level, security = false): Verdict {
  if (level === 'MUST') return 'fail'
  return level === 'none' && security ? 'fail' : 'warn'
}

/** Turns what the body of a case threw into a verdict; `undefined` when it threw nothing. */
export function judge(test: Pick<Case, 'level' | 'security' | 'statement'>, thrown: unknown): Judgement {
  if (thrown === undefined) return { verdict: 'pass' }
  if (thrown instanceof ExpectationError || thrown instanceof NothingCame) {
    const expected = clip(thrown instanceof ExpectationError ? thrown.expected : thrown.awaited)
    const actual = clip(thrown instanceof ExpectationError ? thrown.actual : thrown.instead)
    const how = thrown instanceof ExpectationError ? thrown.how : undefined
    return {
      verdict: brokenVerdict(test.level, test.security),
      how,
      message: `expected ${expected}, got ${actual}`,
      difference: { expected, actual },
    }
  }
  if (thrown instanceof Inconclusive) return { verdict: 'inconclusive', message: clip(thrown.message) }
  if (thrown instanceof Unsupported) return { verdict: 'unsupported', message: clip(thrown.message) }
  if (thrown instanceof DriverError) {
    return { verdict: 'inconclusive', message: clip(`the client could not do what was asked: ${thrown.message}`) }
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return { verdict: 'error', message: clip(message) }
}

const clip = (text: string): string =>
  text.length <= longestText ? text : `${text.slice(0, longestText)}… (${text.length} characters)`
