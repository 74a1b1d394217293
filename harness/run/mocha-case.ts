import Mocha from 'mocha'
import type { Case } from '../suite/define-suite.ts'

/** Bound on a case that names none, milliseconds. The bounds of all its waits come before it. */
export const defaultCaseTimeoutMs = 20_000
/** The same for a case about a client: a process has to start, and one that hangs or floods has to be told from a slow one. */
export const clientCaseTimeoutMs = 60_000

/** The body of a case ran longer than it may. */
export class CaseTimeout extends Error {
  override name = 'CaseTimeout'
}

/**
 * Compiles a case to a mocha Test in a Suite of its own. One runner a case lets cases of a cell run side by side.
 *
 * @param body the case's body with its fixtures bound
 */
export function compileCase(test: Case, specification: string, body: () => Promise<void>): Mocha.Suite {
  const root = new Mocha.Suite('')
  root.root = true
  const suite = Mocha.Suite.create(root, specification)
  suite.timeout(test.timeoutMs ?? defaultCaseTimeoutMs)
  suite.addTest(new Mocha.Test(test.id, body))
  return root
}

/** Runs a compiled case. Resolves with what its body threw, or undefined; never rejects. */
export function runCompiled(root: Mocha.Suite): Promise<unknown> {
  return new Promise((resolve) => {
    const runner = new Mocha.Runner(root, { delay: false, cleanReferencesAfterRun: true })
    let thrown: unknown
    runner.on('fail', (test, error) => {
      const timedOut = error instanceof Error && 'code' in error && error.code === 'ERR_MOCHA_TIMEOUT'
      thrown ??= timedOut ? new CaseTimeout(`the case took over ${test.timeout()} ms`) : error
    })
    runner.run(() => {
      runner.dispose()
      resolve(thrown)
    })
  })
}
