import type { Verdict } from '../../harness/record/results-schema.ts'
import { bySeverity } from './verdict-signs.ts'

/** Results counted by verdict. */
export class Tally {
  readonly counts: Partial<Record<Verdict, number>> = {}
  total = 0
  unexpected = 0
  flaky = 0

  add(result: { verdict: Verdict; expected?: boolean; flaky?: boolean }): this {
    this.counts[result.verdict] = this.of(result.verdict) + 1
    this.total++
    if (result.expected === false) this.unexpected++
    if (result.flaky) this.flaky++
    return this
  }

  of(verdict: Verdict): number {
    return this.counts[verdict] ?? 0
  }

  /** The verdicts that came up, gravest first. */
  get present(): Verdict[] {
    return bySeverity.filter((verdict) => this.of(verdict) > 0)
  }

  /** What one square says of all of them: the gravest; but passes beat cases that did not run. */
  get headline(): Verdict | undefined {
    const [gravest] = this.present
    return gravest === 'unsupported' && this.of('pass') > 0 ? 'pass' : gravest
  }

  /** `3 fail, 1 warn, 21 pass of 25`. */
  get sentence(): string {
    if (this.total === 0) return 'not run'
    return `${this.present.map((verdict) => `${this.of(verdict)} ${verdict}`).join(', ')} of ${this.total}`
  }
}

/** Counts a list of results by verdict. */
export const tally = (results: Iterable<{ verdict: Verdict; expected?: boolean; flaky?: boolean }>): Tally => {
  const counted = new Tally()
  for (const result of results) counted.add(result)
  return counted
}
