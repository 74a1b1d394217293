import { type TestContext, test } from 'node:test'
import { dockerAvailable } from '../../harness/lab/docker/engine.ts'

// A machine that is busy with tests takes its time.
const engine = await dockerAvailable(10_000)

/**
 * A test that needs a Docker engine. Where none answers it is skipped by name with the reason; with
 * `ASSAY_REQUIRE_DOCKER=1` it fails instead.
 */
export function dockerTest(name: string, body: (context: TestContext) => Promise<void>): void {
  test(name, { timeout: 600_000 }, async (context) => {
    if (!engine.available) {
      if (process.env.ASSAY_REQUIRE_DOCKER === '1') throw new Error(engine.reason)
      context.skip(engine.reason)
      return
    }
    await body(context)
  })
}
