import type { Behaviour } from '../record/results-schema.ts'

/** Thrown by `expect`: the statement was exercised and did not hold. */
export class ExpectationError extends Error {
  override name = 'ExpectationError'
  readonly expected: string
  readonly actual: string
  readonly how: Behaviour | undefined
  constructor(expected: string, actual: string, how?: Behaviour) {
    super(`expected ${expected}, got ${actual}`)
    this.expected = expected
    this.actual = actual
    this.how = how
  }
}

/** The case could not reach its question: verdict `inconclusive`. */
export class Inconclusive extends Error {
  override name = 'Inconclusive'
}

/** The IUT has not got what the case asks about, found out on the way: verdict `unsupported`. */
export class Unsupported extends Error {
  override name = 'Unsupported'
}

/** A wait of the tester ran out, or its connection ended, before what it waited for came. Outside `given`, a failure. */
export class NothingCame extends Error {
  override name = 'NothingCame'
  readonly awaited: string
  readonly instead: string
  constructor(awaited: string, instead: string) {
    super(`expected ${awaited}, got ${instead}`)
    this.awaited = awaited
    this.instead = instead
  }
}

/** The IUT could not be worked at all (a child that does not start, a broken driver): verdict `error`. */
export class HarnessError extends Error {
  override name = 'HarnessError'
}
